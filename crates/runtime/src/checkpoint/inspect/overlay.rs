//! The log's last entry of each key, noted in as little memory as tells which entry counts.
//!
//! A key stands for itself by 96 bits of two hashes that are other ones in each process: of a
//! billion keys two have the same with a probability of one in ten to the eleventh. That is what
//! the memory of a disk errs by, and a key itself takes several times as much room.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use millrace_engine::durable::{EntryReader, RawEntry};
use millrace_engine::error::Result;

use super::view::GenerationView;

/// Which entry of the log is the last of its key.
pub(super) struct Overlay {
    last: HashMap<(u64, u32), Last, RandomState>,
    hashers: [RandomState; 2],
}

/// The number of an entry among those of the store in the log, from 0, and in the lowest bit
/// whether it has a value.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Last(u32, bool);

/// An entry that counts: place, key and value.
pub(super) type Live<'a> = (u64, &'a [u8], &'a [u8]);

impl Overlay {
    /// Reads the log of a view for one of its stores.
    pub(super) fn of(view: &GenerationView, store: usize) -> Result<Overlay> {
        let mut overlay = Overlay {
            last: HashMap::default(),
            hashers: [RandomState::default(), RandomState::default()],
        };
        each_entry(view, store, &mut |number, (key, kept)| {
            let last = Last(number, kept.is_some());
            overlay.last.insert(overlay.stands_for(key), last);
        })?;
        Ok(overlay)
    }

    fn stands_for(&self, key: &[u8]) -> (u64, u32) {
        let [one, two] = &self.hashers;
        (one.hash_one(key), two.hash_one(key) as u32)
    }

    /// True if the log says nothing of a key, so that the snapshot's entry counts.
    pub(super) fn leaves(&self, key: &[u8]) -> bool {
        self.last.is_empty() || !self.last.contains_key(&self.stands_for(key))
    }

    /// The number of keys that have their last entry in the log, and a value there.
    pub(super) fn live(&self) -> usize {
        self.last.values().filter(|last| last.1).count()
    }

    /// Gives the entries of the log that count to `each`.
    pub(super) fn each_live(
        &self,
        view: &GenerationView,
        store: usize,
        each: &mut dyn FnMut(Live<'_>),
    ) -> Result<()> {
        each_entry(view, store, &mut |number, (key, kept)| {
            if let Some((place, value)) = kept
                && self.last.get(&self.stands_for(key)) == Some(&Last(number, true))
            {
                each((place, key, value));
            }
        })
    }
}

/// Gives the entries of a store in the log of a view to `each`, with their numbers from 0.
fn each_entry(
    view: &GenerationView,
    store: usize,
    each: &mut dyn FnMut(u32, RawEntry<'_>),
) -> Result<()> {
    let mut number = 0;
    view.read_log(&mut |section| {
        if section.store as usize != store {
            return Ok(());
        }
        let mut entries = EntryReader::new(section.entries);
        while let Some(entry) = entries.next_raw() {
            each(number, entry?);
            number += 1;
        }
        Ok(())
    })
}
