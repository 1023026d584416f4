//! `repartition` and `partition_by`: the same records in other partitions.

use crate::data::Key;
use crate::partition::Partitions;

use super::Rdd;

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
            let first = JavaRandom::of_partition(own).below(partitions);
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

/// Java's generator of random numbers (`java.util.Random`), by which Spark chooses where the
/// first parcel of a partition goes.
struct JavaRandom(u64);

impl JavaRandom {
    /// With the seed that Spark gives it: Scala's `byteswap32` of the partition's number.
    fn of_partition(partition: usize) -> JavaRandom {
        let swapped = (partition as u32)
            .wrapping_mul(0x9e37_75cd)
            .swap_bytes()
            .wrapping_mul(0x9e37_75cd);
        let seed = i64::from(swapped as i32) as u64;
        JavaRandom((seed ^ 0x0005_deec_e66d) & ((1 << 48) - 1))
    }

    fn bits(&mut self, count: u32) -> u32 {
        self.0 = self.0.wrapping_mul(0x0005_deec_e66d).wrapping_add(0xb) & ((1 << 48) - 1);
        (self.0 >> (48 - count)) as u32
    }

    /// A number below `bound`, which is positive; Java's way of it.
    fn below(&mut self, bound: u32) -> u32 {
        let bound = i64::from(bound);
        let mut drawn = i64::from(self.bits(31));
        if bound & (bound - 1) == 0 {
            return ((bound * drawn) >> 31) as u32;
        }
        loop {
            let rest = drawn % bound;
            if drawn - rest + (bound - 1) <= i64::from(i32::MAX) {
                return rest as u32;
            }
            drawn = i64::from(self.bits(31));
        }
    }
}
