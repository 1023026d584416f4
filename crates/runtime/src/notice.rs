//! Lines on standard error, which is where everything but results goes.
//!
//! A line that can come again and again goes through [`Repeats`], so that a trouble that lasts
//! does not fill a log.

mod repeats;

use std::fmt;

use millrace_types::one_line;

pub use repeats::Repeats;

/// Warns whoever runs the program of something that will do harm, or that the run gets over. What
/// is in the message stays in its line: a name may hold a line end.
pub fn notice(message: impl fmt::Display) {
    millrace_stderr::warn(&line(message));
}

/// Says what is no trouble.
pub fn news(message: impl fmt::Display) {
    millrace_stderr::info(&line(message));
}

fn line(message: impl fmt::Display) -> String {
    one_line(&format!("millrace: {message}"))
}
