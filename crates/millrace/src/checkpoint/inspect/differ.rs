//! The differences between two stores, found without having either in memory.
//!
//! Keys are dealt to parts by a hash that is the same for both; for each part the files of both
//! are read once, what is of the part is sorted, and the two lists are gone through side by side.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::durable::{AnyValue, EntryReader, RawEntry};
use crate::error::Result;

use super::StoreEntry;
use super::find::{decoded, no_value};
use super::overlay::Overlay;
use super::sorted::{Buffer, Sorted, parts_of};
use super::view::GenerationView;

/// A key of which two stores keep something else; at least one of them keeps something.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The first store's entry.
    pub one: Option<StoreEntry>,
    /// The second store's entry.
    pub two: Option<StoreEntry>,
}

impl GenerationView {
    /// Gives each key of a store that another one does not keep, or keeps with another value, or
    /// that only the other one keeps. Places do not count. A store of a few megabytes
    /// gives them in the order of their keys as JSON; another one in an order of its own, which is
    /// the same each time.
    ///
    /// # Errors
    /// If either is no store with keys, or cannot be read any more, and what `each` gives.
    pub fn differences(
        &self,
        store: usize,
        other: &GenerationView,
        each: &mut dyn FnMut(Difference) -> Result<()>,
    ) -> Result<()> {
        self.check_keyed(store)?;
        other.check_keyed(store)?;
        let overlays = (Overlay::of(self, store)?, Overlay::of(other, store)?);
        let parts = parts_of(self.file_bytes().max(other.file_bytes()));
        for part in 0..parts {
            let one = self.part(store, &overlays.0, (part, parts))?;
            let two = other.part(store, &overlays.1, (part, parts))?;
            let mut different = compare(&one, &two)?;
            different.sort_by_cached_key(|difference| {
                let entry = difference.one.as_ref().or(difference.two.as_ref());
                entry.map(|entry| entry.key.to_string())
            });
            different.into_iter().try_for_each(&mut *each)?;
        }
        Ok(())
    }

    fn part(&self, store: usize, overlay: &Overlay, (part, parts): (u64, u64)) -> Result<Sorted> {
        let hasher = FixedState::default();
        let own = |key: &[u8]| {
            let hash = hasher.hash_one(key);
            // The high bits decide, as the low ones do in a sorted list.
            let of = (u128::from(hash) * u128::from(parts)) >> 64;
            (of as u64 == part).then_some(hash)
        };
        let shards = self.each_shard(store, |mut entries: EntryReader<'_>| {
            let mut piece = Buffer::default();
            while let Some(entry) = entries.next_raw() {
                let (key, kept): RawEntry<'_> = entry?;
                if let Some((_, value)) = kept
                    && let Some(hash) = own(key)
                    && overlay.leaves(key)
                {
                    piece.add(hash, key, value);
                }
            }
            Ok(piece.closed())
        })?;
        let workers = self.executor_for(&shards);
        Sorted::of(shards, workers, |add| {
            overlay.each_live(self, store, &mut |(_, key, value)| {
                if let Some(hash) = own(key) {
                    add(hash, key, value);
                }
            })
        })
    }
}

fn compare(one: &Sorted, two: &Sorted) -> Result<Vec<Difference>> {
    let mut different = Vec::new();
    let (mut left, mut right) = (0, 0);
    while left < one.len() || right < two.len() {
        let order = match (left < one.len(), right < two.len()) {
            (true, true) => key(one, left).cmp(&key(two, right)),
            (true, false) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        let mut found = (None, None);
        if order.is_le() {
            found.0 = Some(left);
            left += 1;
        }
        if order.is_ge() {
            found.1 = Some(right);
            right += 1;
        }
        if let (Some(left), Some(right)) = found {
            let (a, b) = (one.at(left).2, two.at(right).2);
            let read = |bytes| AnyValue::read(bytes).map_err(no_value);
            // The same value may be written down in two ways.
            if a == b || read(a)? == read(b)? {
                continue;
            }
        }
        different.push(Difference {
            one: found.0.map(|at| entry(one, at)).transpose()?,
            two: found.1.map(|at| entry(two, at)).transpose()?,
        });
    }
    Ok(different)
}

/// The hash of an entry's key, and the key.
fn key(of: &Sorted, at: usize) -> (u64, &[u8]) {
    let (hash, key, _) = of.at(at);
    (hash, key)
}

fn entry(of: &Sorted, at: usize) -> Result<StoreEntry> {
    let (_, key, value) = of.at(at);
    decoded(0, key, value)
}
