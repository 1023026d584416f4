//! The local half of a shuffle: one run of blocks, one thread, one table.
//!
//! The table is looked at a group of records behind the loop that makes them, so that it may be
//! larger than the cache. It is not grown without end but *spilled* when it is full, and at the
//! end of the run: its entries move, by shard, to the run's output. A text of few distinct words
//! is combined almost wholly here; one of a million spills every tenth record and merges shard
//! by shard, each merge within the cache. Neither ever waits for memory on every word.

#![expect(
    unsafe_code,
    reason = "records are moved out of the places where they wait"
)]

use crate::data::{Data, Key};

use super::aggregate::Aggregator;
use super::dense::{Dense, DensePlace, Kept};
use super::hasher::{KeyHasher, SHARDS, shard_of_tag, tag_of};
use super::lookahead::{Lookahead, STEPS};

/// A local table keeps below this: what the keys of the longest run take, if every tenth word of
/// it is new. What a word pays for a table beyond the cache is less than what it would pay for
/// being spilled and merged more often.
const TABLE_BYTES: usize = 32 << 20;

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
pub(crate) struct LocalTable<K, C>(Dense<K, C>);

impl<K, C> LocalTable<K, C> {
    pub(crate) fn new() -> LocalTable<K, C> {
        LocalTable(Dense::with_slots(FIRST_SLOTS))
    }
}

/// Combines the records of one run.
pub(crate) struct Combiner<'a, K, V, A: Aggregator<V>> {
    waiting: Lookahead<(K, V)>,
    run: Run<'a, K, V, A>,
}

struct Run<'a, K, V, A: Aggregator<V>> {
    aggregator: &'a A,
    hasher: &'a KeyHasher,
    table: Dense<K, A::Acc>,
    /// Keys that were spilled before those in the table: what a position lacks to an arrival.
    arrivals: u32,
    spilled: Spilled<K, A::Acc>,
}

impl<'a, K: Key, V: Data, A: Aggregator<V>> Combiner<'a, K, V, A> {
    pub(crate) fn new(
        aggregator: &'a A,
        hasher: &'a KeyHasher,
        LocalTable(table): LocalTable<K, A::Acc>,
    ) -> Combiner<'a, K, V, A> {
        let run = Run {
            aggregator,
            hasher,
            table,
            arrivals: 0,
            spilled: Spilled::new(),
        };
        Combiner {
            waiting: Lookahead::new(),
            run,
        }
    }

    /// Takes one record.
    #[inline(always)]
    pub(crate) fn push(&mut self, record: (K, V)) {
        if self.waiting.push(record) {
            self.settle();
        }
    }

    /// Takes every group of records one step further, and combines the oldest.
    #[inline(never)]
    fn settle(&mut self) {
        let run = &mut self.run;
        let ready = self.waiting.take();
        let mut done = 0;
        loop {
            // SAFETY: all that is ready is initialised, and nothing is looked at twice.
            done += unsafe {
                let items = &ready.items[done..];
                let add = |place: DensePlace<'_, A::Acc>, value| run.aggregator.add(place, value);
                run.table.fold_guessed(items, &ready.guesses[done..], add)
            };
            let (Some(item), Some(&hash)) = (ready.items.get(done), ready.hashes.get(done)) else {
                break;
            };
            // SAFETY: as above.
            let (key, value) = unsafe { item.assume_init_read() };
            run.combine(hash, key, value);
            done += 1;
        }
        let table = &run.table;
        self.waiting.guess(|hash| table.guess(hash));
        let hasher = run.hasher.clone();
        self.waiting.hash(|(key, _)| {
            let hash = hasher.hash(key);
            table.prefetch_slot(hash);
            hash
        });
    }

    /// Ends the run.
    pub(crate) fn finish(mut self) -> (Spilled<K, A::Acc>, LocalTable<K, A::Acc>) {
        for _ in 0..STEPS {
            self.settle();
        }
        let mut run = self.run;
        // An index that a run hardly used is not cleared for the next one, but let go.
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
    /// Folds a record into its key's value, or begins one.
    #[inline(never)]
    fn combine(&mut self, hash: u64, key: K, value: V) {
        let slot = match self.table.find(hash, &key) {
            Ok(position) => {
                let add = |place: DensePlace<'_, A::Acc>| self.aggregator.add(place, value);
                return self.table.fold_at(position, add);
            }
            Err(slot) => slot,
        };
        // The key outlives its block, which must not stay for it.
        let (key, acc) = (millrace_text::detached(key), self.aggregator.create(value));
        self.table.push(slot, hash, key, acc);
        if self.table.has_room() {
            return;
        }
        let slots = self.table.slots() * 2;
        if Dense::<K, A::Acc>::bytes_of(slots) <= TABLE_BYTES {
            self.table.resize(slots, |key| self.hasher.hash(key));
        } else {
            self.spill();
        }
    }

    fn spill(&mut self) {
        let shards = &mut self.spilled.shards;
        for (shard, count) in shards.iter_mut().zip(self.table.of_shard()) {
            shard.reserve_exact(*count as usize);
        }
        for Kept { key, value } in self.table.drain() {
            // A run that inserts four billion keys ties the order of the last ones.
            self.arrivals = self.arrivals.saturating_add(1);
            let tag = tag_of(self.hasher.hash(&key));
            let stamp = u64::from(tag) << 32 | u64::from(self.arrivals);
            let value = self.aggregator.publish(value);
            shards[shard_of_tag(tag)].push(Entry { stamp, key, value });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use millrace_text::{Buffer, BufferHost, Text};

    use super::super::aggregate::Reduce;
    use super::super::combine_by_key::CombineBy;
    use super::*;

    /// Notes that its buffer has come back.
    #[derive(Default)]
    struct Host(AtomicBool);

    impl BufferHost for Host {
        fn retire(&self, _buffer: Buffer) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the block of some lines is let go of while what a run made of them lives.
    fn lets_go<A: Aggregator<Text>>(aggregator: &A) -> bool {
        let host = Arc::new(Host::default());
        let mut buffer =
            Buffer::from("a line that is not inline\nanother one, not inline either\n");
        buffer.set_host(Arc::clone(&host) as Arc<dyn BufferHost>);
        let hasher = KeyHasher::default();
        let mut combiner = Combiner::new(aggregator, &hasher, LocalTable::new());
        buffer
            .freeze()
            .for_each_line(false, |line| combiner.push((line.len(), line)));
        let (spilled, table) = combiner.finish();
        let lets_go = host.0.load(Ordering::Relaxed);
        drop((spilled, table));
        assert!(host.0.load(Ordering::Relaxed), "nothing is left");
        lets_go
    }

    #[test]
    fn what_is_published_of_a_combined_value_keeps_no_block() {
        let list = CombineBy {
            create: |line| vec![line],
            add: |mut lines: Vec<Text>, line| {
                lines.push(line);
                lines
            },
            merge: |mut lines: Vec<Text>, mut later| {
                lines.append(&mut later);
                lines
            },
        };
        assert!(lets_go(&Reduce(Text::max)));
        assert!(lets_go(&list));
    }
}
