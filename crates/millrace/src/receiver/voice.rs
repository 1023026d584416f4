//! The lines about one receiver on standard error.
//!
//! A trouble that lasts is one line, and so is its end: a night without a sender is said once.
//! Troubles that come and go are said at growing intervals.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use millrace_types::StreamId;

use crate::clock::Clock;
use crate::notice::Repeats;

/// Speaks for one receiver.
pub(super) struct Voice {
    stream: StreamId,
    repeats: Repeats,
    /// The trouble that lasts.
    trouble: Mutex<Option<String>>,
}

impl Voice {
    pub(super) fn new(stream: StreamId, clock: Arc<dyn Clock>) -> Voice {
        Voice {
            stream,
            repeats: Repeats::new(clock),
            trouble: Mutex::default(),
        }
    }

    /// Says `line`, of which there may be many of one kind.
    pub(super) fn say(&self, kind: &str, line: impl fmt::Display) {
        let stream = self.stream.0;
        self.repeats
            .say(kind, format_args!("receiver {stream}: {line}"));
    }

    /// Says `line` unless this trouble lasts already.
    pub(super) fn trouble(&self, trouble: &str, line: impl fmt::Display) {
        {
            let mut lasting = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
            if lasting.as_deref() == Some(trouble) {
                return;
            }
            *lasting = Some(trouble.to_owned());
        }
        // Not under the lock: standard error may be a pipe that nobody reads.
        self.say(trouble, line);
    }

    /// The trouble is over; gives whether there was one.
    pub(super) fn is_well(&self) -> bool {
        let mut lasting = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        lasting.take().is_some()
    }

    /// Says that a connection broke within a line or another record.
    pub(super) fn dropped(&self, address: &str, record: &str, bytes: usize) {
        let plural = if bytes == 1 { "" } else { "s" };
        let line = format_args!(
            "the connection to {address} ended within a {record}: the {bytes} byte{plural} of it \
             that had come were dropped"
        );
        self.say("dropped", line);
    }

    /// Says what was left out: the receiver has ended.
    pub(super) fn end(&self) {
        self.repeats.end(format_args!("receiver {}", self.stream.0));
    }
}

/// The message that a sender has closed its connection.
pub(super) fn closed(address: &str) -> String {
    format!("{address} has closed the connection")
}

/// The message that a connection has ended by an error.
pub(super) fn broken(address: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData => format!("the connection to {address} was left: {error}"),
        _ => format!("the connection to {address} broke: {error}"),
    }
}
