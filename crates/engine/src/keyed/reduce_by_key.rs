//! `reduce_by_key`, `keys`, `values` and `map_values` of an [`Rdd`].

use crate::data::{Data, Key};
use crate::partition::Partitions;
use crate::rdd::Rdd;
use crate::shuffle::Reduce;

use super::{leaf, pieces, shuffled};

impl<K: Key, V: Data> Rdd<(K, V)> {
    /// Combines the values of every key from left to right (Spark: `reduceByKey`). `function`
    /// must be associative.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let sums = parallelize(vec![('a', 1), ('b', 2), ('a', 3)], 1).reduce_by_key(|a, b| a + b);
    /// assert_eq!(sums.collect(), [('a', 4), ('b', 2)]);
    /// ```
    pub fn reduce_by_key<F>(&self, function: F) -> Rdd<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        self.reduce_by_key_with(function, self.default_partitions())
    }

    /// [`reduce_by_key`](Rdd::reduce_by_key) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let words = ssc.parallelize(vec![('a', 1), ('b', 1), ('a', 1)]);
    ///     let counts = words.reduce_by_key_with(|a, b| a + b, 1);
    ///     assert_eq!(counts.collect(), [('a', 2), ('b', 1)]);
    /// });
    /// ```
    pub fn reduce_by_key_with<F>(
        &self,
        function: F,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let lanes = vec![pieces(self)];
        let aggregator = Reduce(function);
        shuffled(
            leaf(),
            lanes,
            aggregator,
            partitions.into(),
            self.executor(),
        )
    }
}

impl<K: Send + 'static, V: Send + 'static> Rdd<(K, V)> {
    /// The keys, one of every pair (Spark: `keys`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![('a', 1), ('a', 2)], 1).keys().collect(), ['a', 'a']);
    /// ```
    pub fn keys(&self) -> Rdd<K> {
        self.map(|(key, _)| key)
    }

    /// The values (Spark: `values`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![('a', 1), ('a', 2)], 1).values().collect(), [1, 2]);
    /// ```
    pub fn values(&self) -> Rdd<V> {
        self.map(|(_, value)| value)
    }

    /// Passes every value through `function` (Spark: `mapValues`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![('a', 1)], 1).map_values(|n| n + 1).collect(), [('a', 2)]);
    /// ```
    pub fn map_values<W, F>(&self, function: F) -> Rdd<(K, W)>
    where
        W: Send + 'static,
        F: Fn(V) -> W + Send + Sync + 'static,
    {
        self.map(move |(key, value)| (key, function(value)))
    }
}
