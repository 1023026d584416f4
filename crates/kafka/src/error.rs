//! Reasons for which a stream of Kafka cannot be described.

use std::fmt;

use millrace_types::HostError;

/// Why a stream of Kafka cannot be described.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// No topic is named.
    NoTopic,
    /// The pattern of topics is no regular expression.
    Pattern {
        /// The text that was given.
        pattern: String,
        /// The reason, for people.
        reason: String,
    },
    /// The offsets to start at are none.
    StartingOffsets {
        /// The text that was given.
        given: String,
        /// The reason, for people.
        reason: String,
    },
    /// A broker can never be a host.
    Broker(HostError),
    /// A setting has a value that it does not take.
    Setting(String),
    /// The client library refuses its settings.
    Client(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoTopic => f.write_str("there is no topic to read"),
            Error::Pattern { pattern, reason } => {
                write!(
                    f,
                    "the pattern of topics '{pattern}' cannot be read: {reason}"
                )
            }
            Error::StartingOffsets { given, reason } => write!(
                f,
                "starting offsets should be latest, earliest, committed, or JSON as in \
                 {{\"topic\":{{\"0\":23}}}}, but were '{given}': {reason}"
            ),
            Error::Broker(why) => write!(f, "brokers: {why}"),
            Error::Setting(message) => f.write_str(message),
            Error::Client(reason) => write!(f, "the Kafka client cannot be made: {reason}"),
        }
    }
}

impl std::error::Error for Error {}
