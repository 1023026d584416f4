//! `filter`: the records that pass a test.

use std::sync::Arc;

use millrace_engine::pipeline::{Filter, Pipeline};

use super::DStream;

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Keeps the records for which `function` is true (Spark: `filter`).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["error: disk\nok\n"], |lines| {
    ///     lines.filter(|line| line.starts_with("error"))
    /// });
    /// assert_eq!(batches, [["error: disk"]]);
    /// ```
    pub fn filter<F>(&self, function: F) -> DStream<P::Item, Filter<P, F>>
    where
        F: Fn(&P::Item) -> bool + Send + Sync + 'static,
    {
        self.grown(Filter {
            parent: Arc::clone(&self.pipeline),
            function,
        })
    }
}
