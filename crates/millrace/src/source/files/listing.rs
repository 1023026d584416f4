//! What is in the directories of a file stream, and what is said of what is not read.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
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
        let mut found = Vec::new();
        for directory in &directories {
            for path in visible(directory) {
                if self.filter.as_ref().is_none_or(|filter| filter(&path)) {
                    found.extend(look(&path));
                }
            }
        }
        self.say(directories.is_empty(), &found, threshold);
        found
    }

    fn say(&self, missing: bool, found: &[Found], threshold: i64) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
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
            notice(format_args!("not read: {}{others} ({why})", file.path));
        }
        let paths = found.iter().map(|file| file.path.clone());
        said.known = Some(paths.collect());
    }
}

/// What is in a directory and not hidden; nothing if it cannot be read.
fn visible(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let hidden = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(['.', '_'])
    };
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| !hidden(path)).collect()
}

/// A file or directory, links followed; `None` for everything else, and if it is gone.
fn look(path: &Path) -> Option<Found> {
    let about = std::fs::metadata(path).ok()?;
    if !about.is_file() && !about.is_dir() {
        return None;
    }
    Some(Found {
        modified: millis(about.modified().ok()?),
        path: path.to_string_lossy().into_owned(),
    })
}

/// The files that a path which was taken stands for, oldest first: itself, or, if it is a
/// directory, what is directly in it. `None` if it is gone.
pub(super) fn files(path: &str) -> Option<Vec<PathBuf>> {
    let path = Path::new(path);
    if !std::fs::metadata(path).ok()?.is_dir() {
        return Some(vec![path.to_owned()]);
    }
    let inner = visible(path).into_iter();
    let mut inner: Vec<Found> = inner
        .filter(|path| path.is_file())
        .filter_map(|path| look(&path))
        .collect();
    inner.sort_unstable();
    Some(inner.into_iter().map(|file| file.path.into()).collect())
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
