//! Asks a running context to stop, from any thread.

use std::fmt;
use std::sync::Arc;

use millrace_runtime::scheduler::{Engine, StopMode};

use super::StreamingContext;

/// Asks a context to stop; see [`StreamingContext::stop_handle`].
#[derive(Clone)]
pub struct StopHandle {
    pub(super) engine: Option<Arc<Engine>>,
}

impl StopHandle {
    /// Asks for a stop and returns at once. A handle taken before the start does nothing.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2, 3]]).print();
    /// ssc.start()?;
    /// let handle = ssc.stop_handle();
    /// std::thread::spawn(move || handle.stop(true));
    /// ssc.await_termination()
    /// # }
    /// ```
    pub fn stop(&self, graceful: bool) {
        if let Some(engine) = &self.engine {
            engine.stop(mode(graceful), graceful.then_some(engine.grace));
        }
    }
}

impl StreamingContext {
    /// A handle that can ask for a stop from anywhere, a signal handler's thread for instance.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2]]).print();
    /// ssc.start()?;
    /// let handle = ssc.stop_handle();
    /// handle.stop(true);
    /// ssc.await_termination()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle {
            engine: self.parts.lock().engine.clone(),
        }
    }
}

impl fmt::Debug for StopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopHandle").finish_non_exhaustive()
    }
}

/// The stop that `StopHandle` asks for.
fn mode(graceful: bool) -> StopMode {
    if graceful {
        StopMode::Graceful
    } else {
        StopMode::Now
    }
}
