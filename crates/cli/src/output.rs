//! Files that a run will write, tried before it begins.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Tries whether `path` can be written as a file. A file that is there stays as it is, and
/// nothing is left where nothing was. A pipe or device is taken as it is: to open one may wait, or end it.
///
/// # Errors
/// The error of the system.
pub(crate) fn try_to_write(path: &Path) -> io::Result<()> {
    let was_there = match fs::metadata(path) {
        Ok(there) if !there.is_file() && !there.is_dir() => return Ok(()),
        there => there.is_ok(),
    };
    File::options().append(true).create(true).open(path)?;
    if was_there {
        Ok(())
    } else {
        fs::remove_file(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_and_nothing_is_left() {
        let top = tempfile::tempdir().unwrap();
        let (old, new) = (top.path().join("old"), top.path().join("new"));
        fs::write(&old, "kept").unwrap();
        try_to_write(&old).unwrap();
        try_to_write(&new).unwrap();
        try_to_write(Path::new("/dev/null")).unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "kept");
        assert!(!new.exists());
        for bad in [top.path(), &top.path().join("none/new"), &old.join("new")] {
            assert!(try_to_write(bad).is_err(), "{}", bad.display());
        }
    }
}
