//! `union`: the records of two streams as one.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::pipeline::{Pipeline, Union};

use super::{DStream, named};

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// The partitions of this stream, then those of `other` (Spark: `union`).
    ///
    /// Both must have the same slide and the same context; otherwise `start` fails with Spark's
    /// words for it. Costs nothing: what comes next reads both.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a\nb\n"], |lines| {
    ///     lines.map(|line| line.to_string()).union(&lines.map(|line| format!("{line}!")))
    /// });
    /// assert_eq!(batches, [["a", "b", "a!", "b!"]]);
    /// ```
    #[track_caller]
    pub fn union<Q: Pipeline<Item = P::Item>>(
        &self,
        other: &DStream<Q::Item, Q>,
    ) -> DStream<P::Item, Union<P, Q>> {
        self.meets(other, &named("union", Location::caller()));
        let (left, right) = (Arc::clone(&self.pipeline), Arc::clone(&other.pipeline));
        self.grown(Union::new(left, right))
    }
}
