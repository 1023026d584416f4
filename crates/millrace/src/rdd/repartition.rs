//! `repartition` and `partition_by`: the same records in other partitions.

use crate::data::Key;
use crate::partition::{Partitioner, Partitions};

use super::Rdd;
use super::spark_random::SparkRandom;

/// PySpark sends records to their new partitions in parcels of so many.
const PARCEL: usize = 10;

impl<T: Clone + Send + Sync + 'static> Rdd<T> {
    /// Spreads the records evenly over `partitions` partitions (Spark: `repartition`).
    ///
    /// Where a record goes is PySpark's: every partition is cut into parcels of ten records,
    /// which are dealt out one after the other, beginning at a partition that is drawn from the
    /// number of their own.
    ///
    /// # Panics
    /// If `partitions` is zero; the batch fails.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let spread = parallelize((0..12).collect(), 2).repartition(3).glom().collect();
    /// assert_eq!(spread, [vec![0, 1, 2, 3, 4, 5], vec![6, 7, 8, 9, 10, 11], vec![]]);
    /// ```
    #[must_use]
    pub fn repartition(&self, partitions: u32) -> Rdd<T> {
        assert!(
            partitions > 0,
            "repartition: the number of partitions must be positive"
        );
        let mut spread: Vec<Vec<T>> = (0..partitions).map(|_| Vec::new()).collect();
        for (own, records) in self.collect_partitions().into_iter().enumerate() {
            let first = SparkRandom::new(own as u64).below(partitions);
            let mut records = records.into_iter();
            let mut target = first as usize;
            loop {
                target = (target + 1) % spread.len();
                let parcel = records.by_ref().take(PARCEL);
                let before = spread[target].len();
                spread[target].extend(parcel);
                if spread[target].len() < before + PARCEL {
                    break;
                }
            }
        }
        Rdd::of_partitions(spread, self.executor())
    }
}

impl<K: Key, V: Clone + Send + Sync + 'static> Rdd<(K, V)> {
    /// Puts every pair into the partition of its key (Spark: `partitionBy`). A partition has
    /// its pairs in the order in which they were.
    ///
    /// # Panics
    /// If there are no partitions; the batch fails.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let parted = parallelize(vec![(1, 'a'), (2, 'b'), (3, 'c')], 1).partition_by(2).glom();
    /// assert_eq!(parted.collect(), [vec![(2, 'b')], vec![(1, 'a'), (3, 'c')]]);
    /// ```
    #[must_use]
    pub fn partition_by(&self, partitions: impl Into<Partitions<K>>) -> Rdd<(K, V)> {
        let partitioner = match partitions.into().partitioner() {
            Ok(partitioner) => partitioner,
            Err(error) => panic!("partition_by: {error}"),
        };
        self.parted(&*partitioner)
    }

    pub(crate) fn parted(&self, partitioner: &dyn Partitioner<K>) -> Rdd<(K, V)> {
        let count = partitioner.partitions();
        let parts = self.on_pieces(self.pieces(), |partition, piece| {
            let mut parts: Vec<Vec<(K, V)>> = (0..count).map(|_| Vec::new()).collect();
            self.visit(partition, piece, &mut |(key, value)| {
                parts[partitioner.partition(&key)].push((key, value));
            });
            parts
        });
        let mut parted: Vec<Vec<(K, V)>> = (0..count).map(|_| Vec::new()).collect();
        for part in parts {
            for (all, mut own) in parted.iter_mut().zip(part) {
                all.append(&mut own);
            }
        }
        Rdd::of_partitions(parted, self.executor())
    }
}
