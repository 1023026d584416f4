//! The differences between two stores, found without having either in memory.
//!
//! Keys are dealt to parts by a hash that is the same for both; for each part the files of both
//! are read once, what is of the part is sorted, and the two lists are gone through side by side.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use rayon::prelude::*;

use crate::durable::{AnyValue, EntryReader, RawEntry};
use crate::error::Result;

use super::StoreEntry;
use super::find::{decoded, no_value};
use super::overlay::Overlay;
use super::view::GenerationView;

/// Bytes of either store that are in memory at a time, about.
const PART: u64 = 12 << 20;

/// A key of which two stores keep something else; at least one of them keeps something.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The first store's entry.
    pub one: Option<StoreEntry>,
    /// The second store's entry.
    pub two: Option<StoreEntry>,
}

/// The entries of a part: bytes, and for each its hash and where key and value begin and end.
#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    entries: Vec<(u64, usize, usize, usize)>,
}

impl Part {
    fn add(&mut self, hash: u64, key: &[u8], value: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.entries.push((hash, start, middle, self.bytes.len()));
    }

    fn key(&self, at: usize) -> (u64, &[u8]) {
        let (hash, key, value, _) = self.entries[at];
        (hash, &self.bytes[key..value])
    }

    fn value(&self, at: usize) -> &[u8] {
        let (_, _, value, end) = self.entries[at];
        &self.bytes[value..end]
    }

    fn entry(&self, at: usize) -> Result<StoreEntry> {
        decoded(0, self.key(at).1, self.value(at))
    }
}

impl GenerationView {
    /// Gives each key of a store that another one does not keep, or keeps with another value, or
    /// that only the other one keeps. Places do not count. A store that fits into memory gives
    /// them in the order of their keys as JSON; another one in an order of its own, which is the
    /// same each time.
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
        let parts = self.file_bytes().max(other.file_bytes()) / PART + 1;
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

    fn part(&self, store: usize, overlay: &Overlay, (part, parts): (u64, u64)) -> Result<Part> {
        let hasher = FixedState::default();
        let own = |key: &[u8]| {
            let hash = hasher.hash_one(key);
            // The high bits decide, as the low ones do in a sorted list.
            let of = (u128::from(hash) * u128::from(parts)) >> 64;
            (of as u64 == part).then_some(hash)
        };
        let pieces = self.each_shard(store, |mut entries: EntryReader<'_>| {
            let mut piece = Part::default();
            while let Some(entry) = entries.next_raw() {
                let (key, kept): RawEntry<'_> = entry?;
                if let Some((_, value)) = kept
                    && let Some(hash) = own(key)
                    && overlay.leaves(key)
                {
                    piece.add(hash, key, value);
                }
            }
            Ok(piece)
        })?;
        let mut all = Part::default();
        for piece in pieces {
            let start = all.bytes.len();
            all.bytes.extend_from_slice(&piece.bytes);
            let moved = piece.entries.into_iter();
            all.entries
                .extend(moved.map(|(hash, key, value, end)| {
                    (hash, start + key, start + value, start + end)
                }));
        }
        overlay.each_live(self, store, &mut |(_, key, value)| {
            if let Some(hash) = own(key) {
                all.add(hash, key, value);
            }
        })?;
        let Part { bytes, entries } = &mut all;
        let key = |&(hash, key, value, _): &(u64, usize, usize, usize)| (hash, &bytes[key..value]);
        let order = |one: &_, two: &_| key(one).cmp(&key(two));
        match self.executor_if(entries.len() > 1 << 14) {
            None => entries.sort_unstable_by(order),
            Some(workers) => workers.run(|| entries.par_sort_unstable_by(order)),
        }
        Ok(all)
    }
}

fn compare(one: &Part, two: &Part) -> Result<Vec<Difference>> {
    let mut different = Vec::new();
    let (mut left, mut right) = (0, 0);
    while left < one.entries.len() || right < two.entries.len() {
        let order = match (left < one.entries.len(), right < two.entries.len()) {
            (true, true) => one.key(left).cmp(&two.key(right)),
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
            let (a, b) = (one.value(left), two.value(right));
            let read = |bytes| AnyValue::read(bytes).map_err(no_value);
            // The same value may be written down in two ways.
            if a == b || read(a)? == read(b)? {
                continue;
            }
        }
        different.push(Difference {
            one: found.0.map(|at| one.entry(at)).transpose()?,
            two: found.1.map(|at| two.entry(at)).transpose()?,
        });
    }
    Ok(different)
}
