//! The calls that this crate makes to a file system.
//!
//! A trait, so that a test can put a file system in its place that fails on demand and shows
//! what a crash would have kept. It has only what is needed; what it does not say about
//! durability does not hold: bytes are safe after [`StorageFile::sync_data`], names after
//! [`Storage::sync_directory`], and nothing else is.

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;

mod disk;
#[cfg(any(test, feature = "testing"))]
mod faulty;

pub use disk::Disk;
#[cfg(any(test, feature = "testing"))]
pub use faulty::{CrashImage, Fault, Faulty, SECTOR_LEN};

/// A file system. The errors of all its methods are the system's.
pub trait Storage: Debug + Send + Sync {
    /// Makes an empty file to append to. It is an error if the name is taken.
    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>>;

    /// Opens a file that exists, to append to it.
    fn open_append(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>>;

    /// Opens a file that exists, to read.
    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>>;

    /// Gives a file another name in the same directory, in one step. A file that had that
    /// name is gone.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// The names of the files in a directory, sorted. Directories, and names that are no
    /// UTF-8, are left out.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// The names of the directories in a directory, sorted. Names that are no UTF-8 are left out.
    fn list_directories(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// Makes a directory and those above it where they do not exist, and makes that durable.
    fn create_directory(&self, directory: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;

    /// Tries to take the lock that stands behind a file, which is made if needed, and writes
    /// `text` into it for others to read.
    fn lock(&self, path: &Path, text: &str) -> io::Result<LockAttempt>;

    /// The whole of a file as it is now.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = self.open_read(path)?;
        let mut bytes = vec![0; usize::try_from(file.len()?).map_err(io::Error::other)?];
        let mut filled = 0;
        while filled < bytes.len() {
            match file.read_at(filled as u64, &mut bytes[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }
}

/// An open file. Several threads may use it; writes always go to its end.
pub trait StorageFile: Debug + Send + Sync {
    /// Reads from `offset` on and gives how many bytes it were, 0 at the end of the file.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize>;

    /// Writes at the end of the file and gives how many bytes it were, maybe not all.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Makes what was written durable, and the length of the file with it. After an error the
    /// bytes may be gone, and another try may succeed all the same: there must be none.
    fn sync_data(&self) -> io::Result<()>;

    /// Cuts the file to `len` bytes. Durable after the next sync.
    fn truncate(&self, len: u64) -> io::Result<()>;

    /// The length of the file in bytes.
    fn len(&self) -> io::Result<u64>;

    /// True if `path` is a name of this very file, and not of another one or of none.
    fn is_at(&self, path: &Path) -> io::Result<bool>;

    /// True if the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// A lock until it is dropped.
pub trait HeldLock: Debug + Send + Sync {
    /// True if a caller that asks for the lock behind `path` now meets this one.
    fn is_at(&self, path: &Path) -> io::Result<bool>;
}

/// The outcome of [`Storage::lock`].
#[derive(Debug)]
pub enum LockAttempt {
    /// The lock is held until this is dropped.
    Held(Box<dyn HeldLock>),
    /// Somebody else holds it and wrote this.
    Busy(String),
}

/// Writes all of `bytes` at the end of the file.
pub(crate) fn write_all(file: &dyn StorageFile, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads all of `bytes` from `offset` on.
pub(crate) fn read_exact(file: &dyn StorageFile, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(offset + filled as u64, &mut bytes[filled..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
