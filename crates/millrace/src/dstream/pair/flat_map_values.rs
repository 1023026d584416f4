//! `flat_map_values`: one value into any number, each with the key.

use std::sync::Arc;

use millrace_engine::pipeline::{FlatMapValues, Pipeline};

use super::super::DStream;

impl<K: Clone + Send + 'static, V, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Replaces every pair by the pairs of its key with what `function` makes of its value, in
    /// order (Spark: `flatMapValues`).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a:1 2\n", "b:\n"], |lines| {
    ///     let pairs = lines.map(|line| {
    ///         let (key, values) = line.split_once(':').unwrap_or_default();
    ///         (key.to_owned(), values.to_owned())
    ///     });
    ///     pairs.flat_map_values(|values| {
    ///         values.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    ///     })
    /// });
    /// assert_eq!(batches[0], [("a".into(), "1".into()), ("a".into(), "2".into())]);
    /// assert!(batches[1].is_empty());
    /// ```
    pub fn flat_map_values<U, F>(&self, function: F) -> DStream<(K, U::Item), FlatMapValues<P, F>>
    where
        U: IntoIterator<Item: Send + 'static>,
        F: Fn(V) -> U + Send + Sync + 'static,
    {
        self.grown(FlatMapValues {
            parent: Arc::clone(&self.pipeline),
            function,
        })
    }
}
