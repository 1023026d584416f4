//! `repartition` and `partition_by`: the same records in other partitions.

use std::num::NonZeroU32;
use std::sync::Arc;

use rayon::prelude::*;

use crate::data::Key;
use crate::exec::Executor;
use crate::partition::{HashPartitioner, Partitioner, Partitions, check_count};
use crate::python::first_dealt;

use super::Rdd;

/// PySpark sends records to their new partitions in parcels of so many.
const PARCEL: usize = 10;

/// The number of partitions that a call asked for, or one if that is none: a rule that was broken.
pub(super) fn some_partitions(operator: &str, asked: u32, executor: &Executor) -> u32 {
    match check_count(asked as usize) {
        Ok(()) => asked,
        Err(error) => {
            executor.refuse(error.within(operator));
            1
        }
    }
}

/// The partitioner that a call asked for, or that of one partition if there is none.
#[must_use]
pub fn partitioner_of<K: Key>(
    partitions: Partitions<K>,
    executor: &Executor,
) -> Arc<dyn Partitioner<K>> {
    partitions.partitioner().unwrap_or_else(|error| {
        executor.refuse(error);
        Arc::new(HashPartitioner::new(NonZeroU32::MIN))
    })
}

impl<T: Clone + Send + Sync + 'static> Rdd<T> {
    /// Spreads the records evenly over `partitions` partitions (Spark: `repartition`).
    ///
    /// Where a record goes is PySpark's: every partition is cut into parcels of ten records,
    /// which are dealt out one after the other, beginning at a partition that is drawn from the
    /// number of their own.
    ///
    /// No partitions at all are against the rules: in a batch it fails, elsewhere `start` or the
    /// next wait reports it.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let spread = parallelize((0..12).collect(), 2).repartition(3).glom().collect();
    /// assert_eq!(spread, [vec![0, 1, 2, 3, 4, 5], vec![6, 7, 8, 9, 10, 11], vec![]]);
    /// ```
    pub fn repartition(&self, partitions: u32) -> Rdd<T> {
        let partitions = some_partitions("repartition", partitions, self.executor());
        let pieces = self.pieces();
        let read = self.on_pieces(pieces.clone(), |partition, piece| {
            let mut records = Vec::new();
            self.visit(partition, piece, &mut |record| records.push(record));
            records
        });
        // What a record's number in its own partition says of where it goes.
        let mut own = (0, 0);
        let numbered: Vec<(usize, usize, Vec<T>)> = std::iter::zip(pieces, read)
            .map(|((partition, _), records)| {
                if own.0 != partition {
                    own = (partition, 0);
                }
                let number = own.1;
                own.1 += records.len();
                (partition, number, records)
            })
            .collect();
        let deal = |(partition, number, records): (usize, usize, Vec<T>)| {
            let first = first_dealt(partition, partitions);
            let mut dealt: Vec<Vec<T>> = (0..partitions).map(|_| Vec::new()).collect();
            let mut target = (first + number / PARCEL) % dealt.len();
            let mut left = PARCEL - number % PARCEL;
            let mut records = records.into_iter();
            while records.len() > 0 {
                dealt[target].extend(records.by_ref().take(left));
                target = (target + 1) % dealt.len();
                left = PARCEL;
            }
            dealt
        };
        let dealt = match numbered.len() {
            0 | 1 => numbered.into_iter().map(deal).collect(),
            _ => self.executor().run(|| {
                let pieces = numbered.into_par_iter().with_max_len(1);
                pieces.map(deal).collect()
            }),
        };
        Rdd::dealt_out(dealt, partitions as usize, self.executor())
    }
}

impl<K: Key, V: Clone + Send + Sync + 'static> Rdd<(K, V)> {
    /// Puts every pair into the partition of its key (Spark: `partitionBy`). A partition has
    /// its pairs in the order in which they were.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let parted = parallelize(vec![(1, 'a'), (2, 'b'), (3, 'c')], 1).partition_by(2).glom();
    /// assert_eq!(parted.collect(), [vec![(2, 'b')], vec![(1, 'a'), (3, 'c')]]);
    /// ```
    pub fn partition_by(&self, partitions: impl Into<Partitions<K>>) -> Rdd<(K, V)> {
        let partitioner = partitioner_of(partitions.into(), self.executor());
        self.parted(&*partitioner)
    }

    #[doc(hidden)]
    pub fn parted(&self, partitioner: &dyn Partitioner<K>) -> Rdd<(K, V)> {
        let count = partitioner.partitions();
        let parts = self.on_pieces(self.pieces(), |partition, piece| {
            let mut parts: Vec<Vec<(K, V)>> = (0..count).map(|_| Vec::new()).collect();
            self.visit(partition, piece, &mut |(key, value)| {
                parts[partitioner.partition(&key)].push((key, value));
            });
            parts
        });
        Rdd::dealt_out(parts, count, self.executor())
    }
}
