//! Messages for whoever runs the program, each written as it is.

use std::borrow::Cow;

use tracing::Level;
use tracing::subscriber::NoSubscriber;

use crate::format::{Format, json_line};
use crate::level::threshold;
use crate::out::{write_last, write_line};

/// The target of the events that messages are.
pub(crate) const MESSAGES: &str = "millrace";

/// True if anybody listens to the events of this thread.
fn is_listened_to() -> bool {
    tracing::dispatcher::get_default(|listener| !listener.is::<NoSubscriber>())
}

macro_rules! message {
    ($level:expr, $line:expr) => {
        if is_listened_to() {
            tracing::event!(target: MESSAGES, $level, "{}", $line);
        } else if threshold(true) >= $level {
            write_line($line);
        }
    };
}

/// Says what is no trouble.
pub fn info(line: &str) {
    message!(Level::INFO, line);
}

/// Says that something went wrong which the run gets over, or that will do harm.
pub fn warn(line: &str) {
    message!(Level::WARN, line);
}

/// Says that something failed.
pub fn error(line: &str) {
    message!(Level::ERROR, line);
}

/// True if a message is said that is no trouble (`of_info`), or one that is.
pub fn says(of_info: bool) -> bool {
    let level = if of_info { Level::INFO } else { Level::WARN };
    threshold(true) >= level
}

/// Says why a program ends: whatever the level is, and whoever else listens.
pub fn last(line: &str) {
    write_last(&always(Level::ERROR, line));
}

/// Says what was asked for: whatever the level is, and whoever else listens.
pub fn answer(line: &str) {
    write_line(&always(Level::INFO, line));
}

/// The line of a message in the form that was chosen.
fn always(level: Level, line: &str) -> Cow<'_, str> {
    match Format::chosen() {
        Format::Text => line.into(),
        Format::Json => json_line(&level, MESSAGES, line, &[]).into(),
    }
}
