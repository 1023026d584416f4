//! Places of the outputs and inputs of a program, and a check that an output can be there at
//! all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use millrace_engine::error::{Error, Result};
use millrace_types::{BatchTime, local_path};

use super::{batch_name, replace};

/// The path that `name` stands for; `what` is what a message calls it.
///
/// # Errors
/// If `name` is not a location of this machine.
pub fn located(what: &str, name: impl AsRef<Path>) -> Result<PathBuf> {
    local_path(name).map_err(|error| Error::illegal(format!("{what} {error}")))
}

/// Checks that the outputs of batches, named as [`batch_name`] does, can be written: before
/// anything runs, since the first batch may be hours away. Leaves nothing behind.
///
/// # Errors
/// If their names are not locations of this machine, or their directory can be neither written
/// to nor made.
pub fn check_batch_outputs(prefix: &str, suffix: &str) -> Result<()> {
    let name = batch_name(prefix, suffix, BatchTime::from_millis(0));
    // What the program gave is what its author looks for; only an empty prefix is none.
    let given = if prefix.is_empty() { &name } else { prefix };
    located("the prefix", given)?;
    let path = located("the name of an output", &name)?;
    let parent = path.parent().unwrap_or(&path);
    let there = parent.ancestors().find(|path| path.exists());
    let there = there.filter(|path| !path.as_os_str().is_empty());
    let there = there.unwrap_or(Path::new("."));
    try_to_write_in(there).map_err(|error| replace::cannot_write(&path, error))
}

/// Makes a file in a directory and removes it again.
pub(super) fn try_to_write_in(directory: &Path) -> io::Result<()> {
    let name = format!(".millrace-{}.unfinished", std::process::id());
    let file = directory.join(name);
    File::create(&file)?;
    fs::remove_file(&file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_that_cannot_be_written_are_found_and_nothing_is_left() {
        let top = tempfile::tempdir().unwrap();
        let inside = |name: &str| top.path().join(name).display().to_string();
        fs::write(inside("file"), "").unwrap();
        let before = fs::read_dir(top.path()).unwrap().count();
        for good in [
            inside("a"),
            inside("a/b/c"),
            format!("file://{}", inside("a")),
        ] {
            check_batch_outputs(&good, "txt").unwrap();
        }
        check_batch_outputs("", "txt").unwrap();
        check_batch_outputs("", "").unwrap();
        for (bad, expected) in [
            (inside("file/x"), "cannot write"),
            (
                "/proc/nothing/x".to_owned(),
                "cannot write /proc/nothing/x-0.txt",
            ),
            ("hdfs://nn/x".to_owned(), "the prefix is hdfs://nn/x, "),
            ("file:x".to_owned(), "the prefix is file:x, "),
        ] {
            let message = check_batch_outputs(&bad, "txt").unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        }
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), before);
    }
}
