//! The joins that keep what has no partner: `left_outer_join`, `right_outer_join` and
//! `full_outer_join`.

use std::panic::Location;

use millrace_engine::data::{Data, Key};
use millrace_engine::keyed::JoinSide;
use millrace_engine::partition::Partitions;
use millrace_engine::pipeline::Pipeline;

use super::super::{DStream, named};
use super::join::JoinStream;
use super::{default_partitioner, partitioner_of};

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// [`join`](DStream::join), with the values here whose key `other` has not (Spark:
    /// `leftOuterJoin`): `(key, (value here, value there if there is one))`.
    ///
    /// Partitions, order, cost and rules are those of [`join`](DStream::join).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     words.left_outer_join(&words.filter(|(word, _)| word == "b"))
    /// });
    /// assert_eq!(batches, [[("a".into(), (1, None)), ("b".into(), (1, Some(1)))]]);
    /// ```
    #[track_caller]
    pub fn left_outer_join<W, Q>(&self, other: &DStream<(K, W), Q>) -> JoinStream<K, V, Option<W>>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let name = named("left_outer_join", Location::caller());
        let sides = (JoinSide::required(), JoinSide::optional());
        self.joined(name, other, sides, default_partitioner(&self.builder))
    }

    /// [`left_outer_join`](DStream::left_outer_join) with a number of partitions or a partitioner.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     words.left_outer_join_with(&words.filter(|(word, _)| word == "b"), 2).map(|(word, _)| word)
    /// });
    /// assert_eq!(batches, [["b", "a"]]);
    /// ```
    #[track_caller]
    pub fn left_outer_join_with<W, Q>(
        &self,
        other: &DStream<(K, W), Q>,
        partitions: impl Into<Partitions<K>>,
    ) -> JoinStream<K, V, Option<W>>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let name = named("left_outer_join", Location::caller());
        let sides = (JoinSide::required(), JoinSide::optional());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.joined(name, other, sides, partitioner)
    }

    /// [`join`](DStream::join), with the values of `other` whose key is not here (Spark:
    /// `rightOuterJoin`): `(key, (value here if there is one, value there))`.
    ///
    /// Partitions, order, cost and rules are those of [`join`](DStream::join).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     words.filter(|(word, _)| word == "b").right_outer_join(&words)
    /// });
    /// assert_eq!(batches, [[("b".into(), (Some(1), 1)), ("a".into(), (None, 1))]]);
    /// ```
    #[track_caller]
    pub fn right_outer_join<W, Q>(&self, other: &DStream<(K, W), Q>) -> JoinStream<K, Option<V>, W>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let name = named("right_outer_join", Location::caller());
        let sides = (JoinSide::optional(), JoinSide::required());
        self.joined(name, other, sides, default_partitioner(&self.builder))
    }

    /// [`right_outer_join`](DStream::right_outer_join) with a number of partitions or a partitioner.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     words.filter(|(word, _)| word == "b").right_outer_join_with(&words, 2).map(|(word, _)| word)
    /// });
    /// assert_eq!(batches, [["b", "a"]]);
    /// ```
    #[track_caller]
    pub fn right_outer_join_with<W, Q>(
        &self,
        other: &DStream<(K, W), Q>,
        partitions: impl Into<Partitions<K>>,
    ) -> JoinStream<K, Option<V>, W>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let name = named("right_outer_join", Location::caller());
        let sides = (JoinSide::optional(), JoinSide::required());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.joined(name, other, sides, partitioner)
    }

    /// [`join`](DStream::join), with the values of both sides that have no partner (Spark:
    /// `fullOuterJoin`): `(key, (value here if there is one, value there if there is one))`.
    ///
    /// Partitions, order, cost and rules are those of [`join`](DStream::join).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     let only = |wanted| words.filter(move |(word, _)| word == wanted);
    ///     only("a").full_outer_join(&only("b"))
    /// });
    /// assert_eq!(batches, [[("a".into(), (Some(1), None)), ("b".into(), (None, Some(1)))]]);
    /// ```
    #[track_caller]
    pub fn full_outer_join<W, Q>(
        &self,
        other: &DStream<(K, W), Q>,
    ) -> JoinStream<K, Option<V>, Option<W>>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let name = named("full_outer_join", Location::caller());
        let sides = (JoinSide::optional(), JoinSide::optional());
        self.joined(name, other, sides, default_partitioner(&self.builder))
    }

    /// [`full_outer_join`](DStream::full_outer_join) with a number of partitions or a partitioner.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     words.full_outer_join_with(&words.filter(|(word, _)| word == "b"), 2).map(|(word, _)| word)
    /// });
    /// assert_eq!(batches, [["b", "a"]]);
    /// ```
    #[track_caller]
    pub fn full_outer_join_with<W, Q>(
        &self,
        other: &DStream<(K, W), Q>,
        partitions: impl Into<Partitions<K>>,
    ) -> JoinStream<K, Option<V>, Option<W>>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let name = named("full_outer_join", Location::caller());
        let sides = (JoinSide::optional(), JoinSide::optional());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.joined(name, other, sides, partitioner)
    }
}
