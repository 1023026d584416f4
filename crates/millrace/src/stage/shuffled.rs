//! A shuffled batch as an [`Rdd`](crate::Rdd): shards behind, PySpark's order in front.
//!
//! The shards hold keys in the order of a hash; what is seen is ordered by partition and
//! arrival (law 3). Nobody pays for order that nobody looks at: the first eleven records are
//! found in one pass that asks for the portable hash of few keys, and only a full read sorts.

use std::sync::{Arc, OnceLock};

use crossbeam::queue::SegQueue;

use crate::data::{Data, Key};
use crate::order::Earliest;
use crate::partition::Partitioner;
use crate::rdd::RddSource;
use crate::shuffle::Shard;

/// The result of a shuffle with reduce partitions.
pub(crate) struct Shuffled<K: Key, C: Data> {
    shards: Vec<Shard<K, C>>,
    partitioner: Arc<dyn Partitioner<K>>,
    /// Where the shards go when this is gone.
    spare: Arc<SegQueue<Shard<K, C>>>,
    ordered: OnceLock<Vec<Vec<(K, C)>>>,
}

impl<K: Key, C: Data> Shuffled<K, C> {
    pub(crate) fn new(
        shards: Vec<Shard<K, C>>,
        partitioner: Arc<dyn Partitioner<K>>,
        spare: Arc<SegQueue<Shard<K, C>>>,
    ) -> Shuffled<K, C> {
        Shuffled {
            shards,
            partitioner,
            spare,
            ordered: OnceLock::new(),
        }
    }

    fn ordered(&self) -> &[Vec<(K, C)>] {
        self.ordered.get_or_init(|| {
            let mut partitions: Vec<Vec<(u64, &K, &C)>> = (0..self.partitioner.partitions())
                .map(|_| Vec::new())
                .collect();
            for (stamp, key, value) in self.shards.iter().flat_map(Shard::iter) {
                partitions[self.partitioner.partition(key)].push((stamp, key, value));
            }
            let order = |mut records: Vec<(u64, &K, &C)>| {
                records.sort_unstable_by_key(|&(stamp, ..)| stamp);
                records
                    .into_iter()
                    .map(|(_, key, value)| (key.clone(), value.clone()))
                    .collect()
            };
            partitions.into_iter().map(order).collect()
        })
    }
}

impl<K: Key, C: Data> RddSource<(K, C)> for Shuffled<K, C> {
    fn partitions(&self) -> usize {
        self.partitioner.partitions()
    }

    fn visit(&self, partition: usize, _piece: usize, each: &mut dyn FnMut((K, C))) {
        self.ordered()[partition].iter().cloned().for_each(each);
    }

    fn take(&self, count: usize) -> Vec<(K, C)> {
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
        self.ordered();
    }

    fn lasts(&self) -> bool {
        true
    }

    fn known_count(&self) -> Option<u64> {
        Some(self.shards.iter().map(|shard| shard.len() as u64).sum())
    }
}

impl<K: Key, C: Data> Drop for Shuffled<K, C> {
    fn drop(&mut self) {
        for mut shard in self.shards.drain(..) {
            shard.recycle();
            self.spare.push(shard);
        }
    }
}
