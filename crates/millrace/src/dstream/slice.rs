//! `slice`: the batches of some time ago.

use millrace_engine::error::Result;
use millrace_engine::pipeline::Pipeline;
use millrace_engine::rdd::Rdd;
use millrace_types::BatchTime;

use super::DStream;

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// The datasets of the batches from `from` to `to`, both included, oldest first (Spark:
    /// `slice`).
    ///
    /// Of the batches that have been run and are remembered, and of the one that is being run: see
    /// [`StreamingContext::remember`](crate::StreamingContext::remember), without which there
    /// are none. Others are left out. A time that is no multiple of the stream's slide is
    /// floored to one, with a line on standard error. May be called from any thread while
    /// batches run, and after the context has stopped.
    ///
    /// # Errors
    /// If the context has not been started, remembers nothing, or has no output that reads this
    /// stream.
    ///
    /// ```
    /// use millrace::{BatchTime, Duration};
    /// use millrace::testing::Setup;
    /// let time = BatchTime::from_millis;
    /// Setup::default().run_stream(&["a\n", "b\n", "c\n"], |ssc, lines| {
    ///     ssc.remember(Duration::seconds(2)).unwrap();
    ///     let own = lines.clone();
    ///     lines.foreach_rdd_with_time(move |_, now| {
    ///         let before: Vec<_> = own.slice(time(0), now).unwrap();
    ///         let lines: Vec<String> =
    ///             before.iter().flat_map(|rdd| rdd.collect()).map(|line| line.to_string()).collect();
    ///         let expected = [&["a"][..], &["a", "b"], &["a", "b", "c"]];
    ///         assert_eq!(lines, expected[now.as_millis() as usize / 1000 - 1]);
    ///     });
    /// });
    /// ```
    pub fn slice(&self, from: BatchTime, to: BatchTime) -> Result<Vec<Rdd<P::Item>>> {
        let executor = &self.builder.executor;
        self.builder
            .memory
            .slice(&self.pipeline, from, to, executor)
    }
}
