//! `transform`: what an [`Rdd`] can and a stream cannot.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::error::Result;
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_runtime::graph::{BatchRun, Dataset, Node};
use millrace_types::BatchTime;

use super::{Computed, DStream, named};

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Makes every batch what `function` makes of it (Spark: `transform`).
    ///
    /// `function` runs once per batch on the thread that runs the batches; the operators of the
    /// [`Rdd`] it is given run on the workers. Its input is held until the tick.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["b\na\n"], |lines| {
    ///     lines.map(|line| line.to_string()).transform(|rdd| rdd.union(rdd))
    /// });
    /// assert_eq!(batches, [["b", "a", "b", "a"]]);
    /// ```
    #[track_caller]
    pub fn transform<U, F>(&self, function: F) -> Computed<U>
    where
        U: Send + 'static,
        F: Fn(&Rdd<P::Item>) -> Rdd<U> + Send + Sync + 'static,
    {
        let name = named("transform", Location::caller());
        self.transformed(name, move |rdd, _| function(rdd))
    }

    /// [`transform`](DStream::transform) with the batch time, in Scala's order of arguments.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a\n", "b\n"], |lines| {
    ///     lines.transform_with_time(|rdd, time| {
    ///         rdd.map(move |line| format!("{line} at {} ms", time.as_millis()))
    ///     })
    /// });
    /// assert_eq!(batches, [["a at 1000 ms"], ["b at 2000 ms"]]);
    /// ```
    #[track_caller]
    pub fn transform_with_time<U, F>(&self, function: F) -> Computed<U>
    where
        U: Send + 'static,
        F: Fn(&Rdd<P::Item>, BatchTime) -> Rdd<U> + Send + Sync + 'static,
    {
        self.transformed(named("transform", Location::caller()), function)
    }

    /// A stream of what `function` makes of every batch, for operators that are just that.
    pub(super) fn transformed<U, F>(&self, name: String, function: F) -> Computed<U>
    where
        U: Send + 'static,
        F: Fn(&Rdd<P::Item>, BatchTime) -> Rdd<U> + Send + Sync + 'static,
    {
        let pipeline = Arc::clone(&self.pipeline);
        self.of_node(name, Transformed { pipeline, function })
    }
}

/// The node of a function from batch to batch.
struct Transformed<P, F> {
    pipeline: Arc<P>,
    function: F,
}

impl<P, U, F> Node for Transformed<P, F>
where
    P: Pipeline,
    U: Send + 'static,
    F: Fn(&Rdd<P::Item>, BatchTime) -> Rdd<U> + Send + Sync + 'static,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.pipeline.inputs()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let rdd = batch.rdd(&self.pipeline)?;
        Ok(Dataset::of((self.function)(&rdd, batch.time())))
    }
}
