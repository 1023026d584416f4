//! `aggregate_by_key` of an [`Rdd`].

use crate::data::{Data, Key};
use crate::partition::Partitions;
use crate::rdd::Rdd;

impl<K: Key, V: Data> Rdd<(K, V)> {
    /// Folds the values of every key by `add`, beginning with `zero`, and joins what tasks have made
    /// side by side by `merge` (Spark: `aggregateByKey`).
    ///
    /// `zero` counts once for each task that a key is seen by, so it should change nothing.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let sums = parallelize(vec![('a', 1), ('b', 5), ('a', 3)], 1)
    ///     .aggregate_by_key((0, 0), |(s, c), n| (s + n, c + 1), |(s, c), (t, d)| (s + t, c + d));
    /// assert_eq!(sums.collect(), [('a', (4, 2)), ('b', (5, 1))]);
    /// ```
    pub fn aggregate_by_key<C, F, G>(&self, zero: C, add: F, merge: G) -> Rdd<(K, C)>
    where
        C: Data,
        F: Fn(C, V) -> C + Clone + Send + Sync + 'static,
        G: Fn(C, C) -> C + Send + Sync + 'static,
    {
        self.aggregate_by_key_with(zero, add, merge, self.default_partitions())
    }

    /// [`aggregate_by_key`](Rdd::aggregate_by_key) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let counts = parallelize(vec![('a', 'x'), ('b', 'y'), ('a', 'z')], 2)
    ///     .aggregate_by_key_with(0, |count, _| count + 1, |a, b| a + b, 1);
    /// assert_eq!((counts.partitions(), counts.collect()), (1, vec![('a', 2), ('b', 1)]));
    /// ```
    pub fn aggregate_by_key_with<C, F, G>(
        &self,
        zero: C,
        add: F,
        merge: G,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, C)>
    where
        C: Data,
        F: Fn(C, V) -> C + Clone + Send + Sync + 'static,
        G: Fn(C, C) -> C + Send + Sync + 'static,
    {
        let first = add.clone();
        let create = move |value| first(zero.clone(), value);
        self.combine_by_key_with(create, add, merge, partitions)
    }
}
