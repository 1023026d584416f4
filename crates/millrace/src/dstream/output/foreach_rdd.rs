//! `foreach_rdd`: the program's own output.

use std::panic::Location;
use std::sync::Arc;

use millrace_types::BatchTime;

use crate::pipeline::Pipeline;
use crate::rdd::Rdd;

use super::super::{DStream, named};

impl<P: Pipeline> DStream<P> {
    /// Runs `function` on every batch (Spark: `foreachRDD`).
    ///
    /// It runs on the thread that runs the batches, one batch after the other, in the order in
    /// which outputs were registered. A panic in it fails the batch and ends the run. It writes to
    /// standard output with [`show`](crate::show), which minds a reader that is gone.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// let sizes = Arc::new(Mutex::new(Vec::new()));
    /// let seen = Arc::clone(&sizes);
    /// millrace::testing::run_outputs(&["a\nb\n", ""], move |lines| {
    ///     lines.foreach_rdd(move |rdd| seen.lock().unwrap().push(rdd.count()));
    /// });
    /// assert_eq!(*sizes.lock().unwrap(), [2, 0]);
    /// ```
    #[track_caller]
    pub fn foreach_rdd<F>(&self, function: F)
    where
        F: Fn(&Rdd<P::Item>) + Send + Sync + 'static,
    {
        self.output(named("foreach_rdd", Location::caller()), move |rdd, _| {
            function(rdd)
        });
    }

    /// [`foreach_rdd`](DStream::foreach_rdd) with the batch time, in Scala's order of arguments
    /// (Spark: `foreachRDD((rdd, time) => ...)`).
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// let times = Arc::new(Mutex::new(Vec::new()));
    /// let seen = Arc::clone(&times);
    /// millrace::testing::run_outputs(&["", ""], move |lines| {
    ///     lines.foreach_rdd_with_time(move |_, time| seen.lock().unwrap().push(time.as_millis()));
    /// });
    /// assert_eq!(*times.lock().unwrap(), [1000, 2000]);
    /// ```
    #[track_caller]
    pub fn foreach_rdd_with_time<F>(&self, function: F)
    where
        F: Fn(&Rdd<P::Item>, BatchTime) + Send + Sync + 'static,
    {
        self.output(named("foreach_rdd", Location::caller()), function);
    }

    fn output<F>(&self, name: String, function: F)
    where
        F: Fn(&Rdd<P::Item>, BatchTime) + Send + Sync + 'static,
    {
        let pipeline = Arc::clone(&self.pipeline);
        let run = move |batch: &crate::graph::BatchRun<'_>| {
            function(&batch.rdd(&pipeline)?, batch.time());
            Ok(())
        };
        self.builder
            .output(name, self.pipeline.inputs(), Box::new(run));
    }
}
