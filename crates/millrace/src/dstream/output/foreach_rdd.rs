//! `foreach_rdd`: the program's own output.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::pipeline::Pipeline;
use millrace_engine::rdd::Rdd;
use millrace_runtime::graph::Shown;
use millrace_types::BatchTime;

use super::super::{DStream, named};
use super::OutputReport;

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Runs `function` on every batch (Spark: `foreachRDD`).
    ///
    /// It runs on the thread that runs the batches, one batch after the other, in the order in
    /// which outputs were registered. A panic in it fails the batch and ends the run. It writes to
    /// standard output with [`show`](crate::dstream::show), which minds a reader that is gone, and
    /// to a file with [`append_line`](crate::dstream::append_line), which blames the file.
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

    /// [`foreach_rdd_with_time`](DStream::foreach_rdd_with_time) of a front end that has errors of
    /// its own: the output has the name that it is given, and `function` reports why it failed, if it
    /// did, and what it has printed. Listeners, the page and the log are told so; the run goes on, and
    /// telling the user is left to the front end (Spark: an output that fails, which ends no run
    /// there).
    ///
    /// ```
    /// use millrace::dstream::OutputReport;
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set("millrace.maxBatches", "2");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(10))?;
    /// let numbers = ssc.queue_stream(vec![vec![1], vec![2]]);
    /// numbers.foreach_rdd_and_report("odd at line 3", |rdd, _| {
    ///     let number = rdd.collect()[0];
    ///     let failure = (number % 2 == 0).then(|| format!("{number} is even"));
    ///     let printed = failure.is_none().then(|| vec![number.to_string()]);
    ///     OutputReport { failure, printed }
    /// });
    /// ssc.start()?;
    /// ssc.await_termination()
    /// # }
    /// ```
    pub fn foreach_rdd_and_report<F>(&self, name: impl Into<String>, function: F)
    where
        F: Fn(&Rdd<P::Item>, BatchTime) -> OutputReport + Send + Sync + 'static,
    {
        let pipeline = Arc::clone(&self.pipeline);
        let shown = Arc::new(Shown::default());
        let keeps = Arc::clone(&shown);
        let run = move |batch: &millrace_runtime::graph::BatchRun<'_>| {
            let report = function(&batch.rdd(&pipeline)?, batch.time());
            if let Some(printed) = report.printed {
                keeps.keep(batch.time(), printed.iter().flat_map(|line| line.lines()));
            }
            if let Some(reason) = report.failure {
                batch.reported(reason);
            }
            Ok(())
        };
        let inputs = self.pipeline.inputs();
        self.builder
            .output_that_shows(name.into(), inputs, Box::new(run), Some(shown));
    }

    fn output<F>(&self, name: String, function: F)
    where
        F: Fn(&Rdd<P::Item>, BatchTime) + Send + Sync + 'static,
    {
        let pipeline = Arc::clone(&self.pipeline);
        let run = move |batch: &millrace_runtime::graph::BatchRun<'_>| {
            function(&batch.rdd(&pipeline)?, batch.time());
            Ok(())
        };
        self.builder
            .output(name, self.pipeline.inputs(), Box::new(run));
    }
}
