//! The four joins of [`Rdd`]s, and the rule that they share with the stream's.

#![expect(
    clippy::type_complexity,
    reason = "what a join gives is said where it is given"
)]

use std::sync::Arc;

use crate::data::{Data, Key};
use crate::partition::Partitions;
use crate::rdd::{Rdd, RddSource};
use crate::shuffle::Values;

use super::CoGrouped;

/// One side of a join: how a pair has its values, and what a pair has for a key without any.
#[derive(Debug)]
pub struct JoinSide<V, A> {
    value: fn(V) -> A,
    /// Nothing: such a key is in no pair.
    missing: Option<fn() -> A>,
}

impl<V> JoinSide<V, V> {
    /// A side that a key must be on.
    #[must_use]
    pub fn required() -> JoinSide<V, V> {
        JoinSide {
            value: |value| value,
            missing: None,
        }
    }
}

impl<V> JoinSide<V, Option<V>> {
    /// A side that a key may lack.
    #[must_use]
    pub fn optional() -> JoinSide<V, Option<V>> {
        JoinSide {
            value: Some,
            missing: Some(|| None),
        }
    }
}

impl<V, A> Clone for JoinSide<V, A> {
    fn clone(&self) -> JoinSide<V, A> {
        *self
    }
}

impl<V, A> Copy for JoinSide<V, A> {}

impl<V: Clone, A> JoinSide<V, A> {
    /// Gives the values of a key's pairs on this side, in order.
    fn each(&self, values: &Values<V>, mut sink: impl FnMut(A)) {
        match self.missing {
            Some(missing) if values.is_empty() => sink(missing()),
            _ => values.iter().for_each(|v| sink((self.value)(v.clone()))),
        }
    }
}

/// The pairs of every key, made when they are read: every value of the left side with every one
/// of the right side, left-major.
pub fn joined<K, V, W, A, B>(
    groups: Rdd<CoGrouped<K, V, W>>,
    left: JoinSide<V, A>,
    right: JoinSide<W, B>,
) -> Rdd<(K, (A, B))>
where
    K: Key,
    V: Data,
    W: Data,
    A: Send + 'static,
    B: Send + 'static,
{
    let executor = groups.executor().clone();
    let source = Joined {
        groups,
        left,
        right,
    };
    Rdd::new(source, executor)
}

struct Joined<K, V, W, A, B> {
    groups: Rdd<CoGrouped<K, V, W>>,
    left: JoinSide<V, A>,
    right: JoinSide<W, B>,
}

impl<K: Key, V: Data, W: Data, A, B> Joined<K, V, W, A, B> {
    fn pairs(&self, (key, (left, right)): CoGrouped<K, V, W>, mut sink: impl FnMut((K, (A, B)))) {
        // The left value is made anew for each of its pairs: the right side is what repeats.
        let mut row = |one: &dyn Fn() -> A| {
            self.right
                .each(&right, |other| sink((key.clone(), (one(), other))));
        };
        match self.left.missing {
            Some(missing) if left.is_empty() => row(&missing),
            _ => left
                .iter()
                .for_each(|value| row(&|| (self.left.value)(value.clone()))),
        }
    }
}

impl<K, V, W, A, B> RddSource<(K, (A, B))> for Joined<K, V, W, A, B>
where
    K: Key,
    V: Data,
    W: Data,
    A: Send + 'static,
    B: Send + 'static,
{
    fn partitions(&self) -> usize {
        self.groups.partitions()
    }

    fn pieces(&self, partition: usize) -> usize {
        self.groups.source().pieces(partition)
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut((K, (A, B)))) {
        self.groups
            .visit(partition, piece, &mut |group| self.pairs(group, &mut *each));
    }

    fn prepare(&self) {
        self.groups.source().prepare();
    }

    fn keep(&self) {
        self.groups.source().keep();
    }

    fn is_detached(&self) -> bool {
        self.groups.source().is_detached()
    }

    /// Asks for as many keys as it needs and not for their order: some have no pair, so it may
    /// have to ask for more.
    fn take(&self, count: usize) -> Vec<(K, (A, B))> {
        let mut keys = count;
        loop {
            let groups = self.groups.read_first(keys);
            let all = groups.len() < keys;
            let mut taken = Vec::new();
            for group in groups {
                if taken.len() >= count {
                    break;
                }
                self.pairs(group, |pair| {
                    if taken.len() < count {
                        taken.push(pair);
                    }
                });
            }
            if all || taken.len() >= count {
                return taken;
            }
            keys = keys.saturating_mul(8);
        }
    }

    fn takes_few(&self) -> bool {
        self.groups.source().takes_few()
    }

    fn unordered(self: Arc<Self>) -> Option<Arc<dyn RddSource<(K, (A, B))>>> {
        Some(Arc::new(Joined {
            groups: self.groups.unordered()?,
            left: self.left,
            right: self.right,
        }))
    }
}

impl<K: Key, V: Data> Rdd<(K, V)> {
    /// Every value of a key with every value that `other` has for it (Spark: `join`).
    ///
    /// Ordered by partition and by first arrival of the key, the left side's first; per key
    /// left-major.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let names = parallelize(vec![(1, 'i'), (2, 'v')], 1);
    /// let joined = names.join(&names.filter(|(n, _)| *n == 2)).collect();
    /// assert_eq!(joined, [(2, ('v', 'v'))]);
    /// ```
    pub fn join<W: Data>(&self, other: &Rdd<(K, W)>) -> Rdd<(K, (V, W))> {
        self.join_with(other, self.default_partitions_with(other))
    }

    /// [`join`](Rdd::join) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let left = ssc.parallelize(vec![(1, 'a'), (2, 'b')]);
    ///     let right = ssc.parallelize(vec![(2, 'c'), (3, 'd')]);
    ///     let joined = left.join_with(&right, 3);
    ///     assert_eq!((joined.partitions(), joined.collect()), (3, vec![(2, ('b', 'c'))]));
    /// });
    /// ```
    pub fn join_with<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, (V, W))> {
        let (left, right) = (JoinSide::required(), JoinSide::required());
        joined(self.cogroup_with(other, partitions), left, right)
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
    pub fn left_outer_join<W: Data>(&self, other: &Rdd<(K, W)>) -> Rdd<(K, (V, Option<W>))> {
        self.left_outer_join_with(other, self.default_partitions_with(other))
    }

    /// [`left_outer_join`](Rdd::left_outer_join) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let left = ssc.parallelize(vec![(1, 'a'), (2, 'b')]);
    ///     let right = ssc.parallelize(vec![(2, 'c'), (3, 'd')]);
    ///     let joined = left.left_outer_join_with(&right, 1);
    ///     assert_eq!(joined.collect(), [(1, ('a', None)), (2, ('b', Some('c')))]);
    /// });
    /// ```
    pub fn left_outer_join_with<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, (V, Option<W>))> {
        let (left, right) = (JoinSide::required(), JoinSide::optional());
        joined(self.cogroup_with(other, partitions), left, right)
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
    pub fn right_outer_join<W: Data>(&self, other: &Rdd<(K, W)>) -> Rdd<(K, (Option<V>, W))> {
        self.right_outer_join_with(other, self.default_partitions_with(other))
    }

    /// [`right_outer_join`](Rdd::right_outer_join) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let left = ssc.parallelize(vec![(1, 'a'), (2, 'b')]);
    ///     let right = ssc.parallelize(vec![(2, 'c'), (3, 'd')]);
    ///     let joined = left.right_outer_join_with(&right, 1);
    ///     assert_eq!(joined.collect(), [(2, (Some('b'), 'c')), (3, (None, 'd'))]);
    /// });
    /// ```
    pub fn right_outer_join_with<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, (Option<V>, W))> {
        let (left, right) = (JoinSide::optional(), JoinSide::required());
        joined(self.cogroup_with(other, partitions), left, right)
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
    pub fn full_outer_join<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
    ) -> Rdd<(K, (Option<V>, Option<W>))> {
        self.full_outer_join_with(other, self.default_partitions_with(other))
    }

    /// [`full_outer_join`](Rdd::full_outer_join) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let left = ssc.parallelize(vec![(1, 'a'), (2, 'b')]);
    ///     let right = ssc.parallelize(vec![(2, 'c'), (3, 'd')]);
    ///     let joined = left.full_outer_join_with(&right, 1);
    ///     assert_eq!(joined.count(), 3);
    ///     assert_eq!(joined.partitions(), 1);
    /// });
    /// ```
    pub fn full_outer_join_with<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, (Option<V>, Option<W>))> {
        let (left, right) = (JoinSide::optional(), JoinSide::optional());
        joined(self.cogroup_with(other, partitions), left, right)
    }
}
