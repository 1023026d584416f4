//! One line on stderr about a trouble of what watches a run.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use millrace_types::{Pauses, one_line};

pub(crate) fn say(message: &str) {
    millrace_stderr::warn(&one_line(&format!("millrace: {message}")));
}

/// Says what is found again and again at growing intervals.
#[derive(Debug)]
pub(crate) struct Voice {
    since: Instant,
    pauses: Mutex<Pauses>,
}

impl Default for Voice {
    fn default() -> Voice {
        Voice {
            since: Instant::now(),
            pauses: Mutex::default(),
        }
    }
}

impl Voice {
    /// Says a line about `subject`, or counts it if there was one a short while ago.
    pub(crate) fn say(&self, subject: &str, line: impl fmt::Display) {
        let now = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        let said = {
            let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
            pauses.pass(now, subject)
        };
        if let Some(said) = said {
            say(&said.with(line));
        }
    }
}
