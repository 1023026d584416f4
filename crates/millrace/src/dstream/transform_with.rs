//! `transform_with`: what is made of the batches of two streams.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::error::Result;
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_runtime::graph::{BatchRun, Dataset, Node};
use millrace_types::BatchTime;

use super::{Computed, DStream, named};

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Makes every batch what `function` makes of it and of the batch of `other` (Spark:
    /// `transformWith`).
    ///
    /// Both must have the same slide and the same context; otherwise `start` fails with Spark's
    /// words for it. `function` runs once per batch on the thread that runs the batches. What
    /// feeds it is held until the tick.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a\nb\na\n"], |lines| {
    ///     let words = lines.map(|line| line.to_string());
    ///     words.transform_with(&words.filter(|word| word == "b"), |all, some| all.union(some))
    /// });
    /// assert_eq!(batches, [["a", "b", "a", "b"]]);
    /// ```
    #[track_caller]
    pub fn transform_with<Q, U, F>(&self, other: &DStream<Q::Item, Q>, function: F) -> Computed<U>
    where
        Q: Pipeline,
        U: Send + 'static,
        F: Fn(&Rdd<P::Item>, &Rdd<Q::Item>) -> Rdd<U> + Send + Sync + 'static,
    {
        let name = named("transform_with", Location::caller());
        self.transformed_with(name, other, move |left, right, _| function(left, right))
    }

    /// [`transform_with`](DStream::transform_with) with the batch time, in Scala's order of
    /// arguments.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a\n", "b\n"], |lines| {
    ///     let words = lines.map(|line| line.to_string());
    ///     words.transform_with_and_time(&words, |left, right, time| {
    ///         if time.as_millis() == 1000 { left.clone() } else { left.union(right) }
    ///     })
    /// });
    /// assert_eq!(batches, [vec!["a"], vec!["b", "b"]]);
    /// ```
    #[track_caller]
    pub fn transform_with_and_time<Q, U, F>(
        &self,
        other: &DStream<Q::Item, Q>,
        function: F,
    ) -> Computed<U>
    where
        Q: Pipeline,
        U: Send + 'static,
        F: Fn(&Rdd<P::Item>, &Rdd<Q::Item>, BatchTime) -> Rdd<U> + Send + Sync + 'static,
    {
        let name = named("transform_with", Location::caller());
        self.transformed_with(name, other, function)
    }

    fn transformed_with<Q, U, F>(
        &self,
        name: String,
        other: &DStream<Q::Item, Q>,
        function: F,
    ) -> Computed<U>
    where
        Q: Pipeline,
        U: Send + 'static,
        F: Fn(&Rdd<P::Item>, &Rdd<Q::Item>, BatchTime) -> Rdd<U> + Send + Sync + 'static,
    {
        self.meets(other, &name);
        let node = TransformedWith {
            left: Arc::clone(&self.pipeline),
            right: Arc::clone(&other.pipeline),
            function,
        };
        self.of_node(name, node)
    }
}

/// The node of a function of two batches.
struct TransformedWith<P, Q, F> {
    left: Arc<P>,
    right: Arc<Q>,
    function: F,
}

impl<P, Q, U, F> Node for TransformedWith<P, Q, F>
where
    P: Pipeline,
    Q: Pipeline,
    U: Send + 'static,
    F: Fn(&Rdd<P::Item>, &Rdd<Q::Item>, BatchTime) -> Rdd<U> + Send + Sync + 'static,
{
    fn inputs(&self) -> Vec<NodeId> {
        let mut inputs = self.left.inputs();
        inputs.extend(self.right.inputs());
        inputs
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let (left, right) = (batch.rdd(&self.left)?, batch.rdd(&self.right)?);
        Ok(Dataset::of((self.function)(&left, &right, batch.time())))
    }
}
