//! `transform` of any number of streams.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::error::Result;
use millrace_engine::pipeline::{Output, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_runtime::graph::BatchRun;
use millrace_types::BatchTime;

use crate::dstream::{Computed, DStream, TransformAll, named};

use super::StreamingContext;

impl StreamingContext {
    /// Makes every batch what `function` makes of the batches of all streams, which it is given
    /// in their order, and of the batch time (Spark: `transform`).
    ///
    /// The streams have to meet the conditions of [`union`](StreamingContext::union);
    /// `function` runs once per batch, on the thread that runs the batches. Its input is
    /// held until the tick.
    ///
    /// ```
    /// use millrace::testing::Setup;
    /// let batches = Setup::default().run_batches_with(&["a\nb\n"], |ssc, lines| {
    ///     let words = lines.map(|line| line.to_string());
    ///     ssc.transform(&[words.clone(), words], |rdds, _| rdds[0].union(&rdds[1]))
    /// });
    /// assert_eq!(batches, [["a", "b", "a", "b"]]);
    /// ```
    #[track_caller]
    pub fn transform<P, U, F>(&self, streams: &[DStream<P::Item, P>], function: F) -> Computed<U>
    where
        P: Pipeline,
        U: Send + 'static,
        F: Fn(&[Rdd<P::Item>], BatchTime) -> Rdd<U> + Send + Sync + 'static,
    {
        let function = move |pipelines: &[Arc<P>], batch: &BatchRun<'_>| {
            let rdds = pipelines.iter().map(|pipeline| batch.rdd(pipeline));
            let rdds: Vec<_> = rdds.collect::<Result<_>>()?;
            Ok(function(&rdds, batch.time()))
        };
        self.transformed("transform", Location::caller(), streams, function)
    }

    /// [`transform`](StreamingContext::transform) of a front end that has errors of its own:
    /// `function` gets for every stream its batch, or why there is none because a function of the
    /// program failed at it, and gives records in one partition. The failure does not end the run
    /// (Spark: nor does it there).
    ///
    /// A stream that keeps something from batch to batch and has failed once fails in every later
    /// batch, and no batch is committed any more: a run that goes on from the checkpoint begins with
    /// the batch that failed. An input that cannot be read ends the run as ever.
    ///
    /// ```
    /// use millrace::testing::Setup;
    /// let batches = Setup::default().run_batches_with(&["1\n2\n", "one\n", "3\n"], |ssc, lines| {
    ///     let sums = lines
    ///         .map(|line| ((), line.parse::<i64>().expect("a number")))
    ///         .reduce_by_key(|a, b| a + b);
    ///     ssc.transform_tried(&[sums], |mut tried, _| match tried.remove(0) {
    ///         Ok(sums) => sums.values().collect(),
    ///         Err(_) => vec![-1],
    ///     })
    /// });
    /// assert_eq!(batches, [[3], [-1], [3]]);
    /// ```
    #[track_caller]
    pub fn transform_tried<P, U, F>(
        &self,
        streams: &[DStream<P::Item, P>],
        function: F,
    ) -> Computed<U>
    where
        P: Pipeline,
        U: Clone + Send + Sync + 'static,
        F: Fn(Vec<Result<Rdd<P::Item>>>, BatchTime) -> Vec<U> + Send + Sync + 'static,
    {
        let function = move |pipelines: &[Arc<P>], batch: &BatchRun<'_>| {
            let tried = pipelines.iter().map(|pipeline| batch.tried(pipeline));
            let made = function(tried.collect::<Result<_>>()?, batch.time());
            Ok(Rdd::of_partitions(vec![made], batch.executor()))
        };
        self.transformed("transform_tried", Location::caller(), streams, function)
    }

    /// The stream that an operator makes of the batches of all streams.
    fn transformed<P, U, F>(
        &self,
        operator: &str,
        caller: &'static Location<'static>,
        streams: &[DStream<P::Item, P>],
        function: F,
    ) -> Computed<U>
    where
        P: Pipeline,
        U: Send + 'static,
        F: Fn(&[Arc<P>], &BatchRun<'_>) -> Result<Rdd<U>> + Send + Sync + 'static,
    {
        let name = named(operator, caller);
        self.check_together(streams, operator, &name);
        let pipelines = streams.iter().map(|stream| Arc::clone(&stream.pipeline));
        let node = TransformAll {
            pipelines: pipelines.collect(),
            function,
        };
        self.described(Output::of(self.builder.make(name, Box::new(node))))
    }
}
