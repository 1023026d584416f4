//! `source_stream`: a source of the program's own that is asked for every batch.

use std::sync::Arc;

use millrace_engine::pipeline::Output;
use millrace_runtime::source::{BatchSource, RunStop, SourceNode};

use crate::dstream::Computed;

use super::StreamingContext;

impl StreamingContext {
    /// A stream of what `source` gives for every batch (Spark: a subclass of `InputDStream`);
    /// [`BatchSource`] has the rules, and an example.
    ///
    /// `name` is what messages, listeners and `millrace-state` call it; a recovery needs the same
    /// name. A batch for which the source has nothing has no partition.
    ///
    /// ```
    /// use millrace::source::{BatchSource, SourceBatch, SourcePartition};
    /// use std::io;
    ///
    /// /// Gives the time of every batch.
    /// struct Times;
    ///
    /// struct Time(i64);
    ///
    /// impl BatchSource for Times {
    ///     type Item = i64;
    ///     type Range = i64;
    ///     type Partition = Time;
    ///
    ///     fn plan(&mut self, batch: &SourceBatch<'_, i64>) -> io::Result<Option<i64>> {
    ///         Ok(Some(batch.time().as_millis()))
    ///     }
    ///
    ///     fn partitions(&mut self, range: &i64) -> io::Result<Vec<Time>> {
    ///         Ok(vec![Time(*range)])
    ///     }
    /// }
    ///
    /// impl SourcePartition for Time {
    ///     type Item = i64;
    ///
    ///     fn read(&self, _piece: usize, each: &mut dyn FnMut(i64)) -> io::Result<()> {
    ///         each(self.0);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let printed = millrace::testing::run_context(2, |ssc| {
    ///     ssc.source_stream("times", Times).map(|time| format!("at {time}")).print();
    /// });
    /// assert!(printed.contains("at 1000\n") && printed.contains("at 2000\n"));
    /// ```
    pub fn source_stream<S: BatchSource>(&self, name: &str, mut source: S) -> Computed<S::Item> {
        let outcome = Arc::clone(&self.outcome);
        source.watch_stop(RunStop::new(move || outcome.asked()));
        let (name, ends) = (format!("source stream {name}"), Arc::clone(&self.ends));
        let (node, _) = self.builder.read(name.clone(), |stream| {
            Box::new(SourceNode::new(stream, name, source, ends))
        });
        self.parts.lock().reads.push(node);
        self.described(Output::of(node))
    }
}
