//! Listeners that are added and taken away.

use millrace_runtime::listener::ListenerHandle;
use millrace_types::StreamingListener;

use super::StreamingContext;

impl StreamingContext {
    /// Adds a listener (Spark: `addStreamingListener`). One that is added after the start is told
    /// what happens from then on. The handle takes it away again, and may be dropped.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// ssc.add_streaming_listener(millrace::events::StatsReportListener::new(10));
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_streaming_listener(
        &self,
        listener: impl StreamingListener + 'static,
    ) -> ListenerHandle {
        let handle = ListenerHandle::default();
        let listener = handle.guard(listener);
        let mut parts = self.parts.lock();
        match &parts.engine {
            None => parts.listeners.push(listener),
            Some(engine) => {
                if let Err(error) = engine.listeners.add(listener) {
                    self.builder.record_error(error);
                }
            }
        }
        handle
    }

    /// Takes a listener away (Spark: `removeStreamingListener`). It is told no event that is
    /// delivered from then on; one that it is just being told it still hears to the end. A second
    /// call does nothing.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// let report = ssc.add_streaming_listener(millrace::events::StatsReportListener::new(10));
    /// ssc.remove_streaming_listener(&report);
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove_streaming_listener(&self, listener: &ListenerHandle) {
        listener.remove();
    }
}
