//! `reduce_by_key_and_window_inverse`: one value per key, from which departing batches are subtracted.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::Pipeline;
use millrace_engine::shuffle::Reduce;
use millrace_engine::window::{Inverting, KeyFilter};
use millrace_types::Duration;

use super::super::pair::{default_partitioner, partitioner_of};
use super::super::{Computed, DStream, named};
use super::Kind;

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// [`reduce_by_key_and_window`](DStream::reduce_by_key_and_window) of a function with an
    /// inverse (Spark: `reduceByKeyAndWindow` with `invFunc`): `inverse(function(a, b), a)` must
    /// be `b`.
    ///
    /// A key's value is made of the one in the window before: by `inverse`, with what left, then
    /// by `function`, with what entered. A key never goes (Spark 3.5): with adding and
    /// subtracting, one that has left altogether stays with 0, unless
    /// [a filter](DStream::reduce_by_key_and_window_inverse_filter) removes it. Ordered by
    /// partition and by the arrival that brought the key. Needs a checkpoint directory, as in
    /// Spark.
    ///
    /// Cost: every batch is reduced as it comes in, and kept as one value per key; a window calls
    /// `inverse` and `function` once at most for a key, and for no key that neither entered nor
    /// left.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a b\n", "a c\n", ""], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .map(|word| (word.to_string(), 1_i64))
    ///         .reduce_by_key_and_window_inverse(
    ///             |a, b| a + b,
    ///             |a, b| a - b,
    ///             Duration::seconds(2),
    ///             None,
    ///         )
    ///         .map(|(word, count)| format!("{word}{count}"))
    /// });
    /// assert_eq!(batches, [vec!["a1", "b1"], vec!["a2", "b1", "c1"], vec!["a1", "b0", "c1"]]);
    /// ```
    #[track_caller]
    pub fn reduce_by_key_and_window_inverse<F, G>(
        &self,
        function: F,
        inverse: G,
        window: Duration,
        slide: impl Into<Option<Duration>>,
    ) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
        G: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let name = named("reduce_by_key_and_window", Location::caller());
        let partitioner = default_partitioner(&self.builder);
        self.inverted_window(
            name,
            (function, inverse),
            None,
            (window, slide.into()),
            partitioner,
        )
    }

    /// [`reduce_by_key_and_window_inverse`](DStream::reduce_by_key_and_window_inverse) with a
    /// number of partitions or a partitioner.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a b c\n"], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .map(|word| (word, 1_i64))
    ///         .reduce_by_key_and_window_inverse_with(
    ///             |a, b| a + b,
    ///             |a, b| a - b,
    ///             Duration::seconds(2),
    ///             None,
    ///             2,
    ///         )
    /// });
    /// let words: Vec<_> = batches[0].iter().map(|(word, _)| word.as_str()).collect();
    /// assert_eq!(words, ["b", "c", "a"]);
    /// ```
    #[track_caller]
    pub fn reduce_by_key_and_window_inverse_with<F, G>(
        &self,
        function: F,
        inverse: G,
        window: Duration,
        slide: impl Into<Option<Duration>>,
        partitions: impl Into<Partitions<K>>,
    ) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
        G: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let name = named("reduce_by_key_and_window", Location::caller());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.inverted_window(
            name,
            (function, inverse),
            None,
            (window, slide.into()),
            partitioner,
        )
    }

    /// [`reduce_by_key_and_window_inverse`](DStream::reduce_by_key_and_window_inverse) without
    /// the keys for which `filter` is false (Spark: `filterFunc`).
    ///
    /// `filter` is asked when a key's value has changed, so it must depend on key and value
    /// alone. A key that it refused is gone; one that returns comes last. If it refuses a key of
    /// which the window still has values, and these leave when nothing new enters, there is no
    /// value to take them from: the batch fails, in Spark's words for it.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a b\n", "a c\n", ""], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .map(|word| (word.to_string(), 1_i64))
    ///         .reduce_by_key_and_window_inverse_filter(
    ///             |a, b| a + b,
    ///             |a, b| a - b,
    ///             Duration::seconds(2),
    ///             None,
    ///             |_, count| *count > 0,
    ///         )
    ///         .map(|(word, count)| format!("{word}{count}"))
    /// });
    /// assert_eq!(batches, [vec!["a1", "b1"], vec!["a2", "b1", "c1"], vec!["a1", "c1"]]);
    /// ```
    #[track_caller]
    pub fn reduce_by_key_and_window_inverse_filter<F, G, H>(
        &self,
        function: F,
        inverse: G,
        window: Duration,
        slide: impl Into<Option<Duration>>,
        filter: H,
    ) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
        G: Fn(V, V) -> V + Send + Sync + 'static,
        H: Fn(&K, &V) -> bool + Send + Sync + 'static,
    {
        let name = named("reduce_by_key_and_window", Location::caller());
        let partitioner = default_partitioner(&self.builder);
        let filter: Option<KeyFilter<K, V>> = Some(Arc::new(filter));
        self.inverted_window(
            name,
            (function, inverse),
            filter,
            (window, slide.into()),
            partitioner,
        )
    }

    /// [`reduce_by_key_and_window_inverse_filter`](DStream::reduce_by_key_and_window_inverse_filter)
    /// with a number of partitions or a partitioner, in Scala's order of arguments.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a b c\n", ""], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .map(|word| (word, 1_i64))
    ///         .reduce_by_key_and_window_inverse_filter_with(
    ///             |a, b| a + b,
    ///             |a, b| a - b,
    ///             Duration::seconds(1),
    ///             None,
    ///             2,
    ///             |_, count| *count > 0,
    ///         )
    /// });
    /// let words: Vec<_> = batches[0].iter().map(|(word, _)| word.as_str()).collect();
    /// assert_eq!(words, ["b", "c", "a"]);
    /// assert!(batches[1].is_empty());
    /// ```
    #[track_caller]
    pub fn reduce_by_key_and_window_inverse_filter_with<F, G, H>(
        &self,
        function: F,
        inverse: G,
        window: Duration,
        slide: impl Into<Option<Duration>>,
        partitions: impl Into<Partitions<K>>,
        filter: H,
    ) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
        G: Fn(V, V) -> V + Send + Sync + 'static,
        H: Fn(&K, &V) -> bool + Send + Sync + 'static,
    {
        let name = named("reduce_by_key_and_window", Location::caller());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        let filter: Option<KeyFilter<K, V>> = Some(Arc::new(filter));
        self.inverted_window(
            name,
            (function, inverse),
            filter,
            (window, slide.into()),
            partitioner,
        )
    }

    fn inverted_window<F, G>(
        &self,
        name: String,
        (function, inverse): (F, G),
        filter: Option<KeyFilter<K, V>>,
        (window, slide): (Duration, Option<Duration>),
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
        G: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let frame = self.frame(&name, Kind::Reduced, window, slide);
        self.builder.keeps_state();
        let function = Arc::new(function);
        let merge = Arc::clone(&function);
        let inverting = Inverting {
            function: move |a, b| merge(a, b),
            inverse,
            filter,
        };
        let how = (Reduce(move |a, b| function(a, b)), inverting);
        self.keyed_window(name, &self.pipeline, frame, how, partitioner)
    }
}
