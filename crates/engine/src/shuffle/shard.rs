//! The merging half of a shuffle: everything of one shard, run after run.

use crate::data::Key;

use super::aggregate::Aggregator;
use super::combiner::Entry;
use super::hasher::{KeyHasher, bucket_of, tag_of};
use super::table::{Probed, Table};

/// Entries that a merge asks the cache for ahead of the one it looks at.
const AHEAD: usize = 16;

const FIRST_SLOTS: usize = 1 << 6;

/// Keys that a shard remembers to have come first. All shards together remember enough for what
/// is printed of a batch to be among them, with some hundred partitions too.
const FIRST_KEYS: usize = 32;

/// The keys of one shard in one batch. A key's stamp is the number of its arrival, over all lanes
/// and runs in order: few numbers have no key, so that counting through them puts keys in order.
pub struct Shard<K, C> {
    table: Table<K, C>,
    /// The keys with the lowest stamps, in order: who wants only those need not look at all.
    first: Vec<(u64, K)>,
    /// The number of keys that were moved out: what the next batch may need room for.
    moved_out: usize,
}

impl<K: Key, C> Shard<K, C> {
    /// A shard without keys.
    #[must_use]
    pub fn new() -> Shard<K, C> {
        Shard {
            table: Table::with_slots(FIRST_SLOTS),
            first: Vec::new(),
            moved_out: 0,
        }
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Merges the entries that a run flushed, and empties the list; before the run there were
    /// `before` arrivals. Runs come in order.
    pub fn merge<V, A: Aggregator<V, Acc = C>>(
        &mut self,
        before: u64,
        entries: &mut Vec<Entry<K, C>>,
        aggregator: &A,
        hasher: &KeyHasher,
    ) {
        self.reserve(entries.len(), hasher);
        let mut entries = entries.drain(..);
        for entry in entries.as_slice().iter().take(AHEAD) {
            self.table.prefetch(bucket_of(entry.tag()));
        }
        while let Some(entry) = entries.next() {
            if let Some(ahead) = entries.as_slice().get(AHEAD - 1) {
                self.table.prefetch(bucket_of(ahead.tag()));
            }
            let stamp = before + u64::from(entry.arrival());
            let place = bucket_of(entry.tag());
            self.put(place, stamp, entry.key, entry.value, aggregator);
        }
    }

    fn reserve(&mut self, more: usize, hasher: &KeyHasher) {
        self.table
            .reserve(more, |_, key| bucket_of(tag_of(hasher.hash(key))));
    }

    /// Merges a shard whose keys all come after this one's, behind `before` arrivals.
    pub fn append<V, A: Aggregator<V, Acc = C>>(
        &mut self,
        mut later: Shard<K, C>,
        before: u64,
        aggregator: &A,
        hasher: &KeyHasher,
    ) {
        self.reserve(later.len(), hasher);
        later.table.drain(|stamp, key, value| {
            let place = bucket_of(tag_of(hasher.hash(&key)));
            self.put(place, before + stamp, key, value, aggregator);
        });
    }

    /// Merges one key; there is room.
    #[inline(always)]
    fn put<V, A: Aggregator<V, Acc = C>>(
        &mut self,
        place: u32,
        stamp: u64,
        key: K,
        value: C,
        aggregator: &A,
    ) {
        match self.table.probe(place, |_, present| *present == key) {
            Probed::Occupied(slot) => slot.update(|acc| aggregator.merge(acc, value)),
            Probed::Vacant(slot) => {
                let last = self.first.last();
                if self.first.len() < FIRST_KEYS || last.is_some_and(|(last, _)| stamp < *last) {
                    note_first(&mut self.first, stamp, &key);
                }
                slot.fill(stamp, key, value);
            }
        }
    }

    /// The keys that came first, with their stamps, in order, and whether there are others.
    #[must_use]
    pub fn first(&self) -> (&[(u64, K)], bool) {
        (&self.first, self.first.len() < self.len())
    }

    /// The value of a key.
    pub fn get(&self, key: &K, hasher: &KeyHasher) -> Option<&C> {
        let place = bucket_of(tag_of(hasher.hash(key)));
        self.table.get(place, |_, present| present == key)
    }

    /// Every key with its stamp and value, in no order that may be seen outside.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &K, &C)> {
        self.table.iter()
    }

    /// The number of slots, of which some have a key.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.table.slots()
    }

    /// The key in a slot with its stamp and value, if there is one.
    #[inline]
    #[must_use]
    pub fn record(&self, slot: usize) -> Option<(u64, &K, &C)> {
        self.table.record(slot)
    }

    /// Asks the processor to fetch the key in a slot.
    #[inline]
    pub fn prefetch(&self, slot: usize) {
        self.table.prefetch_record(slot);
    }

    /// Moves every key out, with its stamp.
    pub fn drain(&mut self, each: impl FnMut(u64, K, C)) {
        self.first.clear();
        self.moved_out = self.table.len();
        self.table.drain(each);
    }

    /// Empties the shard for another batch, with memory in proportion to what it held.
    pub fn recycle(&mut self) {
        self.first.clear();
        let held = self.table.len().max(std::mem::take(&mut self.moved_out));
        if held < self.table.slots() / 16 {
            *self = Shard::new();
        } else {
            self.table.clear();
        }
    }
}

/// Notes a key that is among the first.
#[cold]
fn note_first<K: Clone>(all: &mut Vec<(u64, K)>, stamp: u64, key: &K) {
    all.truncate(FIRST_KEYS - 1);
    let at = all.partition_point(|(first, _)| *first < stamp);
    all.insert(at, (stamp, key.clone()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::aggregate::Reduce;
    use super::*;

    proptest! {
        /// In whatever order they come, and of one lane or two.
        #[test]
        fn the_first_keys_are_those_of_the_lowest_stamps(
            keys in Just((0_u32..200).collect::<Vec<_>>()).prop_shuffle(), count in 0_usize..200,
            border in 0_u32..200,
        ) {
            let (hasher, sum) = (KeyHasher::default(), Reduce(|a: u64, b: u64| a + b));
            let keys = &keys[..count];
            let shard_of = |chosen: &mut dyn Iterator<Item = u32>| {
                let mut shard = Shard::new();
                shard.reserve(count, &hasher);
                for key in chosen {
                    let place = bucket_of(tag_of(hasher.hash(&key)));
                    shard.put(place, u64::from(key) + 1, key, 1, &sum);
                }
                shard
            };
            let mut shard = shard_of(&mut keys.iter().copied().filter(|key| *key < border));
            let later = shard_of(&mut keys.iter().copied().filter(|key| *key >= border));
            shard.append(later, 200, &sum, &hasher);
            let mut expected = keys.to_vec();
            expected.sort_unstable();
            let first: Vec<u32> = shard.first().0.iter().map(|(_, key)| *key).collect();
            prop_assert_eq!(shard.first().1, count > FIRST_KEYS);
            expected.truncate(FIRST_KEYS);
            prop_assert_eq!(first, expected);
        }
    }

    #[test]
    fn a_shard_that_was_emptied_keeps_memory_for_as_many_keys() {
        let (hasher, sum) = (KeyHasher::default(), Reduce(|a: u64, b: u64| a + b));
        let mut shard = Shard::new();
        shard.reserve(1000, &hasher);
        let fill = |shard: &mut Shard<u32, u64>, keys: u32| {
            for key in 0..keys {
                let place = bucket_of(tag_of(hasher.hash(&key)));
                shard.put(place, u64::from(key) + 1, key, 1, &sum);
            }
        };
        fill(&mut shard, 1000);
        let slots = shard.table.slots();
        shard.drain(|_, _, _| {});
        shard.recycle();
        assert_eq!((shard.len(), shard.table.slots()), (0, slots));
        fill(&mut shard, 10);
        shard.drain(|_, _, _| {});
        shard.recycle();
        assert_eq!(shard.table.slots(), FIRST_SLOTS);
    }
}
