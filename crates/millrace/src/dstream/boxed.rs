//! `boxed`: a stream whose type can be named.

use std::sync::Arc;

use millrace_engine::pipeline::{Boxed, Pipeline};

use super::DStream;

impl<P: Pipeline> DStream<P> {
    /// The same stream with the chain of its operators forgotten: `DStream<Boxed<T>>` whatever it
    /// was before, so that it can be kept in a struct, a list, or either branch of an `if`.
    ///
    /// Costs one call through a pointer for every record; what comes after is fused again.
    ///
    /// ```
    /// use millrace::{Boxed, DStream, Lines, Text};
    /// fn words(lines: &DStream<Lines>, split: bool) -> DStream<Boxed<Text>> {
    ///     if split {
    ///         lines.flat_map(|line| line.split(" ")).boxed()
    ///     } else {
    ///         lines.boxed()
    ///     }
    /// }
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| words(lines, true));
    /// assert_eq!(batches[0].len(), 2);
    /// ```
    pub fn boxed(&self) -> DStream<Boxed<P::Item>> {
        self.grown(Boxed::new(Arc::clone(&self.pipeline)))
    }
}
