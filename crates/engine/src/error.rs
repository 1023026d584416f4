//! Errors, by whose fault they are.
//!
//! An error says what happened, where, and what to do next. Nothing in the engine panics for
//! something a user did; a panic in a user's function becomes [`ErrorKind::Task`].

use std::error::Error as StdError;
use std::fmt;
use std::io;

use millrace_types::{BatchTime, reason};

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
    /// read, or a source gave its batch up because the other side was silent.
    Unfinished,
    /// Another run has the directory of the checkpoint.
    Locked,
    /// A file of the checkpoint is damaged, or of a newer format; it was left as it is.
    Damaged,
    /// The disk, or a quota on it, is full.
    DiskFull,
    /// The system refused something else: a thread, a file, a directory.
    Io,
}

/// An error of the engine.
///
/// `Debug` shows the message, as `Display` does: that is what a `main` shows which returns the
/// error. `{:#?}` shows the parts.
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Cause>,
    batch: Option<BatchTime>,
    operator: Option<String>,
}

/// The error that an [`Error`] comes from.
#[derive(Debug)]
enum Cause {
    /// The system's, which is shown behind the message.
    System(io::Error),
    /// One that the message has told already.
    Told(Box<dyn StdError + Send + Sync>),
}

impl Error {
    #[doc(hidden)]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            source: None,
            batch: None,
            operator: None,
        }
    }

    #[doc(hidden)]
    pub fn config(cause: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Config, cause.to_string())
    }

    #[doc(hidden)]
    pub fn illegal(rule: impl Into<String>) -> Error {
        Error::new(ErrorKind::Illegal, rule)
    }

    #[doc(hidden)]
    pub fn io(doing: impl Into<String>, source: io::Error) -> Error {
        let kind = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
            _ => ErrorKind::Io,
        };
        let mut error = Error::new(kind, doing);
        error.source = Some(Cause::System(source));
        error
    }

    /// An error with its cause, which the message has told.
    #[doc(hidden)]
    pub fn caused(
        kind: ErrorKind,
        message: impl Into<String>,
        cause: impl StdError + Send + Sync + 'static,
    ) -> Error {
        let mut error = Error::new(kind, message);
        error.source = Some(Cause::Told(Box::new(cause)));
        error
    }

    /// The same error for somebody else who has to be told. The message tells what caused it.
    #[doc(hidden)]
    #[must_use]
    pub fn again(&self) -> Error {
        Error {
            kind: self.kind,
            message: self.to_string(),
            source: None,
            batch: self.batch,
            operator: self.operator.clone(),
        }
    }

    /// Notes the batch and the operator whose work failed, innermost first.
    #[doc(hidden)]
    #[must_use]
    pub fn of(mut self, batch: BatchTime, operator: &str) -> Error {
        self.batch.get_or_insert(batch);
        self.operator.get_or_insert_with(|| operator.to_owned());
        self
    }

    /// Says in front of the message where it happened.
    #[doc(hidden)]
    #[must_use]
    pub fn within(mut self, place: impl fmt::Display) -> Error {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The batch whose work failed, if it was a batch's.
    #[must_use]
    pub fn batch(&self) -> Option<BatchTime> {
        self.batch
    }

    /// The operator or output whose work failed, as the message names it, if it was a batch's.
    #[must_use]
    pub fn operator(&self) -> Option<&str> {
        self.operator.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(Cause::System(source)) => write!(f, ": {}", reason(source)),
            Some(Cause::Told(_)) | None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("source", &self.source)
            .field("batch", &self.batch)
            .field("operator", &self.operator)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.source.as_ref()? {
            Cause::System(error) => Some(error),
            Cause::Told(error) => Some(&**error as &(dyn StdError + 'static)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(Error::io("cannot write", full).kind(), ErrorKind::DiskFull);
    }

    #[test]
    fn everybody_is_told_the_same() {
        let refused = io::Error::from_raw_os_error(13);
        let error = Error::io("cannot read", refused).of(BatchTime::from_millis(1), "map");
        let again = error.again();
        assert_eq!(again.to_string(), error.to_string());
        assert_eq!((again.kind(), again.batch()), (error.kind(), error.batch()));
        assert_eq!(again.operator(), Some("map"));
    }

    #[test]
    fn a_main_that_returns_an_error_shows_its_message() {
        let denied = Error::io("cannot write out", io::Error::from_raw_os_error(13));
        assert_eq!(format!("{denied:?}"), "cannot write out: Permission denied");
        assert!(format!("{denied:#?}").contains("kind: Io"));
    }

    #[test]
    fn the_innermost_batch_and_operator_stand() {
        let error = Error::illegal("no").of(BatchTime::from_millis(1), "map");
        let error = error
            .within("batch 1 ms")
            .of(BatchTime::from_millis(1), "print");
        assert_eq!(error.batch(), Some(BatchTime::from_millis(1)));
        assert_eq!(error.operator(), Some("map"));
        assert_eq!(error.to_string(), "batch 1 ms: no");
    }
}
