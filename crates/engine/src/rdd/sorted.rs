//! `sort_by` and `sort_by_key`, each also into a number of partitions: the records of an [`Rdd`] in order.
//!
//! Sorted records stand in ranges, one per partition, so that partition after partition is the
//! order. PySpark draws samples to find where a range ends, and of a dataset of up to twenty
//! records per partition the sample is everything; here it always is. So the ranges of a small
//! dataset are PySpark's; of a large one they are exact where PySpark's are estimates.

use rayon::prelude::*;

use super::Rdd;
use super::repartition::some_partitions;

impl<T: Clone + Send + Sync + 'static> Rdd<T> {
    /// The records in the order of what `key` says of them, rising or falling; equal ones stay
    /// in the order in which they were (Spark: `sortBy`).
    ///
    /// Reads and sorts now, on the workers. The result has as many partitions as
    /// `spark.default.parallelism` says, else as many as this dataset: ranges of about equal
    /// size; records whose keys are equal are in one of them. A dataset without a record keeps
    /// its partitions (PySpark 3.5).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let words = parallelize(vec!["ccc", "a", "bb"], 2);
    /// assert_eq!(words.sort_by(|word| word.len(), true).collect(), ["a", "bb", "ccc"]);
    /// assert_eq!(words.sort_by(|word| word.len(), false).collect(), ["ccc", "bb", "a"]);
    /// ```
    pub fn sort_by<O, F>(&self, key: F, ascending: bool) -> Rdd<T>
    where
        O: Ord + Send + Sync,
        F: Fn(&T) -> O + Send + Sync,
    {
        let partitions = self.executor().partitions_after(self.partitions());
        self.ranged(&key, ascending, partitions)
    }

    /// [`sort_by`](Rdd::sort_by) into a number of partitions. None at all are against the
    /// rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let sorted = parallelize(vec![4, 2, 1, 3], 1).sort_by_with(|n| *n, true, 2);
    /// assert_eq!(sorted.glom().collect(), [vec![1, 2, 3], vec![4]]);
    /// ```
    pub fn sort_by_with<O, F>(&self, key: F, ascending: bool, partitions: u32) -> Rdd<T>
    where
        O: Ord + Send + Sync,
        F: Fn(&T) -> O + Send + Sync,
    {
        let partitions = some_partitions("sort_by_with", partitions, self.executor());
        self.ranged(&key, ascending, partitions as usize)
    }

    fn ranged<O, F>(&self, key: &F, ascending: bool, partitions: usize) -> Rdd<T>
    where
        O: Ord + Send + Sync,
        F: Fn(&T) -> O + Send + Sync,
    {
        let mut keyed: Vec<(O, T)> = self
            .on_pieces(self.pieces(), |partition, piece| {
                let mut records = Vec::new();
                self.visit(partition, piece, &mut |record| {
                    records.push((key(&record), record));
                });
                records
            })
            .into_iter()
            .flatten()
            .collect();
        if keyed.is_empty() && (partitions > 1 || self.partitions() <= 1) {
            return self.clone();
        }
        self.executor().run(|| {
            if ascending {
                keyed.par_sort_by(|(one, _), (other, _)| one.cmp(other));
            } else {
                keyed.par_sort_by(|(one, _), (other, _)| other.cmp(one));
            }
        });
        let ends = ends(&keyed, ascending, partitions.max(1));
        let mut records = keyed.into_iter().map(|(_, record)| record);
        let mut start = 0;
        let range = |end: usize| {
            let records: Vec<T> = records.by_ref().take(end - start).collect();
            start = end;
            records
        };
        Rdd::of_partitions(ends.into_iter().map(range).collect(), self.executor())
    }
}

impl<K, V> Rdd<(K, V)>
where
    K: Ord + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The pairs in the order of their keys (Spark: `sortByKey`); see [`sort_by`](Rdd::sort_by).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let pairs = parallelize(vec![(2, 'b'), (1, 'a')], 1);
    /// assert_eq!(pairs.sort_by_key(true).collect(), [(1, 'a'), (2, 'b')]);
    /// ```
    pub fn sort_by_key(&self, ascending: bool) -> Rdd<(K, V)> {
        self.sort_by(|(key, _)| key.clone(), ascending)
    }

    /// [`sort_by_key`](Rdd::sort_by_key) into a number of partitions. None at all are against the
    /// rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let pairs = parallelize(vec![(2, 'b'), (1, 'a'), (3, 'c')], 1);
    /// let sorted = pairs.sort_by_key_with(false, 2).glom();
    /// assert_eq!(sorted.collect(), [vec![(3, 'c')], vec![(2, 'b'), (1, 'a')]]);
    /// ```
    pub fn sort_by_key_with(&self, ascending: bool, partitions: u32) -> Rdd<(K, V)> {
        self.sort_by_with(|(key, _)| key.clone(), ascending, partitions)
    }
}

/// The end of each range of the sorted records. A border is the key at its share of the rising
/// order, and belongs to the range below it (PySpark's `bisect_left`).
fn ends<O: Ord, T>(sorted: &[(O, T)], ascending: bool, partitions: usize) -> Vec<usize> {
    let len = sorted.len();
    let end = |range: usize| {
        // The border between this range and the next one, counted in the rising order.
        let border = if ascending {
            range + 1
        } else {
            partitions - range - 1
        };
        if border == 0 || border == partitions || len == 0 {
            return len;
        }
        let share = (len as u128 * border as u128 / partitions as u128) as usize;
        if ascending {
            let (border, _) = &sorted[share];
            sorted.partition_point(|(key, _)| key <= border)
        } else {
            let (border, _) = &sorted[len - 1 - share];
            sorted.partition_point(|(key, _)| key > border)
        }
    };
    (0..partitions).map(end).collect()
}
