//! `glom`: every partition as one record.

use std::panic::Location;

use millrace_engine::pipeline::Pipeline;

use super::{Computed, DStream, named};

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Makes every partition one record, the list of its records (Spark: `glom`).
    ///
    /// A receiver's input of a batch is one partition, and none if it brought nothing; a
    /// keyed result has as many as its operator was told.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b c\n", ""], |lines| {
    ///     let ones = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     ones.reduce_by_key_with(|a, b| a + b, 2).map(|(word, _)| word).glom()
    /// });
    /// assert_eq!(batches[0], [vec!["b", "c"], vec!["a"]]);
    /// assert_eq!(batches[1], [vec![], vec![] as Vec<&str>]);
    /// ```
    #[track_caller]
    pub fn glom(&self) -> Computed<Vec<P::Item>> {
        let name = named("glom", Location::caller());
        self.transformed(name, |rdd, _| rdd.glom())
    }
}
