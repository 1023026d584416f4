//! Spark's names of levels, and which of them are written.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

use millrace_types::keys::LOG_LEVELS;
use tracing::level_filters::LevelFilter;

/// A level by Spark's name: what is written is what is at least as grave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing but what ends a run.
    Off,
    /// As `Off`: nothing that goes on is that grave.
    Fatal,
    /// Errors.
    Error,
    /// Troubles that a run gets over.
    Warn,
    /// The fate of receivers and batches.
    Info,
    /// The steps of a batch, and requests to the page.
    Debug,
    /// As `All`.
    Trace,
    /// Everything.
    All,
}

/// A text that names no level, in Spark 3.5's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelError(String);

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let levels = LOG_LEVELS.join(",");
        write!(
            f,
            "requirement failed: Supplied level {} did not match one of: {levels}",
            self.0
        )
    }
}

impl Error for LevelError {}

impl Level {
    /// The level of this name, in any case.
    ///
    /// # Errors
    /// If there is none.
    ///
    /// ```
    /// use millrace_stderr::Level;
    ///
    /// assert_eq!(Level::parse("warn"), Ok(Level::Warn));
    /// let error = Level::parse("loud").expect_err("there is no such level");
    /// assert_eq!(
    ///     error.to_string(),
    ///     "requirement failed: Supplied level loud did not match one of: \
    ///      ALL,DEBUG,ERROR,FATAL,INFO,OFF,TRACE,WARN"
    /// );
    /// ```
    pub fn parse(name: &str) -> Result<Level, LevelError> {
        Ok(match name.to_uppercase().as_str() {
            "ALL" => Level::All,
            "DEBUG" => Level::Debug,
            "ERROR" => Level::Error,
            "FATAL" => Level::Fatal,
            "INFO" => Level::Info,
            "OFF" => Level::Off,
            "TRACE" => Level::Trace,
            "WARN" => Level::Warn,
            _ => return Err(LevelError(name.to_owned())),
        })
    }
}

/// The level that was chosen, as a number; [`NONE`] before that.
static CHOSEN: AtomicU8 = AtomicU8::new(NONE);

/// No level was chosen: all messages, and of the log what is a trouble.
const NONE: u8 = u8::MAX;

pub(crate) fn choose(level: Level) {
    CHOSEN.store(level as u8, Ordering::Relaxed);
}

/// The least grave level that is written of messages, or of the log.
pub(crate) fn threshold(of_messages: bool) -> LevelFilter {
    const LEVELS: [LevelFilter; 8] = [
        LevelFilter::OFF,
        LevelFilter::OFF,
        LevelFilter::ERROR,
        LevelFilter::WARN,
        LevelFilter::INFO,
        LevelFilter::DEBUG,
        LevelFilter::TRACE,
        LevelFilter::TRACE,
    ];
    let chosen = LEVELS.get(usize::from(CHOSEN.load(Ordering::Relaxed)));
    let quiet = if of_messages {
        LevelFilter::INFO
    } else {
        LevelFilter::WARN
    };
    chosen.copied().unwrap_or(quiet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_sparks_is_a_level_in_any_case() {
        for name in LOG_LEVELS {
            assert_eq!(Level::parse(name), Level::parse(&name.to_lowercase()));
            assert!(Level::parse(name).is_ok(), "{name}");
        }
        assert!(Level::parse("").is_err());
        assert!(Level::parse(" INFO").is_err());
    }
}
