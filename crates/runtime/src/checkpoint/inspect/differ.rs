//! The differences between two stores, found without having either in memory.
//!
//! Keys are dealt to buckets by a hash that is the same for both, and each bucket is added up in
//! each store. A bucket whose sums are the same has the same entries in both, but for a chance in
//! two to the 64th, and is looked at no further. The others are dealt to parts; for each part the
//! files of both are read once, what is of the part is sorted, and the two lists are gone through
//! side by side. So two stores that are much the same cost little more than reading them.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::{FixedState, RandomState};
use millrace_engine::durable::{AnyValue, EntryReader, RawEntry};
use millrace_engine::error::Result;

use super::StoreEntry;
use super::find::{decoded, no_value};
use super::overlay::Overlay;
use super::sorted::{BESIDE, Buffer, LEAST, MOST_PARTS, Sorted};
use super::view::GenerationView;

/// The buckets that keys are dealt to.
const BUCKETS: usize = 1 << 14;

/// A part has entries of two stores in memory, so there may be more of them than for one.
const MOST_PARTS_OF_TWO: u64 = MOST_PARTS + MOST_PARTS / 2;

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
        let wanted = DifferingBuckets::of([(self, &overlays.0), (other, &overlays.1)], store)?;
        for part in 0..wanted.parts {
            let one = self.part(store, &overlays.0, (part, &wanted))?;
            let two = other.part(store, &overlays.1, (part, &wanted))?;
            let mut different = compare(&one, &two)?;
            different.sort_by_cached_key(|difference| {
                let entry = difference.one.as_ref().or(difference.two.as_ref());
                entry.map(|entry| entry.key.to_string())
            });
            different.into_iter().try_for_each(&mut *each)?;
        }
        Ok(())
    }

    fn part(
        &self,
        store: usize,
        overlay: &Overlay,
        (part, wanted): (u64, &DifferingBuckets),
    ) -> Result<Sorted> {
        let own = |key: &[u8]| wanted.hash_in(part, key);
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

/// The buckets in which two stores differ, in parts that fit into memory.
struct DifferingBuckets {
    buckets: Vec<bool>,
    parts: u64,
}

impl DifferingBuckets {
    fn of(both: [(&GenerationView, &Overlay); 2], store: usize) -> Result<DifferingBuckets> {
        // Other ones in each process: nobody can write entries whose sums are the same.
        let hashers = [RandomState::default(), RandomState::default()];
        let mut sums = Vec::new();
        for (view, overlay) in both {
            sums.push(Sums::of(view, store, overlay, &hashers)?);
        }
        let (one, two) = (&sums[0].0, &sums[1].0);
        let buckets: Vec<bool> = one.iter().zip(two).map(|(one, two)| !one.is(two)).collect();
        let held = |sums: &[Sum]| {
            let wanted = sums.iter().zip(&buckets).filter(|it| *it.1);
            wanted.map(|it| it.0.bytes()).sum::<u64>()
        };
        let parts = match held(one) + held(two) {
            0 => 0,
            bytes => (bytes / LEAST + 1).min(MOST_PARTS_OF_TWO),
        };
        Ok(DifferingBuckets { buckets, parts })
    }

    /// The hash of a key, if it is wanted and of this part.
    fn hash_in(&self, part: u64, key: &[u8]) -> Option<u64> {
        let hash = hash_of(key);
        // The high bits decide, as the low ones do in a sorted list.
        let of = (u128::from(hash) * u128::from(self.parts)) >> 64;
        (of as u64 == part && self.buckets[bucket_of(hash)]).then_some(hash)
    }
}

fn hash_of(key: &[u8]) -> u64 {
    FixedState::default().hash_one(key)
}

fn bucket_of(hash: u64) -> usize {
    hash as usize % BUCKETS
}

/// The sums of a store's buckets.
struct Sums(Vec<Sum>);

/// Two sums of hashes of a bucket's entries, and their bytes with what each takes beside them.
#[derive(Default)]
struct Sum([AtomicU64; 3]);

impl Sum {
    fn add(&self, added: [u64; 3]) {
        for (sum, added) in self.0.iter().zip(added) {
            sum.fetch_add(added, Ordering::Relaxed);
        }
    }

    fn is(&self, other: &Sum) -> bool {
        let value = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
        self.0.iter().map(value).eq(other.0.iter().map(value))
    }

    fn bytes(&self) -> u64 {
        self.0[2].load(Ordering::Relaxed)
    }
}

impl Sums {
    fn of(
        view: &GenerationView,
        store: usize,
        overlay: &Overlay,
        hashers: &[RandomState; 2],
    ) -> Result<Sums> {
        let sums: Vec<Sum> = (0..BUCKETS).map(|_| Sum::default()).collect();
        let add = |key: &[u8], value: &[u8]| {
            let [one, two] = hashers
                .each_ref()
                .map(|hasher| hasher.hash_one((key, value)));
            let bytes = (key.len() + value.len()) as u64 + BESIDE;
            sums[bucket_of(hash_of(key))].add([one, two, bytes]);
        };
        view.each_shard(store, |mut entries: EntryReader<'_>| {
            while let Some(entry) = entries.next_raw() {
                let (key, kept): RawEntry<'_> = entry?;
                if let Some((_, value)) = kept
                    && overlay.leaves(key)
                {
                    add(key, value);
                }
            }
            Ok(())
        })?;
        overlay.each_live(view, store, &mut |(_, key, value)| add(key, value))?;
        Ok(Sums(sums))
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
