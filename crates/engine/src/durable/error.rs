//! Errors of stores, which tell by whose doing a store cannot write, read, or go on from its
//! entries: a type of the program, damage, or a function of the program.
//!
//! A checkpoint makes damage of a file of the ones, and an error of the program of the others.

use std::fmt;
use std::sync::Arc;

/// An error of a store.
#[derive(Debug, Clone)]
pub enum StoreError {
    /// A value refuses to be written down.
    Encode(Arc<rmp_serde::encode::Error>),
    /// The same, of something that a batch brought: the batch fails.
    Unwritable {
        /// The part of the batch that could not be written, in the words of the message.
        what: &'static str,
        /// The error of the store.
        cause: Box<StoreError>,
    },
    /// The bytes are no value of the type that the store reads.
    Decode(Arc<rmp_serde::decode::Error>),
    /// A value was read and JSON has no text for it.
    Json(Arc<serde_json::Error>),
    /// An entry begins with a byte that no entry begins with.
    Beginning(u8),
    /// Entries that no store of this kind writes; the text says of which rule.
    Malformed(&'static str),
    /// Entries of a store that the program does not have.
    NoStore(usize),
    /// A function of the program panicked when a window was made again, with this message.
    Panicked(String),
    /// A function of the program breaks a rule of its operator.
    Rule(&'static str),
    /// A function gave a key in a partition that the key does not belong to.
    OtherPartition {
        /// The partition that the function gave the key in.
        given: usize,
        /// The partition that the key belongs to.
        own: usize,
    },
}

impl StoreError {
    /// The error of a value of a kind that cannot be written down for the checkpoint.
    #[must_use]
    pub fn unwritable(what: &'static str, cause: StoreError) -> StoreError {
        StoreError::Unwritable {
            what,
            cause: Box::new(cause),
        }
    }
}

impl From<rmp_serde::encode::Error> for StoreError {
    fn from(error: rmp_serde::encode::Error) -> StoreError {
        StoreError::Encode(Arc::new(error))
    }
}

impl From<rmp_serde::decode::Error> for StoreError {
    fn from(error: rmp_serde::decode::Error) -> StoreError {
        StoreError::Decode(Arc::new(error))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> StoreError {
        StoreError::Json(Arc::new(error))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Encode(error) => error.fmt(f),
            StoreError::Unwritable { what, cause } => write!(
                f,
                "{what} cannot be written down for the checkpoint: {cause}"
            ),
            StoreError::Decode(error) => error.fmt(f),
            StoreError::Json(error) => error.fmt(f),
            StoreError::Beginning(byte) => {
                write!(f, "an entry begins with {byte}, not with 0 or 1")
            }
            StoreError::Malformed(what) | StoreError::Rule(what) => f.write_str(what),
            StoreError::NoStore(index) => write!(f, "there is no store {index}"),
            StoreError::Panicked(message) => write!(
                f,
                "the program's code panicked while a window was made again: {message}"
            ),
            StoreError::OtherPartition { given, own } => write!(
                f,
                "the function gave a key in partition {given} that belongs to partition {own}: it \
                 may only give keys of the partition it was given"
            ),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StoreError::Encode(error) => Some(&**error),
            StoreError::Unwritable { cause, .. } => Some(cause),
            StoreError::Decode(error) => Some(&**error),
            StoreError::Json(error) => Some(&**error),
            _ => None,
        }
    }
}
