//! The events of a receiver that listeners are told, in Spark's words.
//!
//! A receiver that is started again has stopped in between, and its message says why; an error
//! that it only reports leaves it active (Spark 3.5).

use std::sync::Arc;
use std::time::Duration;

use millrace_types::{ReceiverInfo, StreamId, StreamingEvent};

use crate::clock::Clock;
use crate::listener::ListenerBus;

/// The message of a context that stops to its receivers (Spark 3.5).
pub(super) const BY_DRIVER: &str = "Stopped by driver";

/// Tells listeners what becomes of one receiver.
pub(super) struct Reports {
    pub(super) stream: StreamId,
    pub(super) name: String,
    pub(super) listeners: Arc<ListenerBus>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Reports {
    /// The receiver has started, or started again.
    pub(super) fn started(&self) {
        self.post(StreamingEvent::ReceiverStarted, true, None, None);
    }

    /// The receiver has met an error and goes on; `error` is the error in full, if there is more
    /// of it than the message.
    pub(super) fn error(&self, message: &str, error: &str) {
        let now = Some(self.clock.now());
        let told = Some((message, error));
        self.post(StreamingEvent::ReceiverError, true, told, now);
    }

    /// The receiver has stopped, and is started again after `delay`.
    pub(super) fn restarts(&self, delay: Duration, message: &str, error: &str) {
        let now = Some(self.clock.now());
        let delay = delay.as_millis();
        let message = format!("Restarting receiver with delay {delay}ms: {message}");
        let told = Some((message.as_str(), error));
        self.post(StreamingEvent::ReceiverStopped, false, told, now);
    }

    /// The receiver has stopped for good.
    pub(super) fn stopped(&self, reason: &str) {
        let told = Some((reason, ""));
        self.post(StreamingEvent::ReceiverStopped, false, told, None);
    }

    fn post(
        &self,
        event: fn(ReceiverInfo) -> StreamingEvent,
        active: bool,
        told: Option<(&str, &str)>,
        last_error_time: Option<i64>,
    ) {
        self.listeners.post(|| {
            let (message, error) = told.unwrap_or_default();
            event(ReceiverInfo {
                stream_id: self.stream,
                name: self.name.clone(),
                active,
                location: "localhost".to_owned(),
                executor_id: "driver".to_owned(),
                last_error_message: message.to_owned(),
                last_error: error.to_owned(),
                last_error_time,
            })
        });
    }
}
