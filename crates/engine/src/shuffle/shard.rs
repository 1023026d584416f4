//! The merging half of a shuffle: everything of one shard, run after run.

use crate::data::Key;

use super::aggregate::Aggregator;
use super::combiner::Entry;
use super::hasher::{KeyHasher, tag_of};
use super::table::{Dense, FoundKey};

/// Entries that a merge asks the cache for ahead of the one it looks at.
const AHEAD: usize = 16;

/// Keys that a shard remembers to have come first. All shards together remember enough for what
/// is printed of a batch to be among them, with some hundred partitions too.
const FIRST_KEYS: usize = 32;

/// The keys of one shard in one batch. A key's stamp is the number of its arrival, over all lanes
/// and runs in order: few numbers have no key, so that counting through them puts keys in order.
pub struct Shard<K, C> {
    keys: Dense<K, C>,
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
            keys: Dense::new(),
            first: Vec::new(),
            moved_out: 0,
        }
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Merges the entries that a run flushed, and empties the list; before the run there were
    /// `before` arrivals. Runs come in order.
    pub fn merge<V, A: Aggregator<V, Acc = C>>(
        &mut self,
        before: u64,
        entries: &mut Vec<Entry<K, C>>,
        aggregator: &A,
    ) {
        self.keys.reserve(entries.len());
        for entry in entries.iter().take(2 * AHEAD) {
            self.keys.prefetch_word(entry.tag());
        }
        // Of the entries ahead, by their numbers.
        let mut sought = [None; AHEAD];
        for (entry, sought) in entries.iter().zip(&mut sought) {
            *sought = self.keys.seek(entry.tag());
        }
        let mut entries = entries.drain(..);
        let mut number = 0;
        while let Some(entry) = entries.next() {
            let ahead = entries.as_slice();
            if let Some(entry) = ahead.get(2 * AHEAD - 1) {
                self.keys.prefetch_word(entry.tag());
            }
            let next = ahead.get(AHEAD - 1);
            let next = next.and_then(|entry| self.keys.seek(entry.tag()));
            let seen = std::mem::replace(&mut sought[number % AHEAD], next);
            number += 1;
            let (tag, stamp) = (entry.tag(), before + u64::from(entry.arrival()));
            let Entry { key, value, .. } = entry;
            match seen.filter(|&seen| self.keys.is(seen, &key)) {
                Some(seen) => aggregator.merge(self.keys.value(seen), value),
                None => self.put(tag, stamp, key, value, aggregator),
            }
        }
    }

    /// Merges a shard whose keys all come after this one's, behind `before` arrivals.
    pub fn append<V, A: Aggregator<V, Acc = C>>(
        &mut self,
        mut later: Shard<K, C>,
        before: u64,
        aggregator: &A,
        hasher: &KeyHasher,
    ) {
        self.keys.reserve(later.len());
        later.keys.drain(|stamp, key, value| {
            let tag = tag_of(hasher.hash(&key));
            self.put(tag, before + stamp, key, value, aggregator);
        });
    }

    /// Merges one key; there is room.
    #[inline(always)]
    fn put<V, A: Aggregator<V, Acc = C>>(
        &mut self,
        tag: u32,
        stamp: u64,
        key: K,
        value: C,
        aggregator: &A,
    ) {
        match self.keys.find(tag, &key) {
            FoundKey::Key(number) => aggregator.merge(self.keys.value(number), value),
            FoundKey::Vacant(at) => {
                let last = self.first.last();
                if self.first.len() < FIRST_KEYS || last.is_some_and(|(last, _)| stamp < *last) {
                    note_first(&mut self.first, stamp, &key);
                }
                self.keys.add(at, tag, stamp, key, value);
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
        self.keys.value_of(tag_of(hasher.hash(key)), key)
    }

    /// Every key with its stamp and value, in no order that may be seen outside.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &K, &C)> {
        self.keys.iter()
    }

    /// The key of a number with its stamp and value. Numbers are those of the keys in the order of
    /// [`iter`](Shard::iter).
    #[inline]
    #[must_use]
    pub fn record(&self, number: usize) -> Option<(u64, &K, &C)> {
        self.keys.get(number)
    }

    /// Asks the processor to fetch the key of a number.
    #[inline]
    pub fn prefetch(&self, number: u32) {
        self.keys.prefetch_key(number);
    }

    /// Moves every key out, with its stamp.
    pub fn drain(&mut self, each: impl FnMut(u64, K, C)) {
        self.first.clear();
        self.moved_out = self.keys.len();
        self.keys.drain(each);
    }

    /// Empties the shard for another batch, with memory in proportion to what it held.
    pub fn recycle(&mut self) {
        self.first.clear();
        let held = self.keys.len().max(std::mem::take(&mut self.moved_out));
        if held < self.keys.room() / 8 {
            *self = Shard::new();
        } else {
            self.keys.clear();
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
                shard.keys.reserve(count);
                for key in chosen {
                    let tag = tag_of(hasher.hash(&key));
                    shard.put(tag, u64::from(key) + 1, key, 1, &sum);
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
        let fill = |shard: &mut Shard<u32, u64>, keys: u32| {
            shard.keys.reserve(keys as usize);
            for key in 0..keys {
                let tag = tag_of(hasher.hash(&key));
                shard.put(tag, u64::from(key) + 1, key, 1, &sum);
            }
        };
        fill(&mut shard, 1000);
        let room = shard.keys.room();
        shard.drain(|_, _, _| {});
        shard.recycle();
        assert_eq!((shard.len(), shard.keys.room()), (0, room));
        fill(&mut shard, 10);
        shard.drain(|_, _, _| {});
        shard.recycle();
        assert!(shard.keys.room() < room / 8);
    }
}
