//! Files that are there as a whole or not at all.
//!
//! Written under a temporary name, synced, renamed, and the directory synced; a crash leaves
//! the old file or the new one, and perhaps a leftover that its name gives away. A failed
//! attempt may be made again: it begins with a new file, so no failed sync is repeated.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Result, WalError};
use crate::failpoint::{failpoint, failpoint_is_set};
use crate::storage::{Storage, StorageFile, write_all};

/// The end of a temporary name. Nothing else in the directory may.
const SUFFIX: &str = ".temporary";

/// True if a file of this name is the leftover of a file that was never completed.
pub fn is_temporary(name: &str) -> bool {
    name.ends_with(SUFFIX)
}

/// Removes the leftovers in a directory and gives their number. Only who holds the
/// directory's lock may do so.
///
/// # Errors
/// Any error of the file system.
pub fn remove_temporaries(storage: &dyn Storage, directory: &Path) -> Result<usize> {
    let names = storage
        .list(directory)
        .map_err(|source| WalError::io("cannot list", directory, source))?;
    let leftovers: Vec<_> = names.iter().filter(|name| is_temporary(name)).collect();
    for name in &leftovers {
        let path = directory.join(name);
        failpoint("cleanup.before-remove");
        storage
            .remove(&path)
            .map_err(|source| WalError::io("cannot remove", &path, source))?;
        failpoint("cleanup.after-remove");
    }
    // No sync: what a crash brings back is still a leftover.
    Ok(leftovers.len())
}

/// Writes a whole file, in place of the one that has the name now if there is one. When it
/// returns the file is durable.
///
/// ```
/// use std::sync::Arc;
/// use millrace_wal::{Disk, Storage, write_atomically};
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let directory = directory.path();
/// let storage: Arc<dyn Storage> = Arc::new(Disk);
/// write_atomically(&storage, directory, "manifest", b"one")?;
/// write_atomically(&storage, directory, "manifest", b"two")?;
/// assert_eq!(std::fs::read(directory.join("manifest")).unwrap(), b"two");
/// # Ok::<(), millrace_wal::WalError>(())
/// ```
///
/// # Errors
/// Any error of the file system. The old file is there then, or the new one; if the last
/// step failed, either may be there after a crash. The old file is there then, or the new
/// one; if the last step failed, either may be there after a crash.
pub fn write_atomically(
    storage: &Arc<dyn Storage>,
    directory: &Path,
    name: &str,
    bytes: &[u8],
) -> Result<()> {
    let mut file = AtomicFile::create(storage, directory, name)?;
    file.write(bytes)?;
    file.commit().map(drop)
}

pub(crate) fn sync_directory(storage: &dyn Storage, directory: &Path) -> Result<()> {
    storage
        .sync_directory(directory)
        .map_err(|source| missed(directory, "cannot sync", directory, source))
}

/// The error of `doing` something to `path`, which fails with "not found" if somebody has taken
/// `gone` away meanwhile: whoever asks has just used it.
fn missed(gone: &Path, doing: &'static str, path: &Path, source: io::Error) -> WalError {
    match source.kind() {
        io::ErrorKind::NotFound => WalError::gone(gone),
        _ => WalError::io(doing, path, source),
    }
}

/// A file on its way: written in pieces, and seen under its name only after
/// [`commit`](AtomicFile::commit). Dropped before that, it is removed.
#[derive(Debug)]
pub struct AtomicFile {
    storage: Arc<dyn Storage>,
    file: Arc<dyn StorageFile>,
    directory: PathBuf,
    target: PathBuf,
    temporary: PathBuf,
    renamed: bool,
}

impl AtomicFile {
    /// Begins a file that will be `name` in `directory`.
    ///
    /// # Errors
    /// Any error of the file system.
    pub fn create(storage: &Arc<dyn Storage>, directory: &Path, name: &str) -> Result<AtomicFile> {
        let temporary = directory.join(format!("{name}{SUFFIX}"));
        failpoint("atomic.before-create");
        let refused = |source| WalError::io("cannot create", &temporary, source);
        let file = match storage.create_new(&temporary) {
            // A leftover, since the directory has one writer.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                storage.remove(&temporary).map_err(refused)?;
                storage.create_new(&temporary)
            }
            result => result,
        }
        .map_err(refused)?;
        failpoint("atomic.after-create");
        Ok(AtomicFile {
            storage: Arc::clone(storage),
            file,
            directory: directory.to_path_buf(),
            target: directory.join(name),
            temporary,
            renamed: false,
        })
    }

    /// The path that the finished file will have.
    pub fn path(&self) -> &Path {
        &self.target
    }

    /// Writes behind what was written before.
    ///
    /// # Errors
    /// Any error of the file system. The file can only be dropped then.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_raw(bytes)
            .map_err(|source| WalError::io("cannot write", &self.temporary, source))
    }

    fn write_raw(&self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        if failpoint_is_set("atomic.mid-write") {
            let (half, other) = bytes.split_at(bytes.len() / 2);
            write_all(&*self.file, half)?;
            failpoint("atomic.mid-write");
            rest = other;
        }
        write_all(&*self.file, rest)?;
        failpoint("atomic.after-write");
        Ok(())
    }

    /// Makes what was written so far durable, so that less is left to do at the end.
    ///
    /// # Errors
    /// Any error of the file system. The file can only be dropped then.
    pub fn sync(&mut self) -> Result<()> {
        self.file
            .sync_data()
            .map_err(|source| WalError::io("cannot sync", &self.temporary, source))
    }

    /// Makes what was written durable and gives it its name.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn commit(mut self) -> Result<Arc<dyn StorageFile>> {
        self.file
            .sync_data()
            .map_err(|source| WalError::io("cannot sync", &self.temporary, source))?;
        failpoint("atomic.after-sync");
        self.storage
            .rename(&self.temporary, &self.target)
            .map_err(|source| missed(&self.target, "cannot rename", &self.temporary, source))?;
        self.renamed = true;
        failpoint("atomic.after-rename");
        sync_directory(&*self.storage, &self.directory)?;
        failpoint("atomic.after-directory-sync");
        Ok(Arc::clone(&self.file))
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.renamed {
            // On a full disk this gives the room back. If it fails the name says what it is.
            drop(self.storage.remove(&self.temporary));
        }
    }
}
