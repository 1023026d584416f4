//! Errors of misuse at the call that makes them.
//!
//! Operators give streams, not results, so that they can be chained; what a call does against the
//! rules is noted, and `start` or the next wait reports it. A front end that has to report it at
//! the call itself, as Spark throws there, asks after the call.

use millrace_engine::error::Error;

use super::StreamingContext;

impl StreamingContext {
    /// Takes the first error of misuse that nobody has been given: a call that broke a rule, as an
    /// operator does after the start, a window whose length is no multiple of the slide, streams of
    /// two contexts that meet (Spark throws it at the call).
    ///
    /// Asked after every call, it tells which call broke a rule. An error that is taken here is
    /// reported neither by [`start`](StreamingContext::start) nor by
    /// [`await_termination`](StreamingContext::await_termination). The stream that the call gave
    /// stands for nothing and should not be used.
    ///
    /// Rules that a call of an [`Rdd`](crate::Rdd) breaks in a batch fail the batch instead.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// let numbers = ssc.queue_stream(vec![vec![1, 2]]);
    /// numbers.print();
    /// assert!(ssc.take_misuse().is_none());
    /// numbers.window(Duration::milliseconds(70), None);
    /// assert!(ssc.take_misuse().is_some(), "70 ms is no multiple of 50 ms");
    ///
    /// ssc.start()?;
    /// numbers.map(|number| number + 1);
    /// let error = ssc.take_misuse().unwrap();
    /// assert!(error.to_string().contains("after starting a context"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_misuse(&self) -> Option<Error> {
        let before_start = self.builder.take_broken();
        before_start.or_else(|| self.outcome.take_reported())
    }
}
