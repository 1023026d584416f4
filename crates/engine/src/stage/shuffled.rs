//! A shuffled batch as an [`Rdd`](crate::rdd::Rdd): shards behind, PySpark's order in front.
//!
//! The shards hold keys in the order of a hash; what is seen is ordered by partition and
//! arrival (law 3). Nobody pays for order that nobody looks at: the first eleven records are
//! among the keys that each shard knows to have come first, or else found in one pass that asks
//! for the portable hash of few keys; and only a full read sorts. It sorts the numbers of slots; the
//! records stay in their shards.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use crossbeam::queue::SegQueue;
use millrace_types::Lock;

use crate::data::{Data, Key};
use crate::exec::Executor;
use crate::order::{self, Earliest, Placed, in_order};
use crate::partition::Partitioner;
use crate::rdd::RddSource;
use crate::shuffle::{KeyHasher, Shard, has_own_worker, own_first_of};

/// Fewer keys are in order before another thread has woken up.
const WORTH_SHARING: usize = 1 << 12;

/// Records that are asked for ahead of the one that is read: in order of arrival they lie all over
/// the shards.
const AHEAD: usize = 16;

/// Shards that one task gives back.
const GIVEN_BACK: usize = 8;

/// The shard of a record, and its slot there.
#[derive(Clone, Copy)]
struct RecordSlot {
    shard: u32,
    slot: u32,
}

/// The result of a shuffle with reduce partitions.
pub struct Shuffled<K: Key, C: Data> {
    shards: Vec<Shard<K, C>>,
    /// The one that the shards were made with.
    hasher: KeyHasher,
    partitioner: Arc<dyn Partitioner<K>>,
    /// True if the values keep no block; the keys never do.
    detached: bool,
    /// The queue that the shards go to when this is dropped.
    spare: Arc<SegQueue<Shard<K, C>>>,
    ordered: OnceLock<Vec<Vec<RecordSlot>>>,
    len: usize,
    executor: Executor,
}

impl<K: Key, C: Data> Shuffled<K, C> {
    /// The result whose `shards` were made with `hasher`; they go to `spare` when it is dropped.
    pub fn new(
        shards: Vec<Shard<K, C>>,
        hasher: &KeyHasher,
        partitioner: Arc<dyn Partitioner<K>>,
        detached: bool,
        spare: Arc<SegQueue<Shard<K, C>>>,
        executor: Executor,
    ) -> Shuffled<K, C> {
        let len = shards.iter().map(Shard::len).sum();
        Shuffled {
            shards,
            hasher: hasher.clone(),
            partitioner,
            detached,
            spare,
            ordered: OnceLock::new(),
            len,
            executor,
        }
    }

    /// The first `count` records, if the keys that the shards know to have come first have them.
    fn known_first(&self, count: usize) -> Option<Vec<(K, C)>> {
        // Up to here no key is missing.
        let mut horizon = u64::MAX;
        let mut earliest = Earliest::new(count);
        for shard in &self.shards {
            let (first, others) = shard.first();
            if others {
                horizon = horizon.min(first.last()?.0);
            }
        }
        for shard in &self.shards {
            for (stamp, key) in shard.first().0 {
                if *stamp <= horizon {
                    let partition = || self.partitioner.partition(key);
                    earliest.offer(*stamp, partition, (key, shard));
                }
            }
        }
        // A key of the first partition that is not among them may stand before all of another.
        let whole = horizon == u64::MAX || earliest.is_full_of_first_partition();
        let record = |(key, shard): (&K, &Shard<K, C>)| {
            let value = shard.get(key, &self.hasher)?.clone();
            Some((key.clone(), value))
        };
        whole.then(|| earliest.into_records().map(record).collect())?
    }

    /// The slots of all records by partition, in order. On the workers if that is worth it and they
    /// are `free`; not to be asked for so by one of them.
    fn ordered(&self, free: bool) -> &[Vec<RecordSlot>] {
        self.ordered.get_or_init(|| {
            let of_shard = |index: usize| {
                let shard = &self.shards[index];
                let mut placed = Vec::with_capacity(shard.len());
                for (number, (stamp, key, _)) in (0..).zip(shard.iter()) {
                    placed.push(Placed::new(stamp, self.partitioner.partition(key), number));
                }
                placed
            };
            let at = |_, shard, slot| RecordSlot {
                shard: shard as u32,
                slot,
            };
            let counts = (self.shards.len(), self.partitions());
            let ordered = |side_by_side| in_order(side_by_side, counts, of_shard, at);
            if free && self.len >= WORTH_SHARING {
                self.executor.run(|| ordered(true))
            } else {
                ordered(false)
            }
        })
    }
}

impl<K: Key, C: Data> RddSource<(K, C)> for Shuffled<K, C> {
    fn partitions(&self) -> usize {
        self.partitioner.partitions()
    }

    fn pieces(&self, _partition: usize) -> usize {
        order::pieces(self.len / self.partitions())
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut((K, C))) {
        let records = &self.ordered(false)[partition];
        let records = order::piece(records, piece, self.pieces(partition));
        for (number, at) in records.iter().enumerate() {
            if let Some(ahead) = records.get(number + AHEAD) {
                self.shards[ahead.shard as usize].prefetch(ahead.slot);
            }
            let record = self.shards[at.shard as usize].record(at.slot as usize);
            if let Some((_, key, value)) = record {
                each((key.clone(), value.clone()));
            }
        }
    }

    fn take(&self, count: usize) -> Vec<(K, C)> {
        if let Some(first) = self.known_first(count) {
            return first;
        }
        let mut earliest = Earliest::new(count);
        for (stamp, key, value) in self.shards.iter().flat_map(Shard::iter) {
            earliest.offer(stamp, || self.partitioner.partition(key), (key, value));
        }
        earliest
            .into_records()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    fn prepare(&self) {
        self.ordered(true);
    }

    fn is_materialized(&self) -> bool {
        true
    }

    fn is_detached(&self) -> bool {
        self.detached
    }

    fn known_count(&self) -> Option<u64> {
        Some(self.len as u64)
    }

    fn unordered(self: Arc<Self>) -> Option<Arc<dyn RddSource<(K, C)>>> {
        let worth_it = self.len >= WORTH_SHARING;
        worth_it.then(|| Arc::new(ByShard(self)) as Arc<dyn RddSource<(K, C)>>)
    }
}

/// The result read shard by shard, as its keys lie there.
struct ByShard<K: Key, C: Data>(Arc<Shuffled<K, C>>);

impl<K: Key, C: Data> RddSource<(K, C)> for ByShard<K, C> {
    fn partitions(&self) -> usize {
        self.0.shards.len()
    }

    fn visit(&self, shard: usize, _piece: usize, each: &mut dyn FnMut((K, C))) {
        for (_, key, value) in self.0.shards[shard].iter() {
            each((key.clone(), value.clone()));
        }
    }

    fn is_detached(&self) -> bool {
        self.0.is_detached()
    }

    fn known_count(&self) -> Option<u64> {
        self.0.known_count()
    }
}

/// Empties shards, and puts them where the next batch finds them.
fn give_back<K: Key, C>(
    shards: impl IntoIterator<Item = Shard<K, C>>,
    spare: &SegQueue<Shard<K, C>>,
) {
    for mut shard in shards {
        shard.recycle();
        spare.push(shard);
    }
}

impl<K: Key, C: Data> Shuffled<K, C> {
    /// Has a worker give shards back.
    fn spawn(&self, give_back: impl FnOnce() + Send + 'static) {
        self.executor.spawn_urgent(move || {
            // A panic of the program's code, in a `Drop`; nothing waits for its shard.
            drop(catch_unwind(AssertUnwindSafe(give_back)));
        });
    }
}

impl<K: Key, C: Data> Drop for Shuffled<K, C> {
    /// Many keys are left to the workers: to empty their tables takes a tenth of the time of a batch
    /// if one thread does it. They do it before their map tasks go on: behind these, under a load that
    /// leaves no pause, they would do it when the next batch is due, and its shards would have grown
    /// from nothing.
    fn drop(&mut self) {
        let mut shards = std::mem::take(&mut self.shards);
        if self.len >= WORTH_SHARING && has_own_worker::<C>() {
            let all = shards.drain(..).map(|shard| Lock::new(Some(shard)));
            let all: Arc<Vec<_>> = Arc::new(all.collect());
            for _ in 0..all.len().div_ceil(GIVEN_BACK) {
                let (all, spare) = (Arc::clone(&all), Arc::clone(&self.spare));
                self.spawn(move || {
                    let left = own_first_of(all.len()).filter_map(|index| {
                        let mut shard = all[index].lock();
                        shard.take()
                    });
                    give_back(left.take(GIVEN_BACK), &spare);
                });
            }
        }
        while self.len >= WORTH_SHARING && !shards.is_empty() {
            let some = shards.split_off(shards.len().saturating_sub(GIVEN_BACK));
            let spare = Arc::clone(&self.spare);
            self.spawn(move || give_back(some, &spare));
        }
        give_back(shards, &self.spare);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::exec::Executor;
    use crate::rdd::Rdd;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Few keys or more than the shards remember, of one lane or two, in few partitions or
        /// so many that the first one has hardly any.
        #[test]
        fn the_first_are_the_first_of_all(
            keys in prop_oneof![0_u32..40, 5000_u32..9000], later in prop_oneof![0_u32..40, 3000_u32..6000],
            partitions in prop_oneof![1_u32..4, 300_u32..500], count in 0_usize..60, stride in 1_u32..7,
        ) {
            let executor = Executor::new(2).expect("threads");
            let records = |keys: u32| (0..keys).map(|key| (key * stride % 10_007, 1)).collect();
            let list = |keys| Rdd::of_partitions(vec![records(keys)], &executor);
            let both = list(keys).union(&list(later));
            let shuffled = both.reduce_by_key_with(|a, b| a + b, partitions);
            let first = shuffled.take(count);
            let mut all = shuffled.collect();
            prop_assert_eq!(all.iter().map(|(_, ones)| ones).sum::<u32>(), keys + later);
            all.truncate(count);
            prop_assert_eq!(first, all);
            let of_two = list(keys).cogroup_with(&list(later), partitions);
            let mut all = of_two.collect();
            all.truncate(count);
            prop_assert_eq!(of_two.take(count), all);
        }
    }
}
