//! `transform` of any number of streams.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::pipeline::{Output, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_types::BatchTime;

use crate::dstream::{Computed, DStream, TransformAll, named};

use super::StreamingContext;

impl StreamingContext {
    /// Makes every batch what `function` makes of the batches of all streams, which it is given
    /// in their order, and of the batch time (Spark: `transform`).
    ///
    /// The streams have to meet the conditions of [`union`](StreamingContext::union);
    /// `function` runs once per batch, on the thread that runs the batches. What feeds it is
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
        let name = named("transform", Location::caller());
        self.check_together(streams, "transform", &name);
        let pipelines = streams.iter().map(|stream| Arc::clone(&stream.pipeline));
        let node = TransformAll {
            pipelines: pipelines.collect(),
            function,
        };
        self.described(Output::of(self.builder.make(name, Box::new(node))))
    }
}
