//! `count_by_window`: how many records a window has.

use std::panic::Location;

use millrace_engine::pipeline::Pipeline;
use millrace_engine::window::ByInverse;
use millrace_types::Duration;

use super::super::{Computed, DStream, named};
use super::Kind;

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Counts the records of the last `window`, every `slide` (Spark: `countByWindow`).
    ///
    /// Every window has one element, which is 0 for a window without records, as in Scala.
    /// Durations are as in [`window`](DStream::window); one partition. Needs a checkpoint
    /// directory, as in Spark.
    ///
    /// Cost: every batch is counted as it comes in; a window adds what entered and subtracts what
    /// left.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a\nb\n", "c\n", "", ""], |lines| {
    ///     lines.count_by_window(Duration::seconds(2), Duration::seconds(1))
    /// });
    /// assert_eq!(batches, [[2], [3], [1], [0]]);
    /// ```
    #[track_caller]
    pub fn count_by_window(&self, window: Duration, slide: Duration) -> Computed<i64> {
        let name = named("count_by_window", Location::caller());
        let frame = self.frame(&name, Kind::Reduced, window, Some(slide));
        self.builder.keeps_state();
        let add = |a: i64, b: i64| a + b;
        let rule = ByInverse::new(add, |a: i64, b: i64| a - b);
        self.single_window(name, frame, |_| ((), 1_i64), add, rule, Some(0))
    }
}
