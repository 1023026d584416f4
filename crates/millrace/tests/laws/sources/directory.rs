//! A directory whose files have the times of batches, for the laws about files.

use std::path::Path;
use std::time::{Duration as StdDuration, UNIX_EPOCH};

use millrace::StreamingContext;
use millrace::dstream::Computed;
use millrace::testing::Setup;
use tempfile::TempDir;

use super::partitions;

/// A directory whose files have times of 1970, as the harness' batches have.
pub(super) struct Watched(pub(super) TempDir);

impl Watched {
    pub(super) fn new() -> Watched {
        Watched(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    pub(super) fn write(&self, name: &str, millis: u64, contents: impl AsRef<[u8]>) {
        write(self.0.path(), name, millis, contents);
    }
}

pub(super) fn write(directory: &Path, name: &str, millis: u64, contents: impl AsRef<[u8]>) {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, contents).unwrap();
    touch(&path, millis);
}

pub(super) fn touch(path: &Path, millis: u64) {
    let file = std::fs::File::open(path).unwrap();
    file.set_modified(UNIX_EPOCH + StdDuration::from_millis(millis))
        .unwrap();
}

/// The lines of every batch, as strings, with the number of partitions.
pub(super) fn lines(
    setup: &Setup,
    batches: usize,
    program: impl FnOnce(&StreamingContext) -> Computed<millrace::Text>,
) -> Vec<(usize, Vec<String>)> {
    let seen = partitions(setup, batches, program).into_iter();
    let strings = |lines: Vec<millrace::Text>| lines.iter().map(ToString::to_string).collect();
    seen.map(|(partitions, lines)| (partitions, strings(lines)))
        .collect()
}
