//! The end of a run: asking for it, and waiting for it.

use std::time::Duration as StdDuration;

use millrace_engine::error::{Error, Result};
use millrace_engine::role::Role;
use millrace_runtime::graph::Lifecycle;

use super::StreamingContext;

impl StreamingContext {
    /// Waits until the context has stopped.
    ///
    /// # Errors
    /// The error that ended the run: user code that panicked, an output that could not be
    /// written. Also, at once and while the run goes on, a call after the start that broke a
    /// rule; the one who waits then gets the error, or the one who waits next. Each is given
    /// once. Before the start it is what the start will say of a program that broke a rule.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set(keys::MAX_BATCHES, "1");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2]]).map(|number| 1 / (number - 1)).print();
    /// ssc.start()?;
    /// let error = ssc.await_termination().unwrap_err();
    /// assert!(error.to_string().contains("divide by zero"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn await_termination(&self) -> Result<()> {
        self.wait(None).map(|_| ())
    }

    /// Waits until the context has stopped, but no longer than `timeout`; says whether it has.
    ///
    /// # Errors
    /// As [`await_termination`](StreamingContext::await_termination).
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2]]).print();
    /// ssc.start()?;
    /// assert!(!ssc.await_termination_or_timeout(std::time::Duration::from_millis(1))?);
    /// ssc.stop(false);
    /// assert!(ssc.await_termination_or_timeout(std::time::Duration::from_secs(1))?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn await_termination_or_timeout(&self, timeout: StdDuration) -> Result<bool> {
        self.wait(Some(timeout))
    }

    fn wait(&self, timeout: Option<StdDuration>) -> Result<bool> {
        if let Some(broken) = self.builder.first_error() {
            return Err(broken);
        }
        let ended = self.outcome.wait(timeout)?;
        if ended {
            self.builder.set_lifecycle(Lifecycle::Stopped);
        }
        Ok(ended)
    }

    /// Stops the context and waits until it has stopped. `graceful` says whether what was
    /// received is run first; that takes at most `spark.streaming.gracefulStopTimeout`, ten
    /// batch intervals by default. Input that is left then is an error
    /// ([`Unfinished`](crate::ErrorKind::Unfinished)) to whoever waits.
    ///
    /// Called by a function of a batch, it asks for the stop and returns: the batch that runs
    /// cannot wait for itself. Called by a listener it is refused, as in Spark, with a line on
    /// standard error, and whoever waits is told; a [`StopHandle`](super::StopHandle) is for that.
    ///
    /// Receivers are waited for about ten seconds, and so are listeners; one that does not return
    /// is left behind, with a line on standard error. A batch that runs is waited for as long as
    /// its functions take, and output that nobody reads for two seconds without grace, with grace
    /// for as long as that lasts.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2]]).print();
    /// ssc.start()?;
    /// ssc.stop(true);
    /// assert_eq!(ssc.get_state(), millrace::context::ContextState::Stopped);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop(&self, graceful: bool) {
        let role = Role::of_this_thread();
        if role == Role::Listeners {
            let rule = "Cannot stop StreamingContext within listener bus thread.";
            self.calls.say("stop", rule);
            self.builder.record_error(Error::illegal(rule));
            return;
        }
        if self.builder.lifecycle() == Lifecycle::Initialized {
            self.builder.set_lifecycle(Lifecycle::Stopped);
            self.outcome.finish();
            return;
        }
        self.stop_handle().stop(graceful);
        if role.is_engine() {
            return;
        }
        let thread = self.parts.lock().thread.take();
        if let Some(thread) = thread {
            // Its panic would be the engine's own fault; the run has ended either way.
            drop(thread.join());
        }
        self.builder.set_lifecycle(Lifecycle::Stopped);
    }
}
