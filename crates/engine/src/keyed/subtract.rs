//! `subtract` and `subtract_by_key` of an [`Rdd`].

use crate::data::{Data, Key};
use crate::partition::Partitions;
use crate::rdd::Rdd;

impl<K: Key, V: Data> Rdd<(K, V)> {
    /// The pairs whose key does not occur in `other` (Spark: `subtractByKey`), ordered by partition
    /// and by first arrival of the key (PySpark).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let pairs = ssc.parallelize(vec![('a', 1), ('b', 4), ('a', 2)]);
    ///     let rest = pairs.subtract_by_key(&ssc.parallelize(vec![('b', 'x')]));
    ///     assert_eq!(rest.collect(), [('a', 1), ('a', 2)]);
    /// });
    /// ```
    pub fn subtract_by_key<W: Data>(&self, other: &Rdd<(K, W)>) -> Rdd<(K, V)> {
        self.subtract_by_key_with(other, self.default_partitions_with(other))
    }

    /// [`subtract_by_key`](Rdd::subtract_by_key) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let pairs = parallelize(vec![(1, 'a'), (2, 'b')], 2);
    /// let rest = pairs.subtract_by_key_with(&pairs.filter(|(n, _)| *n == 1), 1);
    /// assert_eq!((rest.partitions(), rest.collect()), (1, vec![(2, 'b')]));
    /// ```
    pub fn subtract_by_key_with<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, V)> {
        let groups = self.cogroup_with(other, partitions);
        groups.flat_map(|(key, (own, others))| {
            let kept = if others.is_empty() {
                own.to_vec()
            } else {
                Vec::new()
            };
            kept.into_iter().map(move |value| (key.clone(), value))
        })
    }
}

impl<T: Key> Rdd<T> {
    /// The records that do not occur in `other`, as often as they are here (Spark: `subtract`),
    /// ordered by partition and by first arrival, equal ones together (PySpark).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let letters = parallelize(vec!['a', 'b', 'a', 'c'], 1);
    /// let rest = letters.subtract(&letters.filter(|letter| *letter == 'b'));
    /// assert_eq!(rest.collect(), ['a', 'a', 'c']);
    /// ```
    pub fn subtract(&self, other: &Rdd<T>) -> Rdd<T> {
        let keyed = |rdd: &Rdd<T>| rdd.map(|record| (record, ()));
        keyed(self).subtract_by_key(&keyed(other)).keys()
    }

    /// [`subtract`](Rdd::subtract) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let numbers = parallelize(vec![1, 2, 3], 2);
    /// let rest = numbers.subtract_with(&numbers.filter(|n| *n > 2), 1);
    /// assert_eq!((rest.partitions(), rest.collect()), (1, vec![1, 2]));
    /// ```
    pub fn subtract_with(&self, other: &Rdd<T>, partitions: impl Into<Partitions<T>>) -> Rdd<T> {
        let keyed = |rdd: &Rdd<T>| rdd.map(|record| (record, ()));
        let rest = keyed(self).subtract_by_key_with(&keyed(other), partitions);
        rest.keys()
    }
}
