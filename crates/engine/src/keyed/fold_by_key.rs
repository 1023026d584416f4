//! `fold_by_key` of an [`Rdd`].

use crate::data::{Data, Key};
use crate::partition::Partitions;
use crate::rdd::Rdd;

impl<K: Key, V: Data> Rdd<(K, V)> {
    /// Combines the values of every key, beginning with `zero` (Spark: `foldByKey`).
    ///
    /// `zero` counts once for each task that a key is seen by, so it should change nothing.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let sums = parallelize(vec![('a', 1), ('b', 2), ('a', 3)], 1).fold_by_key(0, |a, b| a + b);
    /// assert_eq!(sums.collect(), [('a', 4), ('b', 2)]);
    /// ```
    pub fn fold_by_key<F>(&self, zero: V, function: F) -> Rdd<(K, V)>
    where
        F: Fn(V, V) -> V + Clone + Send + Sync + 'static,
    {
        self.aggregate_by_key(zero, function.clone(), function)
    }

    /// [`fold_by_key`](Rdd::fold_by_key) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let products = parallelize(vec![('a', 2), ('a', 3)], 2).fold_by_key_with(1, |a, b| a * b, 1);
    /// assert_eq!((products.partitions(), products.collect()), (1, vec![('a', 6)]));
    /// ```
    pub fn fold_by_key_with<F>(
        &self,
        zero: V,
        function: F,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, V)>
    where
        F: Fn(V, V) -> V + Clone + Send + Sync + 'static,
    {
        self.aggregate_by_key_with(zero, function.clone(), function, partitions)
    }
}
