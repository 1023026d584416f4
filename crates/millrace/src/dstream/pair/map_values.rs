//! `map_values`: one value into one, the key stays.

use std::sync::Arc;

use millrace_engine::pipeline::{MapValues, Pipeline};

use super::super::DStream;

impl<K: Send + 'static, V, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Passes the value of every pair through `function` (Spark: `mapValues`).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     lines.flat_map(|line| line.split(" ")).map(|word| (word, 1)).map_values(|n| n * 10)
    /// });
    /// assert_eq!(batches, [[("a".into(), 10), ("b".into(), 10)]]);
    /// ```
    pub fn map_values<W, F>(&self, function: F) -> DStream<(K, W), MapValues<P, F>>
    where
        W: Send + 'static,
        F: Fn(V) -> W + Send + Sync + 'static,
    {
        self.grown(MapValues {
            parent: Arc::clone(&self.pipeline),
            function,
        })
    }
}
