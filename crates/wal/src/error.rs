//! Errors on the way to a disk and back, each with its remedy.
//!
//! Damage and a full disk call for different hands than a bug, so each has a kind of its own,
//! and each message ends with the next step of whoever reads it.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use millrace_types::reason;

/// The result of everything here that can fail.
pub type Result<T, E = WalError> = std::result::Result<T, E>;

/// An error of the floor of durability, by what has to be done about it.
#[derive(Debug)]
#[non_exhaustive]
pub enum WalError {
    /// The system refused something.
    Io {
        /// The attempt that failed, as in "cannot write".
        doing: &'static str,
        /// The file or directory it was tried on.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The disk, or a quota on it, is full. Frames that were durable before still are.
    Full {
        /// The file that could not grow.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file holds what no crash can have left there. It was not touched.
    Damage {
        /// The damaged file, or the one that is missing.
        file: PathBuf,
        /// The place in the file, in bytes; 0 if the file as a whole is wrong.
        offset: u64,
        /// The fault found there.
        what: String,
    },
    /// A file was written by a newer version of this format. It was not touched.
    NewerFormat {
        /// The file.
        file: PathBuf,
        /// The version it has.
        found: u16,
        /// The newest version that can be read.
        known: u16,
    },
    /// Another process, or another part of this one, holds the directory.
    Locked {
        /// The directory.
        directory: PathBuf,
        /// The holder's note about itself.
        holder: String,
    },
    /// A file that is in use was removed, moved or replaced by somebody else.
    Gone {
        /// The name under which it was.
        path: PathBuf,
    },
    /// A file that is in use was cut or written into by somebody else.
    Changed {
        /// The file.
        path: PathBuf,
        /// The bytes that this program has written to it.
        written: u64,
        /// The bytes that it has.
        found: u64,
    },
    /// An earlier write or sync failed, and nothing was written since.
    Poisoned {
        /// The failure of that time.
        cause: String,
    },
}

impl WalError {
    /// Files what the system said under the kind it belongs to: a full disk is
    /// [`WalError::Full`], all else [`WalError::Io`].
    pub fn io(doing: &'static str, path: &Path, source: io::Error) -> WalError {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                WalError::Full { path, source }
            }
            _ => WalError::Io {
                doing,
                path,
                source,
            },
        }
    }

    /// A file that is in use and not at `path` any more.
    pub fn gone(path: &Path) -> WalError {
        let path = path.to_path_buf();
        WalError::Gone { path }
    }

    /// Checks the length of a file that is in use: `written` bytes are this program's.
    ///
    /// # Errors
    /// [`WalError::Changed`] if the file has `found` bytes and not so many.
    pub fn check_length(path: &Path, written: u64, found: u64) -> Result<()> {
        let path = path.to_path_buf();
        match written == found {
            true => Ok(()),
            false => Err(WalError::Changed {
                path,
                written,
                found,
            }),
        }
    }

    /// Damage at `offset` of `file`.
    pub fn damage(file: &Path, offset: u64, what: impl Into<String>) -> WalError {
        WalError::Damage {
            file: file.to_path_buf(),
            offset,
            what: what.into(),
        }
    }
}

impl fmt::Display for WalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WalError::Io {
                doing,
                path,
                source,
            } => {
                write!(f, "{doing} {}: {}", path.display(), reason(source))?;
                match source.kind() {
                    io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                        f.write_str("; choose a directory that this program may write")
                    }
                    _ => Ok(()),
                }
            }
            WalError::Full { path, source } => write!(
                f,
                "no room to write {}: {}; make room on the disk and start again, what was \
                 durable is still there",
                path.display(),
                reason(source)
            ),
            WalError::Damage { file, offset, what } => write!(
                f,
                "{} is damaged at byte {offset}: {what}; it was left as it is: put back a good \
                 copy, or move the directory away and start without it",
                file.display()
            ),
            WalError::NewerFormat { file, found, known } => write!(
                f,
                "{} has format {found}, and this program reads formats up to {known}; run the \
                 newer program that wrote it",
                file.display()
            ),
            WalError::Locked { directory, holder } => write!(
                f,
                "{} is in use by {holder}; stop that one first, or choose another directory",
                directory.display()
            ),
            WalError::Gone { path } => write!(
                f,
                "{} was removed, moved or replaced while it was in use, so nothing more can be made \
                 durable; keep others out of the directory and start again",
                path.display()
            ),
            WalError::Changed {
                path,
                written,
                found,
            } => write!(
                f,
                "{} has {found} bytes, and {written} were written to it: somebody has cut it or \
                 written into it while it was in use, so nothing more can be made durable; keep \
                 others out of the directory and start again",
                path.display()
            ),
            WalError::Poisoned { cause } => write!(
                f,
                "nothing more is written since an earlier failure ({cause}); start again to go \
                 on from what was durable"
            ),
        }
    }
}

impl StdError for WalError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            WalError::Io { source, .. } | WalError::Full { source, .. } => Some(source),
            _ => None,
        }
    }
}
