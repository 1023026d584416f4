//! The local half of a shuffle: one run of blocks, one thread, one table that fits the cache.
//!
//! When the table is full it is not grown past the cache but *spilled*: its entries move, by
//! shard, to the run's output, and it starts again. A text of few distinct words is combined
//! almost wholly here; a text of a million spills every second record and merges shard by
//! shard, each merge within the cache again. Neither ever waits for memory on every word.

use crate::data::{Data, Key};

use super::aggregate::Aggregator;
use super::hasher::{KeyHasher, SHARDS, shard_of_tag, tag_of};
use super::lookahead::Lookahead;
use super::table::{Found, Table};

/// A local table keeps below this; larger than the second-level cache of today, because the
/// frequent keys of a skewed text stay in the cache by themselves.
const TABLE_BYTES: usize = 4 << 20;

/// Slots of a new table: enough for a small batch, little to clear.
const FIRST_SLOTS: usize = 1 << 10;

/// A spilled record: what a slot held. The stamp is the tag over the arrival in the run.
pub(crate) struct Entry<K, C> {
    stamp: u64,
    pub(super) key: K,
    pub(super) value: C,
}

impl<K, C> Entry<K, C> {
    pub(super) fn tag(&self) -> u32 {
        (self.stamp >> 32) as u32
    }

    pub(super) fn arrival(&self) -> u32 {
        self.stamp as u32
    }
}

/// What a run spilled, by shard; within a shard in the order of the spills.
pub(crate) struct Spilled<K, C> {
    pub(super) shards: Vec<Vec<Entry<K, C>>>,
}

impl<K, C> Spilled<K, C> {
    fn new() -> Spilled<K, C> {
        Spilled {
            shards: (0..SHARDS).map(|_| Vec::new()).collect(),
        }
    }
}

/// The memory of a combiner between two runs.
pub(crate) struct LocalTable<K, C>(Table<K, C>);

impl<K, C> LocalTable<K, C> {
    pub(crate) fn new() -> LocalTable<K, C> {
        LocalTable(Table::with_slots(FIRST_SLOTS))
    }
}

/// Combines the records of one run.
pub(crate) struct Combiner<'a, K, V, A: Aggregator<V>> {
    waiting: Lookahead<(u64, K, V)>,
    run: Run<'a, K, V, A>,
}

struct Run<'a, K, V, A: Aggregator<V>> {
    aggregator: &'a A,
    hasher: &'a KeyHasher,
    table: Table<K, A::Acc>,
    /// Keys that the table takes before it grows or spills: five eighths of its slots.
    limit: usize,
    arrivals: u32,
    spilled: Spilled<K, A::Acc>,
}

impl<'a, K: Key, V: Data, A: Aggregator<V>> Combiner<'a, K, V, A> {
    pub(crate) fn new(
        aggregator: &'a A,
        hasher: &'a KeyHasher,
        LocalTable(table): LocalTable<K, A::Acc>,
    ) -> Combiner<'a, K, V, A> {
        let (limit, spilled) = (limit(&table), Spilled::new());
        let run = Run {
            aggregator,
            hasher,
            table,
            limit,
            arrivals: 0,
            spilled,
        };
        Combiner {
            waiting: Lookahead::new(),
            run,
        }
    }

    /// Takes one record.
    #[inline(always)]
    pub(crate) fn push(&mut self, (key, value): (K, V)) {
        let hash = self.run.hasher.hash(&key);
        self.run.table.prefetch(hash);
        if self.waiting.push((hash, key, value)) {
            self.settle();
        }
    }

    /// Combines the records that wait.
    #[inline(never)]
    fn settle(&mut self) {
        let run = &mut self.run;
        self.waiting
            .drain(|(hash, key, value)| run.combine(hash, key, value));
    }

    /// Ends the run.
    pub(crate) fn finish(mut self) -> (Spilled<K, A::Acc>, LocalTable<K, A::Acc>) {
        self.settle();
        let mut run = self.run;
        // A drain walks all slots: a table that a run hardly used is not kept for the next one.
        let fits = run.table.len() >= run.table.slots() / 64;
        run.spill();
        let table = if fits {
            LocalTable(run.table)
        } else {
            LocalTable::new()
        };
        (run.spilled, table)
    }
}

impl<K: Key, V: Data, A: Aggregator<V>> Run<'_, K, V, A> {
    #[inline(always)]
    fn combine(&mut self, hash: u64, key: K, value: V) {
        let tag = tag_of(hash);
        match self.table.find_tagged(hash, tag, &key) {
            Found::Occupied(slot) => {
                self.table
                    .update(slot, |acc| self.aggregator.add(acc, value));
            }
            Found::Vacant(slot) => self.insert(slot, tag, key, value),
        }
    }

    #[inline(never)]
    fn insert(&mut self, slot: usize, tag: u32, key: K, value: V) {
        // A run that inserts four billion keys ties the order of the last ones.
        self.arrivals = self.arrivals.saturating_add(1);
        let stamp = u64::from(tag) << 32 | u64::from(self.arrivals);
        // The key outlives its block, which must not stay for it.
        let (key, acc) = (millrace_text::detached(key), self.aggregator.create(value));
        self.table.fill(slot, stamp, key, acc);
        if self.table.len() < self.limit {
            return;
        }
        let slots = self.table.slots() * 4;
        if slots * (self.table.bytes() / self.table.slots()) <= TABLE_BYTES {
            self.table.resize(slots, |_, key| self.hasher.hash(key));
            self.limit = limit(&self.table);
        } else {
            self.spill();
        }
    }

    fn spill(&mut self) {
        let shards = &mut self.spilled.shards;
        self.table.drain(|stamp, key, value| {
            shards[shard_of_tag((stamp >> 32) as u32)].push(Entry { stamp, key, value });
        });
    }
}

fn limit<K, C>(table: &Table<K, C>) -> usize {
    table.slots() / 8 * 5
}
