//! A file system in memory that fails on demand and knows what a crash would keep.
//!
//! It promises no more than the trait does. Bytes that were not synced may be there, may read
//! as zeros, or may be missing, by [sector](SECTOR_LEN) and in any order. A file that was made,
//! renamed or removed may still be, or not yet be, until its directory is synced; each such
//! change is kept or lost for itself. After a sync that failed the bytes it was for are gone
//! from the disk whatever a later sync says, as on Linux.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard};

use millrace_types::Lock;

mod crash;
mod operations;

pub use crash::{CrashImage, SECTOR_LEN};

/// The wrong behaviour of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The operation fails with EIO and does nothing; a write does half of its work first.
    Io,
    /// A write writes half and says so. Other operations do as they should.
    Short,
}

/// A file system in memory that fails on demand and knows what a crash would keep. Its clones
/// are the same file system.
#[derive(Debug, Clone, Default)]
pub struct Faulty {
    state: Arc<Lock<State>>,
}

#[derive(Debug, Default)]
struct State {
    nodes: Vec<Node>,
    /// The names as a program sees them, and those that a crash keeps for certain.
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    /// The changes of names since their directory was synced.
    changes: Vec<Change>,
    directories: BTreeSet<PathBuf>,
    locks: BTreeMap<PathBuf, String>,
    operations: u64,
    faults: BTreeMap<u64, Fault>,
    failing_syncs: u64,
    room: Option<u64>,
    recording: bool,
    mark: u64,
    images: Vec<CrashImage>,
}

/// The bytes of a file, apart from its name.
#[derive(Debug, Default)]
struct Node {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// The bytes that a failed sync dropped. They will never be durable. It will never be
    /// durable.
    dropped: Vec<Range<usize>>,
}

#[derive(Debug, Clone)]
enum Change {
    Made(PathBuf, usize),
    Removed(PathBuf),
    Renamed(PathBuf, PathBuf, usize),
}

impl Faulty {
    /// An empty disk without faults.
    pub fn new() -> Faulty {
        Faulty::default()
    }

    /// A disk with these files on it, all durable.
    pub fn with_files(files: BTreeMap<PathBuf, Vec<u8>>) -> Faulty {
        let disk = Faulty::new();
        for (path, bytes) in files {
            disk.put(&path, bytes);
        }
        disk
    }

    /// Puts a durable file there, past all faults. This is how a test does damage.
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.state();
        state
            .directories
            .extend(path.ancestors().skip(1).map(Path::to_path_buf));
        let node = state.nodes.len();
        state.nodes.push(Node {
            durable: bytes.clone(),
            bytes,
            dropped: Vec::new(),
        });
        state.names.insert(path.to_path_buf(), node);
        state.durable_names.insert(path.to_path_buf(), node);
    }

    /// The files as a program sees them.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state();
        let file =
            |(path, node): (&PathBuf, &usize)| (path.clone(), state.nodes[*node].bytes.clone());
        state.names.iter().map(file).collect()
    }

    /// The number of operations so far. Everything but reading and locking is one.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Lets the operation of this number go wrong; the first one ever is number 0.
    pub fn fail(&self, operation: u64, fault: Fault) {
        self.state().faults.insert(operation, fault);
    }

    /// Lets the next sync of a file fail, and only that one.
    pub fn fail_next_sync(&self) {
        self.state().failing_syncs += 1;
    }

    /// Leaves room for so many bytes more, then the disk is full. `None` is room without end,
    /// which it is at first.
    pub fn limit(&self, bytes: Option<u64>) {
        self.state().room = bytes;
    }

    /// From now on keeps what a crash could leave before and after each sync.
    pub fn record(&self) {
        self.state().recording = true;
    }

    /// Sets the mark that later images carry. A test counts with it what it was promised.
    pub fn mark(&self, mark: u64) {
        self.state().mark = mark;
    }

    /// The outcomes that a crash could have had at each sync since [`record`](Faulty::record)
    /// or the last call, and those that it could have now.
    pub fn crash_images(&self) -> Vec<CrashImage> {
        let mut state = self.state();
        let mut images = std::mem::take(&mut state.images);
        images.extend(state.images_of_now("at last"));
        images
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    fn node(&self, path: &Path) -> io::Result<usize> {
        self.names
            .get(path)
            .copied()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Counts an operation and gives the fault it should have.
    fn operation(&mut self) -> Option<Fault> {
        let number = self.operations;
        self.operations += 1;
        self.faults.remove(&number)
    }

    /// Counts an operation that can only be done or not.
    fn whole_operation(&mut self) -> io::Result<()> {
        match self.operation() {
            Some(Fault::Io) => Err(eio()),
            _ => Ok(()),
        }
    }

    fn record(&mut self, label: &str) {
        if self.recording {
            let images = self.images_of_now(label);
            self.images.extend(images);
        }
    }
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Change::Made(path, node) => {
                names.insert(path.clone(), *node);
            }
            Change::Removed(path) => {
                names.remove(path);
            }
            Change::Renamed(from, to, node) => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
        }
    }

    fn is_in(&self, directory: &Path) -> bool {
        let (Change::Made(path, _) | Change::Removed(path) | Change::Renamed(_, path, _)) = self;
        path.parent() == Some(directory)
    }
}

fn eio() -> io::Error {
    io::Error::other("input/output error (injected)")
}
