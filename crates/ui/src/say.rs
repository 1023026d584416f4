//! One line on stderr about a trouble of what watches a run.

use millrace_types::one_line;

pub(crate) fn say(message: &str) {
    millrace_stderr::warn(&one_line(&format!("millrace: {message}")));
}
