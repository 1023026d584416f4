//! Errors of the page and of the event log: each says what to change.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use millrace_types::{ConfError, reason};

/// The page or the event log cannot be had.
#[derive(Debug)]
pub enum UiError {
    /// A setting has a value that it does not take.
    Setting(ConfError),
    /// No port could be had.
    Bind {
        /// The address that was asked for.
        address: IpAddr,
        /// The first port that was tried.
        port: u16,
        /// The last port that was tried.
        last: u16,
        /// The system's error for the last one.
        error: io::Error,
    },
    /// The system does not let the server listen.
    Listen(io::Error),
    /// The system gives no thread.
    Thread(io::Error),
    /// A directory of event logs cannot be read.
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The event log cannot be written.
    Log {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

impl fmt::Display for UiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UiError::Setting(error) => error.fmt(f),
            UiError::Bind {
                address,
                port,
                last,
                error,
            } if port == last => write!(
                f,
                "the Streaming page cannot be served on {address}, port {port}: {}; set \
                 spark.ui.port, or spark.ui.enabled=false",
                reason(error)
            ),
            UiError::Bind {
                address,
                port,
                last,
                ..
            } => write!(
                f,
                "the Streaming page is not served: ports {port} to {last} of {address} are all \
                 taken; set spark.ui.port, or spark.ui.enabled=false"
            ),
            UiError::Listen(error) => {
                let why = reason(error);
                write!(
                    f,
                    "the Streaming page cannot be served: {why}; spark.ui.enabled=false does without it"
                )
            }
            UiError::Thread(error) => {
                write!(
                    f,
                    "the system gives no thread for the Streaming page: {}",
                    reason(error)
                )
            }
            UiError::Directory { path, error } => {
                write!(
                    f,
                    "no event logs can be read from {}: {}",
                    path.display(),
                    reason(error)
                )
            }
            UiError::Log { path, error } => write!(
                f,
                "the event log cannot be written to {}: {}; set spark.eventLog.dir, or \
                 spark.eventLog.enabled=false",
                path.display(),
                reason(error)
            ),
        }
    }
}

impl Error for UiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            UiError::Setting(error) => Some(error),
            UiError::Bind { error, .. }
            | UiError::Listen(error)
            | UiError::Thread(error)
            | UiError::Directory { error, .. }
            | UiError::Log { error, .. } => Some(error),
        }
    }
}

impl From<ConfError> for UiError {
    fn from(error: ConfError) -> UiError {
        UiError::Setting(error)
    }
}
