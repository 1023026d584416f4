//! [`Pauses`] with a clock of the engine's, for one speaker.

use std::fmt;
use std::sync::Arc;

use millrace_types::{Lock, Pauses};

use crate::clock::Clock;

use super::notice;

/// Says the lines of one speaker.
pub struct Repeats {
    clock: Arc<dyn Clock>,
    pauses: Lock<Pauses>,
}

impl Repeats {
    /// Measures pauses by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Repeats {
        Repeats {
            clock,
            pauses: Lock::default(),
        }
    }

    /// Says `line`, or counts it if a line of its kind was said a short while ago. The lines of a
    /// kind may differ in their numbers.
    pub fn say(&self, kind: &str, line: impl fmt::Display) {
        self.has_said(kind, line);
    }

    /// The same; gives whether it was said.
    pub(crate) fn has_said(&self, kind: &str, line: impl fmt::Display) -> bool {
        // Not under the lock: standard error may be a pipe that nobody reads.
        let said = self.pauses.lock().pass(self.clock.now(), kind);
        if let Some(repeated) = said {
            notice(repeated.with(line));
        }
        said.is_some()
    }

    /// Says how many lines were counted since they were said last: nothing comes any more.
    pub fn end(&self, speaker: impl fmt::Display) {
        let left = self.pauses.lock().end(self.clock.now());
        if let Some(left) = left {
            notice(format_args!(
                "{speaker}: lines such as those above were left out {left}"
            ));
        }
    }
}

impl fmt::Debug for Repeats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repeats").finish_non_exhaustive()
    }
}
