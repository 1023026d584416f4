//! Errors, by whose fault they are.
//!
//! An error says what happened, where, and what to do next. Nothing in the engine panics for
//! something a user did; a panic in a user's function becomes [`ErrorKind::Task`].

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whose fault an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting cannot be understood or cannot be met.
    Config,
    /// A call that the life of the context does not allow: an operator after the start, a
    /// second start, a program without an output.
    Illegal,
    /// A function of the program panicked; the message names batch and stage.
    Task,
    /// Functions of the program panicked at more records than it may skip.
    RecordErrors,
    /// Standard output was closed by whoever read it. A program ends quietly then.
    OutputClosed,
    /// A graceful stop was out of time before all that was received had been run and its output
    /// read.
    Unfinished,
    /// The system refused something: a thread, a file, a directory.
    Io,
}

/// An error of the engine.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<io::Error>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn config(cause: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Config, cause.to_string())
    }

    pub(crate) fn illegal(rule: impl Into<String>) -> Error {
        Error::new(ErrorKind::Illegal, rule)
    }

    pub(crate) fn io(doing: impl Into<String>, source: io::Error) -> Error {
        Error {
            kind: ErrorKind::Io,
            message: doing.into(),
            source: Some(source),
        }
    }

    /// Says in front of the message where it happened.
    pub(crate) fn within(mut self, place: impl fmt::Display) -> Error {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

/// The system's words for a failure, without the number that it gives it.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match error.raw_os_error() {
        Some(number) => {
            let number = format!(" (os error {number})");
            text.strip_suffix(&number).unwrap_or(&text).to_owned()
        }
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
