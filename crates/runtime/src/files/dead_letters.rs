//! The files of records that were passed over: one per batch that has any.
//!
//! A file is on the disk before its batch is committed. A batch that is run again replaces it, or
//! removes it if nothing fails any more; so every record of a committed batch is there once. A run
//! that begins anew replaces nothing, since what it finds is another run's.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use millrace_engine::error::{Error, Result};
use millrace_types::BatchTime;
use millrace_wal::{DirectoryLock, Disk, WalError};

use crate::notice::notice;

use super::{batch_name, location, replace};

/// The files that the dead letters of a run go to.
pub struct DeadLetterFiles {
    directory: PathBuf,
    prefix: String,
    /// True if the run goes on from another, and runs some of its batches again.
    replaces: bool,
    /// True if the directory is in no generation, whose lock the run would have.
    is_apart: bool,
    /// Keeps other runs out of such a directory.
    lock: Option<DirectoryLock>,
}

impl DeadLetterFiles {
    /// Files within the generation of a checkpoint, whose lock the run has.
    #[must_use]
    pub fn within(generation: &Path, replaces: bool) -> DeadLetterFiles {
        DeadLetterFiles {
            directory: generation.join("dead-letters"),
            prefix: "batch".to_owned(),
            replaces,
            is_apart: false,
            lock: None,
        }
    }

    /// Files in a directory of their own, which is made, and which no other run may have
    /// meanwhile. `generation` is what the checkpoint calls the run, if it has one.
    ///
    /// # Errors
    /// If another run has the directory, or it cannot be written to.
    pub fn apart(
        directory: PathBuf,
        generation: Option<&str>,
        replaces: bool,
    ) -> Result<DeadLetterFiles> {
        let lock = locked(&directory)?;
        Ok(DeadLetterFiles {
            prefix: generation.map_or("batch".to_owned(), |name| format!("{name}-batch")),
            directory,
            replaces,
            is_apart: true,
            lock: Some(lock),
        })
    }

    /// The directory of the files, in words.
    #[must_use]
    pub fn place(&self) -> impl std::fmt::Display {
        self.directory.display()
    }

    /// Makes the letters of a batch durable, if it has any. A directory of their own that somebody
    /// has taken away is made anew, which is said.
    ///
    /// # Errors
    /// If the system refuses it, or another run has what has the directory's name now: the batch
    /// must not be committed.
    pub fn write(&mut self, time: BatchTime, letters: &str) -> Result<()> {
        self.check_lock()?;
        let path = self.directory.join(batch_name(&self.prefix, "jsonl", time));
        if letters.is_empty() {
            return match self.replaces {
                true => self.remove(&path),
                false => Ok(()),
            };
        }
        let before = match self.replaces {
            true => Vec::new(),
            false => found(&path)?,
        };
        replace::file(&path, |mut file| {
            let written = file
                .write_all(&before)
                .and_then(|()| file.write_all(letters.as_bytes()))
                .and_then(|()| file.sync_all());
            written.map_err(|error| replace::cannot_write(&path, error))
        })?;
        self.sync()
    }

    fn check_lock(&mut self) -> Result<()> {
        if !self.is_apart {
            return Ok(());
        }
        match self.lock.as_ref().map(DirectoryLock::check) {
            Some(Ok(())) => return Ok(()),
            Some(Err(WalError::Gone { .. })) | None => {}
            Some(Err(error)) => return Err(storage(error)),
        }
        // It holds what is left of the directory.
        drop(self.lock.take());
        self.lock = Some(locked(&self.directory)?);
        let place = self.place();
        notice(format_args!(
            "{place} was removed, moved or replaced while it was in use: dead letters from now on \
             are in a new one"
        ));
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<()> {
        match fs::remove_file(path) {
            Ok(()) => self.sync(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::io(
                format!("cannot remove {}", path.display()),
                error,
            )),
        }
    }

    fn sync(&self) -> Result<()> {
        let synced = File::open(&self.directory).and_then(|directory| directory.sync_all());
        synced.map_err(|error| cannot_use(&self.directory, error))
    }
}

/// Makes a directory, if it is not there, and keeps other runs out of it.
fn locked(directory: &Path) -> Result<DirectoryLock> {
    let refused = |error| cannot_use(directory, error);
    fs::create_dir_all(directory).map_err(refused)?;
    location::try_to_write_in(directory).map_err(refused)?;
    DirectoryLock::acquire(&Disk, directory).map_err(storage)
}

fn storage(error: WalError) -> Error {
    crate::error::storage(error.to_string(), error)
}

fn cannot_use(directory: &Path, error: io::Error) -> Error {
    let doing = format!("cannot write dead letters to {}", directory.display());
    Error::io(doing, error)
}

/// The bytes of a file; none if there is no file.
fn found(path: &Path) -> Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(|error| Error::io(format!("cannot read {}", path.display()), error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: BatchTime = BatchTime::from_millis(1000);

    #[test]
    fn a_batch_that_is_run_again_replaces_its_letters_and_no_other_run_does() {
        let top = tempfile::tempdir().unwrap();
        let text = || fs::read_to_string(top.path().join("batch-1000.jsonl")).unwrap_or_default();
        let run = |replaces| DeadLetterFiles::apart(top.path().to_owned(), None, replaces).unwrap();
        run(false).write(TIME, "a\n").unwrap();
        run(false).write(TIME, "b\n").unwrap();
        run(false).write(TIME, "").unwrap();
        assert_eq!(text(), "a\nb\n");
        run(true).write(TIME, "b\n").unwrap();
        assert_eq!(text(), "b\n");
        run(true).write(TIME, "").unwrap();
        assert_eq!(text(), "");
        let files = fs::read_dir(top.path()).unwrap().count();
        assert_eq!(files, 1, "nothing is left but the lock");
    }

    #[test]
    fn a_directory_that_is_taken_away_is_made_anew_and_still_has_one_run_at_a_time() {
        let top = tempfile::tempdir().unwrap();
        let place = top.path().join("letters");
        let open = || DeadLetterFiles::apart(place.clone(), None, false);
        let mut files = open().unwrap();
        for take_away in [
            (|place| fs::remove_dir_all(place).unwrap()) as fn(&Path),
            |place| fs::rename(place, place.with_file_name("elsewhere")).unwrap(),
            |place| fs::remove_file(place.join("LOCK")).unwrap(),
        ] {
            files.write(TIME, "a\n").unwrap();
            take_away(&place);
            files.write(TIME, "").unwrap();
            assert!(open().is_err(), "it is held again");
        }
        fs::remove_dir_all(&place).unwrap();
        let _other = open().unwrap();
        let refused = files.write(TIME, "a\n").unwrap_err().to_string();
        assert!(refused.contains(" is in use by "), "{refused}");
    }

    #[test]
    fn a_directory_has_one_run_at_a_time() {
        let top = tempfile::tempdir().unwrap();
        let open = || DeadLetterFiles::apart(top.path().join("a/b"), None, false);
        let _first = open().unwrap();
        let error = open().err().expect("it is taken").to_string();
        assert!(
            error.contains(&format!("pid {}", std::process::id())),
            "{error}"
        );
    }
}
