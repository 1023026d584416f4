//! Files and directories that appear whole: written beside their place, then renamed.
//!
//! The name beside the place begins with a point, which Spark and Hadoop take for "not there",
//! and is always the same, so that what a crash left is used up by the next try. Nothing is
//! forced to the disk: a crash of the process leaves the old output or the new one, a crash of
//! the machine what its file system makes of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use millrace_engine::error::{Error, Result};
use millrace_wal::failpoint;

/// Writes the directory `path` by `fill`, which is given the directory to write into.
///
/// # Errors
/// If `fill` fails, the system refuses something, or something is at `path` that is no output
/// of this kind: that is never removed.
pub(super) fn directory(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let replaces = is_replaceable(path).map_err(|error| cannot_write(path, error))?;
    let beside = Beside::new(path)?;
    fs::create_dir(&beside.path).map_err(|error| cannot_write(&beside.path, error))?;
    failpoint("output.parts.after-begin");
    fill(&beside.path)?;
    let retired = sibling(path, "replaced")?;
    let swap = || {
        remove(&retired)?;
        if replaces {
            fs::rename(path, &retired)?;
            failpoint("output.parts.after-retire");
        }
        fs::rename(&beside.path, path)?;
        failpoint("output.parts.after-rename");
        remove(&retired)?;
        if replaces {
            failpoint("output.parts.after-remove");
        }
        Ok(())
    };
    swap().map_err(|error| cannot_write(path, error))
}

/// Writes the file `path` by `fill`.
///
/// # Errors
/// If `fill` fails or the system refuses something.
pub(super) fn file(path: &Path, fill: impl FnOnce(File) -> Result<()>) -> Result<()> {
    let beside = Beside::new(path)?;
    let file = File::create(&beside.path).map_err(|error| cannot_write(&beside.path, error))?;
    failpoint("output.file.after-create");
    fill(file)?;
    failpoint("output.file.after-write");
    fs::rename(&beside.path, path).map_err(|error| cannot_write(path, error))?;
    failpoint("output.file.after-rename");
    Ok(())
}

pub(super) fn cannot_write(path: &Path, error: io::Error) -> Error {
    Error::io(format!("cannot write {}", path.display()), error)
}

/// A place beside the one that is meant. A file or directory that is still there when this is dropped is removed.
struct Beside {
    path: PathBuf,
}

impl Beside {
    fn new(path: &Path) -> Result<Beside> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| cannot_write(parent, error))?;
        }
        let beside = Beside {
            path: sibling(path, "unfinished")?,
        };
        remove(&beside.path).map_err(|error| cannot_write(&beside.path, error))?;
        Ok(beside)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // If this try cannot remove the file, the next one does.
        drop(remove(&self.path));
    }
}

fn sibling(path: &Path, what: &str) -> Result<PathBuf> {
    let Some(name) = path.file_name() else {
        return Err(Error::illegal(format!(
            "cannot write {}: it has no name",
            path.display()
        )));
    };
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{what}"));
    Ok(path.with_file_name(hidden))
}

/// Removes a file or a directory; nothing is removed as well.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// True if an output of this kind is at `path`, by a batch that ran before, here or in Spark.
///
/// # Errors
/// If there is something else.
fn is_replaceable(path: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let name = name.to_string_lossy();
        let is_output = if kind.is_dir() {
            name == "_temporary"
        } else {
            kind.is_file() && is_output_file(&name)
        };
        if !is_output {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("it is there, and {name} in it is no output: it is not replaced"),
            ));
        }
    }
    Ok(true)
}

/// True if a save leaves a file of this name: a part, the mark of success, or what Hadoop's
/// local file system writes beside one of them.
fn is_output_file(name: &str) -> bool {
    let beside = name.strip_prefix('.');
    let name = beside
        .and_then(|name| name.strip_suffix(".crc"))
        .unwrap_or(name);
    let number = name.strip_prefix("part-").unwrap_or_default();
    let is_part = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    is_part || name == "_SUCCESS"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Replaces an output in a directory with `entries` (directories end with a slash).
    fn replaced(entries: &[&str]) -> Result<()> {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("out");
        fs::create_dir(&path).unwrap();
        for entry in entries {
            let place = path.join(entry);
            if entry.ends_with('/') {
                fs::create_dir(&place).unwrap();
                fs::write(place.join("inside"), "").unwrap();
            } else {
                fs::write(&place, "old").unwrap();
            }
        }
        let written = directory(&path, |inside| {
            fs::write(inside.join("part-00000"), "new").unwrap();
            Ok(())
        });
        if written.is_err() {
            let there = |entry: &str| path.join(entry).exists();
            assert!(entries.iter().all(|entry| there(entry)), "{entries:?}");
        }
        written
    }

    #[test]
    fn what_a_save_leaves_is_replaced() {
        for entries in [
            &["part-00000", "part-00001", "_SUCCESS"] as &[&str],
            &["part-123456", ".part-123456.crc", "._SUCCESS.crc"],
            &["_temporary/", "part-00000"],
            &[],
        ] {
            replaced(entries).unwrap();
        }
    }

    #[test]
    fn what_only_looks_like_it_is_left_alone() {
        for entry in [
            "part-time-jobs.csv",
            "part-",
            "part-00000.gz",
            "part-00000/",
            "_SUCCESS/",
            "_temporary",
            ".notes.crc",
            ".part-x.crc",
        ] {
            let error = replaced(&["part-00007", entry]).unwrap_err().to_string();
            let name = entry.trim_end_matches('/');
            assert!(
                error.contains(&format!("{name} in it is no output")),
                "{error}"
            );
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_no_output() {
        let parent = tempfile::tempdir().unwrap();
        let (path, kept) = (parent.path().join("out"), parent.path().join("kept"));
        fs::write(&kept, "mine").unwrap();
        fs::create_dir(&path).unwrap();
        std::os::unix::fs::symlink(&kept, path.join("part-00000")).unwrap();
        assert!(directory(&path, |_| Ok(())).is_err());
        assert_eq!(fs::read_to_string(path.join("part-00000")).unwrap(), "mine");
    }
}
