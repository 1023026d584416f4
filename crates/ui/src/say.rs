//! One line on stderr about a trouble of what watches a run.

use millrace_types::one_line;

/// The beginning of every line.
pub(crate) const PREFIX: &str = "millrace: ";

pub(crate) fn say(message: &str) {
    millrace_stderr::warn(&one_line(&format!("{PREFIX}{message}")));
}
