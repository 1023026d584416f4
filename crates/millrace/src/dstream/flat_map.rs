//! `flat_map`: one record into any number.

use std::sync::Arc;

use millrace_engine::pipeline::{FlatMap, Pipeline};

use super::DStream;

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Replaces every record by what `function` makes of it, in order (Spark: `flatMap`).
    ///
    /// The returned items are consumed by internal iteration: an iterator with a good `fold`,
    /// such as [`Split`](crate::record::Split), runs its own loop.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["to be\n"], |lines| {
    ///     lines.flat_map(|line| line.split(" "))
    /// });
    /// assert_eq!(batches, [["to", "be"]]);
    /// ```
    pub fn flat_map<U, F>(&self, function: F) -> DStream<U::Item, FlatMap<P, F>>
    where
        U: IntoIterator<Item: Send + 'static>,
        F: Fn(P::Item) -> U + Send + Sync + 'static,
    {
        self.grown(FlatMap {
            parent: Arc::clone(&self.pipeline),
            function,
        })
    }
}
