//! Lines on standard error, which is where everything but results goes.
//!
//! A line that can come again and again goes through [`Repeats`], so that a trouble that lasts
//! does not fill a log.

mod repeats;

use std::fmt;
use std::io::Write;

pub(crate) use repeats::Repeats;

/// Says something to whoever runs the program. A standard error that is closed is not worth a
/// failure.
pub(crate) fn notice(message: impl fmt::Display) {
    let line = format!("millrace: {message}\n");
    drop(std::io::stderr().lock().write_all(line.as_bytes()));
}
