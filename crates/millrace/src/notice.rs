//! Lines on standard error, which is where everything but results goes.
//!
//! A line that can come again and again goes through [`Repeats`], so that a trouble that lasts
//! does not fill a log.

mod repeats;

use std::fmt;
use std::io::Write;

use millrace_types::one_line;

pub(crate) use repeats::Repeats;

/// Says something to whoever runs the program. A standard error that is closed is not worth a
/// failure. What is in the message stays in its line: a name may hold a line end.
pub(crate) fn notice(message: impl fmt::Display) {
    let line = format!("{}\n", one_line(&format!("millrace: {message}")));
    drop(std::io::stderr().lock().write_all(line.as_bytes()));
}
