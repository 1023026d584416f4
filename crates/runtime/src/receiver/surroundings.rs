//! Things that every receiver is given, whatever it receives.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use millrace_types::StreamId;

use crate::clock::Clock;
use crate::listener::ListenerBus;

use super::counts::InputCounters;
use super::dialer::Dialer;
use super::rate::RateLimiter;
use super::reports::Reports;

/// Which end of a connection is the end of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastEnd {
    /// None: another connection is made.
    Never,
    /// An end by which the sender closed it (`millrace.stopAtEof`).
    Closed,
    /// An end by which the sender closed it, or reset it
    /// (`millrace.stopAtReset`).
    ClosedOrReset,
}

impl LastEnd {
    pub(super) fn at_close(self) -> bool {
        self != LastEnd::Never
    }

    /// True if this error of a connection is the end of the stream.
    pub(super) fn at_error(self, error: &io::Error) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        let is_reset = matches!(
            error.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset
        );
        is_reset && self == LastEnd::ClosedOrReset
    }
}

/// The settings of a receiver.
#[derive(Debug, Clone)]
pub struct ReceiverSettings {
    /// The number of the stream, from 0.
    pub stream: StreamId,
    /// `spark.streaming.blockInterval`.
    pub block_interval: Duration,
    /// `spark.streaming.receiverRestartDelay`.
    pub restart_delay: Duration,
    /// The end of a connection after which the receiver does not dial again.
    pub last_end: LastEnd,
}

/// Everything that a receiver is given.
pub struct Surroundings {
    /// The settings of the receiver.
    pub settings: ReceiverSettings,
    /// `spark.streaming.receiver.maxRate`, if there is one.
    pub limiter: Option<RateLimiter>,
    /// The dialer of its connections.
    pub dialer: Dialer,
    /// The counters of its input.
    pub counters: Arc<InputCounters>,
    /// The clock that it waits by.
    pub clock: Arc<dyn Clock>,
    /// The listeners that hear of its starts, errors and ends.
    pub listeners: Arc<ListenerBus>,
}

impl Surroundings {
    /// The reports of a receiver of this kind.
    pub(super) fn reports(&self, kind: &str) -> Reports {
        let stream = self.settings.stream;
        Reports {
            stream,
            name: format!("{kind}-{}", stream.0),
            listeners: Arc::clone(&self.listeners),
            clock: Arc::clone(&self.clock),
        }
    }
}
