//! What is in the directories of a file stream, and what is said of what is not read.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::notice::notice;

use super::glob::Glob;
use super::selection::Found;

/// Decides which paths a stream takes.
pub(super) type Filter = dyn Fn(&Path) -> bool + Send + Sync;

/// The directories of a file stream.
pub(super) struct Listing {
    /// As the program wrote it.
    directory: String,
    glob: Glob,
    filter: Option<Box<Filter>>,
    said: Mutex<Said>,
}

/// What has been said, so that it is said once.
#[derive(Default)]
struct Said {
    missing: bool,
    unreadable: bool,
    /// What was there last time; `None` before the first.
    known: Option<HashSet<String>>,
}

impl Listing {
    pub(super) fn new(directory: String, glob: Glob, filter: Option<Box<Filter>>) -> Listing {
        Listing {
            directory,
            glob,
            filter,
            said: Mutex::default(),
        }
    }

    /// The files and sub-directories that are there now. Those up to `threshold` are too old for
    /// the stream, which is worth a line if they have just come.
    pub(super) fn list(&self, threshold: i64) -> Vec<Found> {
        let directories = self.glob.directories();
        let (mut found, mut unreadable) = (Vec::new(), None);
        for directory in &directories {
            let entries = visible(directory).unwrap_or_else(|error| {
                unreadable.get_or_insert((directory.display(), error));
                Vec::new()
            });
            for path in entries {
                if self.filter.as_ref().is_none_or(|filter| filter(&path)) {
                    found.extend(look(&path));
                }
            }
        }
        self.say(directories.is_empty(), &found, threshold);
        let was_said = std::mem::replace(&mut self.said().unreadable, unreadable.is_some());
        if let (Some((directory, error)), false) = (unreadable, was_said) {
            notice(format_args!(
                "cannot read the directory {directory}: {error}; what is in it is not read until \
                 that changes"
            ));
        }
        found
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, missing: bool, found: &[Found], threshold: i64) {
        let mut said = self.said();
        let directory = &self.directory;
        if missing && !said.missing {
            notice(format_args!(
                "there is no directory {directory}; its stream is empty until there is"
            ));
        }
        said.missing = missing;
        let known = said.known.as_ref();
        let new = |file: &&Found| known.is_none_or(|known| !known.contains(&file.path));
        let mut old = found
            .iter()
            .filter(|file| file.modified <= threshold)
            .filter(new);
        if let Some(file) = old.next() {
            let others = match old.count() {
                0 => String::new(),
                count => format!(" and {count} others"),
            };
            let why = if known.is_none() {
                "older than the stream"
            } else {
                "last changed before the stream was made, or longer ago than \
                 spark.streaming.fileStream.minRememberDuration; touch what is to be read"
            };
            let file = path_of(&file.path);
            notice(format_args!("not read: {}{others} ({why})", file.display()));
        }
        let paths = found.iter().map(|file| file.path.clone());
        said.known = Some(paths.collect());
    }
}

/// What is in a directory and not hidden.
fn visible(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory)?.flatten();
    let hidden = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(['.', '_'])
    };
    let paths = entries.map(|entry| entry.path());
    Ok(paths.filter(|path| !hidden(path)).collect())
}

/// A file or directory, links followed; `None` for everything else, and if it is gone.
fn look(path: &Path) -> Option<Found> {
    let about = std::fs::metadata(path).ok()?;
    if !about.is_file() && !about.is_dir() {
        return None;
    }
    Some(Found {
        modified: millis(about.modified().ok()?),
        path: name_of(path),
    })
}

/// A path as a string, which can be written down: itself if it is UTF-8, else its bytes as digits
/// behind a NUL, which no path has.
fn name_of(path: &Path) -> String {
    path.to_str().map_or_else(
        || {
            let bytes = path.as_os_str().as_encoded_bytes().iter();
            let digits = bytes.map(|byte| format!("{byte:02x}"));
            std::iter::once("\0".to_owned()).chain(digits).collect()
        },
        str::to_owned,
    )
}

/// The path that [`name_of`] made a string of.
pub(super) fn path_of(name: &str) -> PathBuf {
    let Some(digits) = name.strip_prefix('\0') else {
        return PathBuf::from(name);
    };
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = pairs.filter_map(byte).collect();
    OsString::from_vec(bytes).into()
}

/// The files that a path which was taken stands for, oldest first: itself, or, if it is a
/// directory, what is directly in it.
///
/// # Errors
/// If it is gone or cannot be read.
pub(super) fn files(name: &str) -> io::Result<Vec<PathBuf>> {
    let path = path_of(name);
    if !std::fs::metadata(&path)?.is_dir() {
        return Ok(vec![path]);
    }
    let inner = visible(&path)?.into_iter();
    let mut inner: Vec<Found> = inner
        .filter(|path| path.is_file())
        .filter_map(|path| look(&path))
        .collect();
    inner.sort_unstable();
    Ok(inner.iter().map(|file| path_of(&file.path)).collect())
}

fn millis(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration().as_nanos().div_ceil(1_000_000);
            i64::try_from(before).map_or(i64::MIN, |before| -before)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_path_has_a_name_that_leads_back(bytes in prop::collection::vec(1_u8.., 0..20)) {
            let path = Path::new(std::ffi::OsStr::from_bytes(&bytes));
            prop_assert_eq!(path_of(&name_of(path)), path);
            if let Ok(plain) = str::from_utf8(&bytes) {
                prop_assert_eq!(name_of(path), plain);
            }
        }
    }

    #[test]
    fn a_name_that_is_not_utf8_is_found_and_opened() {
        let directory = tempfile::tempdir().unwrap();
        let odd = directory
            .path()
            .join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt"));
        std::fs::write(&odd, "x").unwrap();
        let glob = Glob::parse(directory.path().to_str().unwrap()).unwrap();
        let listing = Listing::new(String::new(), glob, None);
        let found = listing.list(0);
        assert_eq!(found.len(), 1);
        assert_eq!(files(&found[0].path).unwrap(), [odd]);
    }

    #[test]
    fn what_cannot_be_listed_is_an_error_that_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let gone = directory.path().join("gone");
        let error = files(gone.to_str().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(visible(&file).is_err(), "and is not taken for an empty one");
    }
}
