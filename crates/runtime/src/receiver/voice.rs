//! The lines about one receiver on standard error.
//!
//! A trouble that lasts is one line, and so is its end: a night without a sender is said once.
//! Troubles that come and go are said at growing intervals.

use std::fmt;
use std::io;
use std::sync::Arc;

use millrace_types::{Lock, StreamId, reason};

use crate::clock::Clock;
use crate::notice::Repeats;

/// Speaks for one receiver.
pub(super) struct Voice {
    stream: StreamId,
    repeats: Repeats,
    /// The trouble that lasts.
    trouble: Lock<Option<Trouble>>,
}

struct Trouble {
    what: String,
    /// True once it was said. Within a pause it is only counted, and said when the pause is over
    /// if it lasts: else a sender that has gone for good would be passed over in silence.
    said: bool,
}

impl Voice {
    pub(super) fn new(stream: StreamId, clock: Arc<dyn Clock>) -> Voice {
        Voice {
            stream,
            repeats: Repeats::new(clock),
            trouble: Lock::default(),
        }
    }

    /// Says `line`, of which there may be many of one kind.
    pub(super) fn say(&self, kind: &str, line: impl fmt::Display) {
        self.has_said(kind, line);
    }

    fn has_said(&self, kind: &str, line: impl fmt::Display) -> bool {
        let stream = self.stream.0;
        let line = format_args!("receiver {stream}: {line}");
        self.repeats.has_said(kind, line)
    }

    /// Says `line` unless this trouble lasts already and was said. To be called as often as it is
    /// met.
    pub(super) fn trouble(&self, what: &str, line: impl fmt::Display) {
        let is_said = |trouble: &Trouble| trouble.what == what && trouble.said;
        if self.trouble.lock().as_ref().is_some_and(is_said) {
            return;
        }
        // Not under the lock: standard error may be a pipe that nobody reads.
        let said = self.has_said(what, line);
        *self.trouble.lock() = Some(Trouble {
            what: what.to_owned(),
            said,
        });
    }

    /// The trouble is over; gives whether there was one.
    pub(super) fn is_well(&self) -> bool {
        self.trouble.lock().take().is_some()
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
    let why = reason(error);
    match error.kind() {
        io::ErrorKind::InvalidData => format!("the connection to {address} was left: {why}"),
        _ => format!("the connection to {address} broke: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use millrace_types::Duration;

    use crate::clock::ManualClock;

    use super::*;

    #[test]
    fn a_trouble_that_is_counted_only_is_said_when_the_pause_is_over() {
        let clock = ManualClock::new();
        let voice = Voice::new(StreamId(0), Arc::new(clock.clone()));
        let is_said = || {
            voice.trouble("gone", "it is gone");
            let trouble = voice.trouble.lock();
            trouble.as_ref().is_some_and(|trouble| trouble.said)
        };
        assert!(is_said());
        assert!(voice.is_well(), "it comes back for a moment");
        clock.advance(Duration::seconds(2));
        assert!(!is_said(), "it was said a short while ago");
        clock.advance(Duration::seconds(9));
        assert!(is_said(), "and it lasts");
    }
}
