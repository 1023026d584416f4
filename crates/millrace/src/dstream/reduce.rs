//! `reduce`: all records of a batch become one.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::Data;
use millrace_engine::pipeline::Pipeline;

use super::pair::FoldNode;
use super::{Computed, DStream, named};

impl<T: Data, P: Pipeline<Item = T>> DStream<T, P> {
    /// Combines all records of every batch by `function`, from left to right (Spark: `reduce`):
    /// one record in one partition, none for a batch without any.
    ///
    /// `function` must be associative: blocks are reduced as they come in, and let go. It need
    /// not be commutative; the parts meet in arrival order.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["b\na\nc\n", ""], |lines| {
    ///     lines.map(|line| line.to_string()).reduce(|a, b| a + &b)
    /// });
    /// assert_eq!(batches, [vec!["bac"], vec![]]);
    /// ```
    #[track_caller]
    pub fn reduce<F>(&self, function: F) -> Computed<P::Item>
    where
        F: Fn(P::Item, P::Item) -> P::Item + Send + Sync + 'static,
    {
        let name = named("reduce", Location::caller());
        let merge = Arc::new(function);
        let add = Arc::clone(&merge);
        let fold = move |earlier, record| match earlier {
            None => record,
            Some(earlier) => add(earlier, record),
        };
        let merge = move |earlier, later| merge(earlier, later);
        let folding = FoldNode::new(self, fold, merge, |reduced| reduced, &name);
        self.of_node(name, folding)
    }
}
