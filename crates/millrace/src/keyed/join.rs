//! The four joins of [`Rdd`]s, and the rule they share with the stream's.

use crate::data::{Data, Key};
use crate::partition::Partitions;
use crate::rdd::Rdd;
use crate::shuffle::Values;

use super::default_partitions;

/// Every left value with every right value, left-major; a side without values stands as one
/// `None` where `keep` says that the other side's values are kept all the same.
pub(crate) fn product<V: Data, W: Data>(
    (left, right): (Values<V>, Values<W>),
    keep: Keep,
) -> Vec<(Option<V>, Option<W>)> {
    let side = |is_empty: bool, kept: bool| is_empty && kept;
    let lefts: Vec<Option<V>> = match side(left.is_empty(), keep.right) {
        true => vec![None],
        false => left.iter().cloned().map(Some).collect(),
    };
    let rights: Vec<Option<W>> = match side(right.is_empty(), keep.left) {
        true => vec![None],
        false => right.iter().cloned().map(Some).collect(),
    };
    let mut pairs = Vec::with_capacity(lefts.len() * rights.len());
    for left in lefts {
        pairs.extend(rights.iter().map(|right| (left.clone(), right.clone())));
    }
    pairs
}

/// Which side's values are kept when the other has none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep {
    pub(crate) left: bool,
    pub(crate) right: bool,
}

pub(crate) const INNER: Keep = Keep {
    left: false,
    right: false,
};
pub(crate) const LEFT: Keep = Keep {
    left: true,
    right: false,
};
pub(crate) const RIGHT: Keep = Keep {
    left: false,
    right: true,
};
pub(crate) const FULL: Keep = Keep {
    left: true,
    right: true,
};

/// A value that an inner side has in every pair.
pub(crate) fn there<T>(side: Option<T>) -> T {
    side.expect("a side that is not kept open has a value in every pair")
}

impl<K: Key, V: Data> Rdd<(K, V)> {
    fn joined<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        keep: Keep,
        partitions: Partitions<K>,
    ) -> Rdd<(K, (Option<V>, Option<W>))> {
        self.cogroup_with(other, partitions)
            .flat_map(move |(key, sides)| {
                let pairs = product(sides, keep).into_iter();
                pairs.map(move |pair| (key.clone(), pair))
            })
    }

    /// Every value of a key with every value that `other` has for it (Spark: `join`).
    ///
    /// Ordered by partition and by first arrival of the key, the left side's first; per key
    /// left-major.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let names = parallelize(vec![(1, "one"), (2, "two")], 1);
    /// let joined = names.join(&names.filter(|(n, _)| *n == 2)).collect();
    /// assert_eq!(joined, [(2, ("two", "two"))]);
    /// ```
    #[must_use]
    pub fn join<W: Data>(&self, other: &Rdd<(K, W)>) -> Rdd<(K, (V, W))> {
        self.join_with(other, default_partitions(self.executor()))
    }

    /// [`join`](Rdd::join) with a number of partitions or a partitioner.
    ///
    /// # Panics
    /// If there are no partitions; the batch fails.
    #[must_use]
    pub fn join_with<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, (V, W))> {
        self.joined(other, INNER, partitions.into())
            .map(|(key, (v, w))| (key, (there(v), there(w))))
    }

    /// [`join`](Rdd::join), and the values whose key `other` has not (Spark: `leftOuterJoin`).
    ///
    /// Ordered by partition and by first arrival of the key, the left side's first; per key
    /// left-major.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let left = parallelize(vec![(1, 'a')], 1);
    /// let joined = left.left_outer_join(&left.filter(|_| false)).collect();
    /// assert_eq!(joined, [(1, ('a', None))]);
    /// ```
    #[must_use]
    pub fn left_outer_join<W: Data>(&self, other: &Rdd<(K, W)>) -> Rdd<(K, (V, Option<W>))> {
        self.left_outer_join_with(other, default_partitions(self.executor()))
    }

    /// [`left_outer_join`](Rdd::left_outer_join) with a number of partitions or a partitioner.
    ///
    /// # Panics
    /// If there are no partitions; the batch fails.
    #[must_use]
    pub fn left_outer_join_with<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, (V, Option<W>))> {
        self.joined(other, LEFT, partitions.into())
            .map(|(key, (v, w))| (key, (there(v), w)))
    }

    /// [`join`](Rdd::join), and the values of `other` whose key this side has not (Spark:
    /// `rightOuterJoin`).
    ///
    /// Ordered by partition and by first arrival of the key, the left side's first; per key
    /// left-major.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let right = parallelize(vec![(1, 'a')], 1);
    /// let joined = right.filter(|_| false).right_outer_join(&right).collect();
    /// assert_eq!(joined, [(1, (None, 'a'))]);
    /// ```
    #[must_use]
    pub fn right_outer_join<W: Data>(&self, other: &Rdd<(K, W)>) -> Rdd<(K, (Option<V>, W))> {
        self.right_outer_join_with(other, default_partitions(self.executor()))
    }

    /// [`right_outer_join`](Rdd::right_outer_join) with a number of partitions or a partitioner.
    ///
    /// # Panics
    /// If there are no partitions; the batch fails.
    #[must_use]
    pub fn right_outer_join_with<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, (Option<V>, W))> {
        self.joined(other, RIGHT, partitions.into())
            .map(|(key, (v, w))| (key, (v, there(w))))
    }

    /// [`join`](Rdd::join), and the values of both sides that have no partner (Spark:
    /// `fullOuterJoin`).
    ///
    /// Ordered by partition and by first arrival of the key, the left side's first; per key
    /// left-major.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let all = parallelize(vec![(1, 'a'), (2, 'b')], 1);
    /// let joined = all.filter(|(n, _)| *n == 1).full_outer_join(&all.filter(|(n, _)| *n == 2));
    /// assert_eq!(joined.collect(), [(1, (Some('a'), None)), (2, (None, Some('b')))]);
    /// ```
    #[must_use]
    pub fn full_outer_join<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
    ) -> Rdd<(K, (Option<V>, Option<W>))> {
        self.full_outer_join_with(other, default_partitions(self.executor()))
    }

    /// [`full_outer_join`](Rdd::full_outer_join) with a number of partitions or a partitioner.
    ///
    /// # Panics
    /// If there are no partitions; the batch fails.
    #[must_use]
    pub fn full_outer_join_with<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, (Option<V>, Option<W>))> {
        self.joined(other, FULL, partitions.into())
    }
}
