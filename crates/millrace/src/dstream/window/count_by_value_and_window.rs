//! `count_by_value_and_window`: how often each record occurs in a window.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::Key;
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::{Map, Pipeline};
use millrace_engine::shuffle::Reduce;
use millrace_engine::window::{Inverting, KeyFilter};
use millrace_types::Duration;

use super::super::pair::{default_partitioner, partitioner_of};
use super::super::{Computed, DStream, named};
use super::Kind;

impl<T: Key, P: Pipeline<Item = T>> DStream<T, P> {
    /// Counts how often each record occurs in the last `window`, every `slide` (Spark:
    /// `countByValueAndWindow`).
    ///
    /// Adding and subtracting as in
    /// [`reduce_by_key_and_window_inverse_filter`](DStream::reduce_by_key_and_window_inverse_filter),
    /// which decides order and cost; a record that the window has no more is gone, as in Scala.
    /// Durations are as in [`window`](DStream::window), partitions as in
    /// [`reduce_by_key`](DStream::reduce_by_key). Needs a checkpoint directory, as in Spark.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["b a b\n", "a\n", ""], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .count_by_value_and_window(Duration::seconds(2), Duration::seconds(1))
    ///         .map(|(word, count)| format!("{word}{count}"))
    /// });
    /// assert_eq!(batches, [vec!["b2", "a1"], vec!["b2", "a2"], vec!["a1"]]);
    /// ```
    #[track_caller]
    pub fn count_by_value_and_window(
        &self,
        window: Duration,
        slide: Duration,
    ) -> Computed<(P::Item, i64)> {
        let name = named("count_by_value_and_window", Location::caller());
        let partitioner = default_partitioner(&self.builder);
        self.counted_window(name, window, slide, partitioner)
    }

    /// [`count_by_value_and_window`](DStream::count_by_value_and_window) with a number of
    /// partitions or a partitioner.
    ///
    /// ```
    /// use millrace::Duration;
    /// let (window, slide) = (Duration::seconds(2), Duration::seconds(1));
    /// let batches = millrace::testing::run_batches(&["a b c\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" "));
    ///     words.count_by_value_and_window_with(window, slide, 2)
    /// });
    /// let words: Vec<_> = batches[0].iter().map(|(word, _)| word.as_str()).collect();
    /// assert_eq!(words, ["b", "c", "a"]);
    /// ```
    #[track_caller]
    pub fn count_by_value_and_window_with(
        &self,
        window: Duration,
        slide: Duration,
        partitions: impl Into<Partitions<P::Item>>,
    ) -> Computed<(P::Item, i64)> {
        let name = named("count_by_value_and_window", Location::caller());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.counted_window(name, window, slide, partitioner)
    }

    fn counted_window(
        &self,
        name: String,
        window: Duration,
        slide: Duration,
        partitioner: Arc<dyn Partitioner<P::Item>>,
    ) -> Computed<(P::Item, i64)> {
        let frame = self.frame(&name, Kind::Reduced, window, Some(slide));
        self.builder.keeps_state();
        let ones = Arc::new(Map {
            parent: Arc::clone(&self.pipeline),
            function: |record: P::Item| (record, 1_i64),
        });
        let add = |a: i64, b: i64| a + b;
        let filter: KeyFilter<P::Item, i64> = Arc::new(|_, count| *count != 0);
        let counting = Inverting {
            function: add,
            inverse: |a: i64, b: i64| a - b,
            filter: Some(filter),
        };
        self.keyed_window(name, &ones, frame, (Reduce(add), counting), partitioner)
    }
}
