//! `cogroup` of two [`Rdd`]s.

use std::sync::Arc;

use crate::data::{Data, Key};
use crate::partition::Partitions;
use crate::pipeline::{Map, Union};
use crate::rdd::Rdd;
use crate::shuffle::{CoGroup, Side, Values};

use super::{leaf, pieces, shuffled};

/// A key with its values of both sides.
pub type CoGrouped<K, V, W> = (K, (Values<V>, Values<W>));

impl<K: Key, V: Data> Rdd<(K, V)> {
    /// Of every key that occurs on either side its values on both (Spark: `cogroup`), ordered by
    /// partition and by first arrival, the left side's first.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let left = parallelize(vec![('a', 1)], 1);
    /// let right = left.map(|(key, n)| (key, n + 1)).union(&left);
    /// let both = left.cogroup(&right).collect();
    /// assert_eq!(both[0].1.0.to_vec(), [1]);
    /// assert_eq!(both[0].1.1.to_vec(), [2, 1]);
    /// ```
    pub fn cogroup<W: Data>(&self, other: &Rdd<(K, W)>) -> Rdd<CoGrouped<K, V, W>> {
        self.cogroup_with(other, self.default_partitions_with(other))
    }

    /// [`cogroup`](Rdd::cogroup) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let left = ssc.parallelize(vec![(1, 'a'), (2, 'b')]);
    ///     let right = ssc.parallelize(vec![(2, 'c'), (3, 'd')]);
    ///     let keys = left.cogroup_with(&right, 1).keys();
    ///     assert_eq!(keys.collect(), [1, 2, 3]);
    /// });
    /// ```
    pub fn cogroup_with<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<CoGrouped<K, V, W>> {
        let left = Map {
            parent: leaf::<(K, V)>(),
            function: |(key, value)| (key, Side::Left(value)),
        };
        let right = Map {
            parent: leaf::<(K, W)>(),
            function: |(key, value)| (key, Side::Right(value)),
        };
        let both = Arc::new(Union::new(Arc::new(left), Arc::new(right)));
        let lanes = vec![pieces(self), pieces(other)];
        shuffled(both, lanes, CoGroup, partitions.into(), self.executor())
    }
}
