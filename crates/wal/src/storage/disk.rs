//! The file system of the machine.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use super::{HeldLock, LockAttempt, Storage, StorageFile};
use crate::failpoint::failpoint;

/// The file system of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Storage for Disk {
    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)?;
        Ok(Arc::new(file))
    }

    fn open_append(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        Ok(Arc::new(OpenOptions::new().append(true).open(path)?))
    }

    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        Ok(Arc::new(File::open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        names(directory, false)
    }

    fn list_directories(&self, directory: &Path) -> io::Result<Vec<String>> {
        names(directory, true)
    }

    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        // Top down, each new name durable before the next one is made. The directory's own
        // name is synced even if it is there: a kill may have come between the two steps.
        let directory = std::path::absolute(directory)?;
        let Some(parent) = directory.parent() else {
            return Ok(());
        };
        if !parent.is_dir() {
            self.create_directory(parent)?;
        }
        match fs::create_dir(&directory) {
            Err(_) if directory.is_dir() => {}
            result => result?,
        }
        self.sync_directory(parent)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        File::open(directory)?.sync_all()
    }

    /// The directory is locked too: a lock file that somebody has removed is made anew by the next
    /// one who comes, whom that lock would not stop.
    fn lock(&self, path: &Path, text: &str) -> io::Result<LockAttempt> {
        let directory = match path.parent().map(File::open).transpose()? {
            None => None,
            Some(directory) => match directory.try_lock() {
                Ok(()) => Some(HeldFile(directory)),
                Err(TryLockError::WouldBlock) => {
                    let holder = fs::read(path).unwrap_or_default();
                    return Ok(LockAttempt::Busy(String::from_utf8_lossy(&holder).into()));
                }
                // There are file systems that lock files only.
                Err(TryLockError::Error(_)) => None,
            },
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {
                failpoint("lock.after-lock");
                file.set_len(0)?;
                file.write_all(text.as_bytes())?;
                failpoint("lock.after-write");
                let file = HeldFile(file);
                Ok(LockAttempt::Held(Box::new(Held { file, directory })))
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = Vec::new();
                file.read_to_end(&mut holder)?;
                Ok(LockAttempt::Busy(String::from_utf8_lossy(&holder).into()))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The lock of a directory.
#[derive(Debug)]
struct Held {
    file: HeldFile,
    directory: Option<HeldFile>,
}

impl HeldLock for Held {
    fn is_at(&self, path: &Path) -> io::Result<bool> {
        let directory = match (&self.directory, path.parent()) {
            (Some(held), Some(parent)) => is_at(&held.0, parent)?,
            _ => true,
        };
        Ok(directory && is_at(&self.file.0, path)?)
    }
}

/// True if `path` is a name of an open file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let named = match fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(false);
        }
        named => named?,
    };
    let own = file.metadata()?;
    Ok((named.dev(), named.ino()) == (own.dev(), own.ino()))
}

/// A locked file. The lock belongs to what was opened, which a child process shares from its
/// fork until it runs its program; so it is let go of in words, and not by closing the file.
#[derive(Debug)]
struct HeldFile(File);

impl Drop for HeldFile {
    fn drop(&mut self) {
        drop(self.0.unlock());
    }
}

impl StorageFile for File {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        FileExt::read_at(self, bytes, offset)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self;
        Write::write(&mut file, bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        is_at(self, path)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

fn names(directory: &Path, directories: bool) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() == directories {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_let_go_of_though_a_child_still_has_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("LOCK");
        let file = File::create(&path).unwrap();
        file.lock().unwrap();
        let inherited = file.try_clone().unwrap();
        drop(HeldFile(file));
        assert!(matches!(Disk.lock(&path, ""), Ok(LockAttempt::Held(_))));
        drop(inherited);
    }

    fn held(path: &Path) -> Option<Box<dyn HeldLock>> {
        match Disk.lock(path, "first").unwrap() {
            LockAttempt::Held(held) => Some(held),
            LockAttempt::Busy(_) => None,
        }
    }

    #[test]
    fn a_lock_file_that_is_removed_lets_nobody_in_and_is_missed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("LOCK");
        let first = held(&path).unwrap();
        assert!(first.is_at(&path).unwrap());
        fs::remove_file(&path).unwrap();
        assert!(held(&path).is_none());
        assert!(!first.is_at(&path).unwrap());
        fs::write(&path, "another one").unwrap();
        assert!(held(&path).is_none());
        assert!(!first.is_at(&path).unwrap());
    }

    #[test]
    fn a_directory_that_is_moved_takes_its_lock_along() {
        let place = tempfile::tempdir().unwrap();
        let (here, there) = (place.path().join("here"), place.path().join("there"));
        fs::create_dir(&here).unwrap();
        let first = held(&here.join("LOCK")).unwrap();
        fs::rename(&here, &there).unwrap();
        assert!(!first.is_at(&here.join("LOCK")).unwrap());
        assert!(held(&there.join("LOCK")).is_none());
        // Another directory of the same name is another one.
        fs::create_dir(&here).unwrap();
        fs::hard_link(there.join("LOCK"), here.join("LOCK")).unwrap();
        assert!(!first.is_at(&here.join("LOCK")).unwrap());
        drop(first);
        assert!(held(&there.join("LOCK")).is_some());
    }
}
