//! `count_by_value`: how often each record occurs.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::Key;
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::{Map, Pipeline};
use millrace_engine::shuffle::Reduce;

use super::super::{Computed, DStream, named};
use super::{ShuffleNode, Shuffling, default_partitioner, partitioner_of};

impl<T: Key, P: Pipeline<Item = T>> DStream<T, P> {
    /// Counts how often each record occurs in a batch (Spark: `countByValue`).
    ///
    /// Partitions, order and cost are those of
    /// [`reduce_by_key`](DStream::reduce_by_key).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["b a b\n"], |lines| {
    ///     lines.flat_map(|line| line.split(" ")).count_by_value()
    /// });
    /// let counts: Vec<_> = batches[0].iter().map(|(word, count)| (word.as_str(), *count)).collect();
    /// assert_eq!(counts, [("b", 2), ("a", 1)]);
    /// ```
    #[track_caller]
    pub fn count_by_value(&self) -> Computed<(P::Item, i64)> {
        let name = named("count_by_value", Location::caller());
        self.counted(name, default_partitioner(&self.builder))
    }

    /// [`count_by_value`](DStream::count_by_value) with a number of partitions or a partitioner.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b a\n"], |lines| {
    ///     lines.flat_map(|line| line.split(" ")).count_by_value_with(2)
    /// });
    /// let counts: Vec<_> = batches[0].iter().map(|(word, count)| (word.as_str(), *count)).collect();
    /// assert_eq!(counts, [("b", 1), ("a", 2)]);
    /// ```
    #[track_caller]
    pub fn count_by_value_with(
        &self,
        partitions: impl Into<Partitions<P::Item>>,
    ) -> Computed<(P::Item, i64)> {
        let name = named("count_by_value", Location::caller());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.counted(name, partitioner)
    }

    fn counted(
        &self,
        name: String,
        partitioner: Arc<dyn Partitioner<P::Item>>,
    ) -> Computed<(P::Item, i64)> {
        let ones = Arc::new(Map {
            parent: Arc::clone(&self.pipeline),
            function: |record: P::Item| (record, 1_i64),
        });
        let sum = Reduce(|a: i64, b: i64| a + b);
        let shuffling = Shuffling::new(&ones, sum, &self.builder, &name);
        self.of_node(
            name,
            ShuffleNode {
                shuffling,
                partitioner,
            },
        )
    }
}
