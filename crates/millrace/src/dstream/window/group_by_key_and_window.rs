//! `group_by_key_and_window`: all values that a key has in a window.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::Pipeline;
use millrace_engine::shuffle::{Group, Values};
use millrace_engine::window::Grouping;
use millrace_types::Duration;

use super::super::pair::{default_partitioner, partitioner_of};
use super::super::{Computed, DStream, named};
use super::Kind;

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// The values of every key in the last `window`, oldest first, every `slide` (Spark:
    /// `groupByKeyAndWindow`); `None` slides as this stream does.
    ///
    /// Ordered by partition and by first arrival in the window; a key without values is not
    /// there, as in Scala. Durations are as in [`window`](DStream::window), partitions as in
    /// [`reduce_by_key`](DStream::reduce_by_key).
    ///
    /// Cost: every batch is grouped as it comes in; a window costs one step for every key of a
    /// batch that entered or left. Lists are put together when they are read.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a1\nb1\n", "a2\n", ""], |lines| {
    ///     lines
    ///         .map(|line| (line[..1].to_string(), line[1..].to_string()))
    ///         .group_by_key_and_window(Duration::seconds(2), None)
    ///         .map(|(key, values)| format!("{key}:{}", values.to_vec().join(",")))
    /// });
    /// assert_eq!(batches, [vec!["a:1", "b:1"], vec!["a:1,2", "b:1"], vec!["a:2"]]);
    /// ```
    #[track_caller]
    pub fn group_by_key_and_window(
        &self,
        window: Duration,
        slide: impl Into<Option<Duration>>,
    ) -> Computed<(K, Values<V>)> {
        let name = named("group_by_key_and_window", Location::caller());
        let partitioner = default_partitioner(&self.builder);
        self.grouped_window(name, window, slide.into(), partitioner)
    }

    /// [`group_by_key_and_window`](DStream::group_by_key_and_window) with a number of partitions
    /// or a partitioner.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a b c\n"], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .map(|word| (word, 1_i64))
    ///         .group_by_key_and_window_with(Duration::seconds(2), None, 2)
    /// });
    /// let words: Vec<_> = batches[0].iter().map(|(word, _)| word.as_str()).collect();
    /// assert_eq!(words, ["b", "c", "a"]);
    /// ```
    #[track_caller]
    pub fn group_by_key_and_window_with(
        &self,
        window: Duration,
        slide: impl Into<Option<Duration>>,
        partitions: impl Into<Partitions<K>>,
    ) -> Computed<(K, Values<V>)> {
        let name = named("group_by_key_and_window", Location::caller());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.grouped_window(name, window, slide.into(), partitioner)
    }

    fn grouped_window(
        &self,
        name: String,
        window: Duration,
        slide: Option<Duration>,
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> Computed<(K, Values<V>)> {
        let frame = self.frame(&name, Kind::Windowed, window, slide);
        let how = (Group, Grouping::new());
        self.keyed_window(name, &self.pipeline, frame, how, partitioner)
    }
}
