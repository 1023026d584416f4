//! `group_by_key`: the values of a key as a list.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::Pipeline;
use millrace_engine::shuffle::{Group, Values};

use super::super::{Computed, DStream, named};
use super::{ShuffleNode, Shuffling, default_partitioner, partitioner_of};

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Collects the values of every key of a batch, in arrival order (Spark: `groupByKey`).
    ///
    /// Partitions and order are those of [`reduce_by_key`](DStream::reduce_by_key). Memory: all
    /// values of a batch, integers, `bool` and `char` that repeat as one value and a number.
    /// A program that only wants to combine them is better served by
    /// [`combine_by_key`](DStream::combine_by_key), which keeps one value per key.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a1 b2 a3\n"], |lines| {
    ///     let pairs = lines.flat_map(|line| line.split(" ")).map(|word| {
    ///         (word[..1].to_owned(), word[1..].to_owned())
    ///     });
    ///     pairs.group_by_key()
    /// });
    /// let (key, values) = &batches[0][0];
    /// assert_eq!((key.as_str(), values.to_vec()), ("a", vec!["1".into(), "3".into()]));
    /// ```
    #[track_caller]
    pub fn group_by_key(&self) -> Computed<(K, Values<V>)> {
        let name = named("group_by_key", Location::caller());
        self.grouped(name, default_partitioner(&self.builder))
    }

    /// [`group_by_key`](DStream::group_by_key) with a number of partitions or a partitioner.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b c\n"], |lines| {
    ///     let pairs = lines.flat_map(|line| line.split(" ")).map(|word| (word, ()));
    ///     pairs.group_by_key_with(2).map(|(word, _)| word)
    /// });
    /// assert_eq!(batches, [["b", "c", "a"]]);
    /// ```
    #[track_caller]
    pub fn group_by_key_with(
        &self,
        partitions: impl Into<Partitions<K>>,
    ) -> Computed<(K, Values<V>)> {
        let name = named("group_by_key", Location::caller());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.grouped(name, partitioner)
    }

    fn grouped(
        &self,
        name: String,
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> Computed<(K, Values<V>)> {
        let shuffling = Shuffling::new(&self.pipeline, Group, &self.builder, &name);
        self.of_node(
            name,
            ShuffleNode {
                shuffling,
                partitioner,
            },
        )
    }
}
