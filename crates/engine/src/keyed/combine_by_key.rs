//! `combine_by_key` and `group_by_key` of an [`Rdd`].

use crate::data::{Data, Key};
use crate::partition::Partitions;
use crate::rdd::Rdd;
use crate::shuffle::{CombineBy, Group, Values};

use super::{leaf, pieces, shuffled};

impl<K: Key, V: Data> Rdd<(K, V)> {
    /// Collects the values of every key, in order (Spark: `groupByKey`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let groups = parallelize(vec![('a', 1), ('b', 2), ('a', 3)], 1).group_by_key();
    /// let groups: Vec<_> = groups.map(|(key, values)| (key, values.to_vec())).collect();
    /// assert_eq!(groups, [('a', vec![1, 3]), ('b', vec![2])]);
    /// ```
    pub fn group_by_key(&self) -> Rdd<(K, Values<V>)> {
        self.group_by_key_with(self.default_partitions())
    }

    /// [`group_by_key`](Rdd::group_by_key) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let words = ssc.parallelize(vec![('a', 1), ('b', 1), ('a', 1)]);
    ///     assert_eq!(words.group_by_key_with(1).map_values(|ones| ones.len()).collect(), [('a', 2), ('b', 1)]);
    /// });
    /// ```
    pub fn group_by_key_with(&self, partitions: impl Into<Partitions<K>>) -> Rdd<(K, Values<V>)> {
        let lanes = vec![pieces(self)];
        shuffled(leaf(), lanes, Group, partitions.into(), self.executor())
    }

    /// Combines the values of every key: `create` makes something of the first one, `add` adds
    /// another, `merge` joins what tasks have made side by side (Spark: `combineByKey`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let means = parallelize(vec![('a', 1), ('a', 3)], 2)
    ///     .combine_by_key(|n| (n, 1), |(s, c), n| (s + n, c + 1), |(s, c), (t, d)| (s + t, c + d));
    /// assert_eq!(means.collect(), [('a', (4, 2))]);
    /// ```
    pub fn combine_by_key<C, F, G, H>(&self, create: F, add: G, merge: H) -> Rdd<(K, C)>
    where
        C: Data,
        F: Fn(V) -> C + Send + Sync + 'static,
        G: Fn(C, V) -> C + Send + Sync + 'static,
        H: Fn(C, C) -> C + Send + Sync + 'static,
    {
        self.combine_by_key_with(create, add, merge, self.default_partitions())
    }

    /// [`combine_by_key`](Rdd::combine_by_key) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let words = ssc.parallelize(vec![('a', 1), ('b', 1), ('a', 1)]);
    ///     let counts = words.combine_by_key_with(|_| 1, |count, _| count + 1, |a, b| a + b, 1);
    ///     assert_eq!(counts.collect(), [('a', 2), ('b', 1)]);
    /// });
    /// ```
    pub fn combine_by_key_with<C, F, G, H>(
        &self,
        create: F,
        add: G,
        merge: H,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, C)>
    where
        C: Data,
        F: Fn(V) -> C + Send + Sync + 'static,
        G: Fn(C, V) -> C + Send + Sync + 'static,
        H: Fn(C, C) -> C + Send + Sync + 'static,
    {
        let (aggregator, lanes) = (CombineBy { create, add, merge }, vec![pieces(self)]);
        let partitions = partitions.into();
        shuffled(leaf(), lanes, aggregator, partitions, self.executor())
    }
}
