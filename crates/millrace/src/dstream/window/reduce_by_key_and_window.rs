//! `reduce_by_key_and_window`: the values that a key has in a window become one.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::Pipeline;
use millrace_engine::shuffle::Reduce;
use millrace_engine::window::Reducing;
use millrace_types::Duration;

use super::super::pair::{default_partitioner, partitioner_of};
use super::super::{Computed, DStream, named};
use super::Kind;

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Combines the values of every key in the last `window` by `function`, oldest first, every
    /// `slide` (Spark: `reduceByKeyAndWindow` without an inverse); `None` slides as this stream
    /// does.
    ///
    /// `function` must be associative; it need not be commutative. Ordered by partition and by
    /// first arrival in the window. Durations are as in [`window`](DStream::window), partitions
    /// as in [`reduce_by_key`](DStream::reduce_by_key).
    ///
    /// Cost: every batch is reduced as it comes in, and kept as one value per key; a window calls
    /// `function` only for keys that entered or left, about three times for each batch of a key,
    /// whatever the length of the window. A function with an inverse keeps less:
    /// [`reduce_by_key_and_window_inverse`](DStream::reduce_by_key_and_window_inverse).
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a b\n", "a c\n", ""], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .map(|word| (word.to_string(), 1_i64))
    ///         .reduce_by_key_and_window(|a, b| a + b, Duration::seconds(2), None)
    ///         .map(|(word, count)| format!("{word}{count}"))
    /// });
    /// assert_eq!(batches, [vec!["a1", "b1"], vec!["a2", "b1", "c1"], vec!["a1", "c1"]]);
    /// ```
    #[track_caller]
    pub fn reduce_by_key_and_window<F>(
        &self,
        function: F,
        window: Duration,
        slide: impl Into<Option<Duration>>,
    ) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let name = named("reduce_by_key_and_window", Location::caller());
        let partitioner = default_partitioner(&self.builder);
        self.reduced_window(name, function, window, slide.into(), partitioner)
    }

    /// [`reduce_by_key_and_window`](DStream::reduce_by_key_and_window) with a number of
    /// partitions or a partitioner.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a b c\n"], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .map(|word| (word, 1_i64))
    ///         .reduce_by_key_and_window_with(|a, b| a + b, Duration::seconds(2), None, 2)
    /// });
    /// let words: Vec<_> = batches[0].iter().map(|(word, _)| word.as_str()).collect();
    /// assert_eq!(words, ["b", "c", "a"]);
    /// ```
    #[track_caller]
    pub fn reduce_by_key_and_window_with<F>(
        &self,
        function: F,
        window: Duration,
        slide: impl Into<Option<Duration>>,
        partitions: impl Into<Partitions<K>>,
    ) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let name = named("reduce_by_key_and_window", Location::caller());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.reduced_window(name, function, window, slide.into(), partitioner)
    }

    fn reduced_window<F>(
        &self,
        name: String,
        function: F,
        window: Duration,
        slide: Option<Duration>,
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let frame = self.frame(&name, Kind::Windowed, window, slide);
        let function = Arc::new(function);
        let merge = Arc::clone(&function);
        let how = (
            Reduce(move |a, b| function(a, b)),
            Reducing::new(move |a, b| merge(a, b), &frame),
        );
        self.keyed_window(name, &self.pipeline, frame, how, partitioner)
    }
}
