//! `map`: one record into one.

use std::sync::Arc;

use millrace_engine::pipeline::{Map, Pipeline};

use super::DStream;

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Passes every record through `function` (Spark: `map`).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n", "c\n"], |lines| {
    ///     lines.map(|line| line.len())
    /// });
    /// assert_eq!(batches, [vec![3], vec![1]]);
    /// ```
    pub fn map<U, F>(&self, function: F) -> DStream<U, Map<P, F>>
    where
        U: Send + 'static,
        F: Fn(P::Item) -> U + Send + Sync + 'static,
    {
        self.grown(Map {
            parent: Arc::clone(&self.pipeline),
            function,
        })
    }
}
