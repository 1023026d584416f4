//! One writer for a directory.
//!
//! The lock is the kernel's, on an open file, so it goes with the process however that ends.
//! The file itself stays: to remove it would let two hold a lock on two files of one name. Others
//! may do so all the same, or move the directory; whoever holds the lock can ask. A reader
//! needs no lock.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::error::{Result, WalError};
use crate::storage::{HeldLock, LockAttempt, Storage};

/// The name of the lock file in its directory.
pub const LOCK_FILE: &str = "LOCK";

/// The right to write in a directory, until it is dropped or the process ends.
#[derive(Debug)]
pub struct DirectoryLock {
    held: Box<dyn HeldLock>,
    path: PathBuf,
}

impl DirectoryLock {
    /// Takes the lock of a directory, which has to exist.
    ///
    /// ```
    /// use millrace_wal::{DirectoryLock, Disk, WalError};
    ///
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let directory = directory.path();
    /// let held = DirectoryLock::acquire(&Disk, directory)?;
    /// let refused = DirectoryLock::acquire(&Disk, directory);
    /// assert!(matches!(refused, Err(WalError::Locked { .. })));
    /// drop(held);
    /// DirectoryLock::acquire(&Disk, directory)?;
    /// # Ok::<(), millrace_wal::WalError>(())
    /// ```
    ///
    /// # Errors
    /// [`WalError::Locked`] names who holds it. A file system without locks is
    /// [`WalError::Io`].
    pub fn acquire(storage: &dyn Storage, directory: &Path) -> Result<DirectoryLock> {
        let path = directory.join(LOCK_FILE);
        let since = UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        let text = format!("pid {} since {}\n", std::process::id(), utc(since));
        let attempt = storage
            .lock(&path, &text)
            .map_err(|source| WalError::io("cannot lock", &path, source))?;
        match attempt {
            LockAttempt::Held(held) => Ok(DirectoryLock { held, path }),
            LockAttempt::Busy(holder) => Err(WalError::Locked {
                directory: directory.to_path_buf(),
                holder: match holder.trim() {
                    // It has the lock and has not written about itself yet.
                    "" => "a process that has just started".to_owned(),
                    holder => holder.to_owned(),
                },
            }),
        }
    }

    /// Refuses to go on if the lock file or its directory was removed, moved or replaced: another
    /// process may be in what has their names now.
    ///
    /// # Errors
    /// [`WalError::Gone`], and what the system refuses.
    pub fn check(&self) -> Result<()> {
        match self.held.is_at(&self.path) {
            Ok(true) => Ok(()),
            Ok(false) => Err(WalError::gone(&self.path)),
            Err(source) => Err(WalError::io("cannot look at", &self.path, source)),
        }
    }
}

/// A moment, in seconds of Unix time, as people write it.
fn utc(seconds: u64) -> String {
    let (mut days, time) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [
        31,
        28 + u64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
    ] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let day = days + 1;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn moments_are_written_as_dates() {
        // From `date -u -d @N +%FT%TZ`.
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_735_689_599), "2024-12-31T23:59:59Z");
        assert_eq!(utc(1_893_456_000), "2030-01-01T00:00:00Z");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00Z");
    }
}
