//! The directories in which a program keeps, reads and writes, life after life.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A directory with room for all of it.
pub(super) struct Place(TempDir);

impl Place {
    pub(super) fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    /// The whole.
    pub(super) fn root(&self) -> &Path {
        self.0.path()
    }

    /// The checkpoint directory.
    pub(super) fn state(&self) -> PathBuf {
        state(self.root())
    }

    /// The directory that files are moved into.
    pub(super) fn inbox(&self) -> PathBuf {
        inbox(self.root())
    }

    /// The directory in which outputs appear.
    pub(super) fn saved(&self) -> PathBuf {
        saved(self.root())
    }

    /// Another place with the same checkpoint.
    pub(super) fn copy(&self) -> Place {
        let copy = Place::new();
        let mut rooms = vec![self.state()];
        while let Some(room) = rooms.pop() {
            fs::create_dir_all(copy.root().join(room.strip_prefix(self.root()).unwrap())).unwrap();
            for entry in fs::read_dir(room).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    rooms.push(path);
                } else {
                    let to = copy.root().join(path.strip_prefix(self.root()).unwrap());
                    fs::copy(path, to).unwrap();
                }
            }
        }
        copy
    }

    /// Leaves it there for a person to look at.
    pub(super) fn keep(self) -> PathBuf {
        self.0.keep()
    }
}

pub(super) fn state(root: &Path) -> PathBuf {
    root.join("state")
}

pub(super) fn inbox(root: &Path) -> PathBuf {
    root.join("inbox")
}

pub(super) fn saved(root: &Path) -> PathBuf {
    root.join("saved")
}

/// The file whose appearance ends a program that hears no signals.
pub(super) fn stop(root: &Path) -> PathBuf {
    root.join("stop")
}
