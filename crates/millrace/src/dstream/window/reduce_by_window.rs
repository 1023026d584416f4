//! `reduce_by_window`: the records of a window become one.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::Data;
use millrace_engine::pipeline::Pipeline;
use millrace_engine::window::{ByFunction, ByInverse};
use millrace_types::Duration;

use super::super::{Computed, DStream, named};
use super::Kind;

impl<T: Data, P: Pipeline<Item = T>> DStream<T, P> {
    /// Combines the records of the last `window` by `function`, oldest first, every `slide`
    /// (Spark: `reduceByWindow` without an inverse).
    ///
    /// `function` must be associative; it need not be commutative. A window without records has
    /// no element. Durations are as in [`window`](DStream::window); one partition.
    ///
    /// Cost: every batch is reduced as it comes in, and kept as one value; a window costs one
    /// merge for every batch that entered, and on average one more when it leaves.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a\nb\n", "c\n", "", ""], |lines| {
    ///     let join = |a: String, b: String| a + &b;
    ///     let lines = lines.map(|line| line.to_string());
    ///     lines.reduce_by_window(join, Duration::seconds(2), Duration::seconds(1))
    /// });
    /// assert_eq!(batches, [vec!["ab"], vec!["abc"], vec!["c"], vec![]]);
    /// ```
    #[track_caller]
    pub fn reduce_by_window<F>(
        &self,
        function: F,
        window: Duration,
        slide: Duration,
    ) -> Computed<P::Item>
    where
        F: Fn(P::Item, P::Item) -> P::Item + Send + Sync + 'static,
    {
        let name = named("reduce_by_window", Location::caller());
        let frame = self.frame(&name, Kind::Windowed, window, Some(slide));
        let function = Arc::new(function);
        let merge = Arc::clone(&function);
        let rule = ByFunction::new(move |a, b| merge(a, b));
        let pair = |record| ((), record);
        self.single_window(name, frame, pair, move |a, b| function(a, b), rule, None)
    }

    /// [`reduce_by_window`](DStream::reduce_by_window) of a function with an inverse (Spark:
    /// `reduceByWindow` with one): `inverse(function(a, b), a)` must be `b`.
    ///
    /// A window is made of the one before it: by `inverse`, with what left, then by `function`,
    /// with what entered. Once there has been a record there is always an element, that of a
    /// window without records being whatever `inverse` left. Needs a checkpoint directory, as in
    /// Spark.
    ///
    /// Cost: two merges a window, and one for every further batch that entered or left.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["1\n2\n", "3\n", "", ""], |lines| {
    ///     lines.map(|line| line.parse().unwrap_or(0_i64)).reduce_by_window_inverse(
    ///         |a, b| a + b,
    ///         |a, b| a - b,
    ///         Duration::seconds(2),
    ///         Duration::seconds(1),
    ///     )
    /// });
    /// assert_eq!(batches, [[3], [6], [3], [0]]);
    /// ```
    #[track_caller]
    pub fn reduce_by_window_inverse<F, G>(
        &self,
        function: F,
        inverse: G,
        window: Duration,
        slide: Duration,
    ) -> Computed<P::Item>
    where
        F: Fn(P::Item, P::Item) -> P::Item + Send + Sync + 'static,
        G: Fn(P::Item, P::Item) -> P::Item + Send + Sync + 'static,
    {
        let name = named("reduce_by_window", Location::caller());
        let frame = self.frame(&name, Kind::Reduced, window, Some(slide));
        self.builder.keeps_state();
        let function = Arc::new(function);
        let merge = Arc::clone(&function);
        let rule = ByInverse::new(move |a, b| merge(a, b), inverse);
        let pair = |record| ((), record);
        self.single_window(name, frame, pair, move |a, b| function(a, b), rule, None)
    }
}
