//! `erased`: a stream whose type can be named.

use std::sync::Arc;

use millrace_engine::pipeline::{Erased, Pipeline};

use super::DStream;

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// The same stream with the chain of its operators forgotten: `DStream<T>` whatever it
    /// was before, so that it can be kept in a struct, a list, or either branch of an `if`.
    ///
    /// Costs one call through a pointer for every record; what comes after is fused again.
    ///
    /// ```
    /// use millrace::{DStream, Text};
    /// use millrace::pipeline::Lines;
    /// fn words(lines: &DStream<Text, Lines>, split: bool) -> DStream<Text> {
    ///     if split {
    ///         lines.flat_map(|line| line.split(" ")).erased()
    ///     } else {
    ///         lines.erased()
    ///     }
    /// }
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| words(lines, true));
    /// assert_eq!(batches[0].len(), 2);
    /// ```
    pub fn erased(&self) -> DStream<P::Item> {
        self.grown(Erased::new(Arc::clone(&self.pipeline)))
    }
}
