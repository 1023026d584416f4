//! Messages that can come again and again, each kind at growing intervals.
//!
//! The pages that watch a run and the clients of other systems find the same trouble again and again;
//! one way of saying it seldom serves them all.

use std::fmt;
use std::time::Instant;

use millrace_types::{Lock, Pauses, one_line};

use crate::warn;

/// Warns of what is found again and again, by the rule of [`Pauses`]. When it is dropped it says
/// how many lines were left out.
///
/// ```
/// use millrace_stderr::Voice;
///
/// let voice = Voice::new("millrace: kafka: ");
/// assert!(voice.say("broker", "nobody answers"));
/// assert!(!voice.say("broker", "nobody answers"), "it has just been said");
/// ```
#[derive(Debug)]
pub struct Voice {
    prefix: &'static str,
    since: Instant,
    pauses: Lock<Pauses>,
}

impl Voice {
    /// One that begins each line with `prefix`.
    #[must_use]
    pub fn new(prefix: &'static str) -> Voice {
        Voice {
            prefix,
            since: Instant::now(),
            pauses: Lock::default(),
        }
    }

    /// Says `line`, or counts it if a line of its kind was said a short while ago; gives whether
    /// it was said.
    pub fn say(&self, kind: &str, line: impl fmt::Display) -> bool {
        // Not under the lock: standard error may be a pipe that nobody reads.
        let said = self.pauses.lock().pass(self.now(), kind);
        if let Some(repeated) = said {
            self.warn(repeated.with(line));
        }
        said.is_some()
    }

    fn warn(&self, line: impl fmt::Display) {
        warn(&one_line(&format!("{}{line}", self.prefix)));
    }

    fn now(&self) -> i64 {
        i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        let left = self.pauses.lock().end(self.now());
        if let Some(left) = left {
            self.warn(format_args!(
                "lines such as those above were left out {left}"
            ));
        }
    }
}
