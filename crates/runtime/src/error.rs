//! Errors of the storage as errors of the engine.

use millrace_engine::error::{Error, ErrorKind};
use millrace_wal::WalError;

/// The kind of an error of the storage.
pub(crate) fn kind_of(error: &WalError) -> ErrorKind {
    match error {
        WalError::Locked { .. } => ErrorKind::Locked,
        WalError::Damage { .. } | WalError::NewerFormat { .. } => ErrorKind::Damaged,
        WalError::Full { .. } => ErrorKind::DiskFull,
        _ => ErrorKind::Io,
    }
}

/// An error of the storage, which `message` has told.
pub(crate) fn storage(message: impl Into<String>, cause: WalError) -> Error {
    Error::caused(kind_of(&cause), message, cause)
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::io;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_full_disk_and_damage_are_told_apart_and_have_their_cause() {
        let file = Path::new("/kept/log");
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let of = |error: WalError| storage(error.to_string(), error);
        let full = of(WalError::io("cannot write", file, full));
        assert_eq!(full.kind(), ErrorKind::DiskFull);
        let damaged = of(WalError::damage(file, 7, "its sum is wrong"));
        assert_eq!(damaged.kind(), ErrorKind::Damaged);
        let cause = damaged.source().map(ToString::to_string);
        assert_eq!(cause, Some(damaged.to_string()));
    }
}
