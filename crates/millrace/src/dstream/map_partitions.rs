//! `map_partitions`: functions of whole partitions.

use std::panic::Location;
use std::sync::Arc;
use std::vec::IntoIter;

use millrace_engine::pipeline::Pipeline;

use super::{Computed, DStream, named};

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Makes every partition what `function` makes of its records (Spark: `mapPartitions`).
    ///
    /// A receiver's input of a batch is one partition, and none if it brought nothing:
    /// `function` is not called for it then. Partitions are worked on side by side, each as a
    /// whole; what feeds them is held until the tick. `function` is called again whenever the
    /// result is read again ([`cache`](DStream::cache) keeps it).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a\nb\nc\n"], |lines| {
    ///     lines.map_partitions(|lines| [lines.len()])
    /// });
    /// assert_eq!(batches, [[3]]);
    /// ```
    #[track_caller]
    pub fn map_partitions<I, F>(&self, function: F) -> Computed<I::Item>
    where
        I: IntoIterator<Item: Send + 'static>,
        F: Fn(IntoIter<P::Item>) -> I + Send + Sync + 'static,
    {
        let name = named("map_partitions", Location::caller());
        self.map_partitions_as(name, move |_, records| function(records))
    }

    /// [`map_partitions`](DStream::map_partitions) with the number of the partition, from zero
    /// (Spark: `mapPartitionsWithIndex`).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b c\n"], |lines| {
    ///     let ones = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     let counts = ones.reduce_by_key_with(|a, b| a + b, 2);
    ///     counts.map_partitions_with_index(|index, words| [(index, words.len())])
    /// });
    /// assert_eq!(batches, [[(0, 2), (1, 1)]]);
    /// ```
    #[track_caller]
    pub fn map_partitions_with_index<I, F>(&self, function: F) -> Computed<I::Item>
    where
        I: IntoIterator<Item: Send + 'static>,
        F: Fn(usize, IntoIter<P::Item>) -> I + Send + Sync + 'static,
    {
        let name = named("map_partitions_with_index", Location::caller());
        self.map_partitions_as(name, function)
    }

    fn map_partitions_as<I, F>(&self, name: String, function: F) -> Computed<I::Item>
    where
        I: IntoIterator<Item: Send + 'static>,
        F: Fn(usize, IntoIter<P::Item>) -> I + Send + Sync + 'static,
    {
        let function = Arc::new(function);
        self.transformed(name, move |rdd, _| {
            let function = Arc::clone(&function);
            rdd.map_partitions_with_index(move |index, records| function(index, records))
        })
    }
}
