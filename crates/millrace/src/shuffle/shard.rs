//! The merging half of a shuffle: everything of one shard, run after run.

use crate::data::Key;

use super::aggregate::Aggregator;
use super::combiner::Entry;
use super::hasher::{KeyHasher, place_of_tag, tag_of};
use super::table::{Found, Table};

/// Entries that a merge asks the cache for ahead of the one it looks at.
const AHEAD: usize = 16;

const FIRST_SLOTS: usize = 1 << 6;

/// Keys that a shard remembers to have come first. All shards together remember enough for what
/// is printed of a batch to be among them, with some hundred partitions too.
const FIRST_KEYS: usize = 32;

/// Bits of a stamp that hold the arrival within a run; the run stands above them.
const ARRIVAL_BITS: u32 = 28;

/// The keys of one shard in one batch. A key's stamp is its arrival: runs in order, then the
/// order within the run.
pub(crate) struct Shard<K, C> {
    table: Table<K, C>,
    /// The keys with the lowest stamps, in order: who wants only those need not look at all.
    first: Vec<(u64, K)>,
    /// Whether no other key has a lower stamp than the last of these.
    first_are_known: bool,
}

impl<K: Key, C> Shard<K, C> {
    pub(crate) fn new() -> Shard<K, C> {
        Shard {
            table: Table::with_slots(FIRST_SLOTS),
            first: Vec::new(),
            first_are_known: true,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// Merges what run number `run` spilled. Runs come in order.
    pub(crate) fn merge<V, A: Aggregator<V, Acc = C>>(
        &mut self,
        run: u64,
        entries: Vec<Entry<K, C>>,
        aggregator: &A,
        hasher: &KeyHasher,
    ) {
        let mut entries = entries.into_iter();
        for entry in entries.as_slice().iter().take(AHEAD) {
            self.table.prefetch(place_of_tag(entry.tag()));
        }
        while let Some(entry) = entries.next() {
            if let Some(ahead) = entries.as_slice().get(AHEAD - 1) {
                self.table.prefetch(place_of_tag(ahead.tag()));
            }
            let (tag, arrival) = (entry.tag(), u64::from(entry.arrival()));
            let stamp = run << ARRIVAL_BITS | arrival.min((1 << ARRIVAL_BITS) - 1);
            self.put(
                place_of_tag(tag),
                stamp,
                entry.key,
                entry.value,
                aggregator,
                hasher,
            );
        }
    }

    /// Merges a shard whose keys all come after this one's, its stamps moved up by `runs`.
    pub(crate) fn append<V, A: Aggregator<V, Acc = C>>(
        &mut self,
        mut later: Shard<K, C>,
        runs: u64,
        aggregator: &A,
        hasher: &KeyHasher,
    ) {
        // They come in no order; only if there are enough of before does it not matter.
        self.first_are_known &= later.len() == 0 || self.first.len() == FIRST_KEYS;
        later.table.drain(|stamp, key, value| {
            let place = place_of_tag(tag_of(hasher.hash(&key)));
            self.put(
                place,
                stamp + (runs << ARRIVAL_BITS),
                key,
                value,
                aggregator,
                hasher,
            );
        });
    }

    #[inline(always)]
    fn put<V, A: Aggregator<V, Acc = C>>(
        &mut self,
        place: u64,
        stamp: u64,
        key: K,
        value: C,
        aggregator: &A,
        hasher: &KeyHasher,
    ) {
        match self.table.find(place, |_, present| *present == key) {
            Found::Occupied(slot) => self.table.update(slot, |acc| aggregator.merge(acc, value)),
            Found::Vacant(slot) => {
                // Runs come in order, and what they spilled does.
                if self.first.len() < FIRST_KEYS {
                    self.first.push((stamp, key.clone()));
                }
                self.table.fill(slot, stamp, key, value);
                if self.table.len() > self.table.slots() / 8 * 5 {
                    let slots = self.table.slots() * 2;
                    self.table
                        .resize(slots, |_, key| place_of_tag(tag_of(hasher.hash(key))));
                }
            }
        }
    }

    /// The keys that came first, with their stamps, in order, and whether there are others; if
    /// it is known.
    pub(crate) fn first(&self) -> Option<(&[(u64, K)], bool)> {
        let others = self.first.len() < self.len();
        self.first_are_known.then_some((&self.first, others))
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &K, hasher: &KeyHasher) -> Option<&C> {
        let place = place_of_tag(tag_of(hasher.hash(key)));
        match self.table.find(place, |_, present| present == key) {
            Found::Occupied(slot) => Some(self.table.value(slot)),
            Found::Vacant(_) => None,
        }
    }

    /// Every key with its stamp and value, in no order that may be seen outside.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &K, &C)> {
        self.table.iter()
    }

    /// Moves every key out, with its stamp.
    pub(crate) fn drain(&mut self, each: impl FnMut(u64, K, C)) {
        self.first.clear();
        self.table.drain(each);
    }

    /// Empties the shard for another batch, with memory in proportion to what it held.
    pub(crate) fn recycle(&mut self) {
        self.first.clear();
        self.first_are_known = true;
        if self.table.len() < self.table.slots() / 16 {
            *self = Shard::new();
        } else {
            self.table.clear();
        }
    }
}
