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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{LockAttempt, Storage, StorageFile};

/// The unit in which bytes that were not synced are kept or lost.
pub const SECTOR_LEN: usize = 512;

/// The files of a disk by their paths.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What an operation does instead of what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails with EIO and does nothing; a write does half of its work first.
    Io,
    /// A write writes half and says so. Other operations do as they should.
    Short,
}

/// What a crash at some moment could leave.
#[derive(Debug, Clone)]
pub struct CrashImage {
    /// When the crash was and what it kept.
    pub label: String,
    /// What [`Faulty::mark`] was last told before.
    pub mark: u64,
    /// The files that are left.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl CrashImage {
    /// A disk with these files on it, all durable.
    pub fn disk(&self) -> Faulty {
        Faulty::with_files(self.files.clone())
    }
}

/// A file system in memory that fails on demand and knows what a crash would keep. Its clones
/// are the same file system.
#[derive(Debug, Clone, Default)]
pub struct Faulty {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    nodes: Vec<Node>,
    /// The names as a program sees them, and those that a crash keeps for certain.
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    /// What was done to names since their directory was synced.
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
    /// What a failed sync dropped. It will never be durable.
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

    /// How many operations there were. Everything but reading and locking is one.
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

    /// What later images carry as their mark. A test counts with it what it was promised.
    pub fn mark(&self, mark: u64) {
        self.state().mark = mark;
    }

    /// What a crash could have left at each sync since [`record`](Faulty::record) or the last
    /// call, and what it could leave now.
    pub fn crash_images(&self) -> Vec<CrashImage> {
        let mut state = self.state();
        let mut images = std::mem::take(&mut state.images);
        images.extend(state.images_of_now("at last"));
        images
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        let node = self.state().node(path)?;
        Ok(Arc::new(OpenFile {
            disk: self.clone(),
            node,
        }))
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

    fn images_of_now(&self, label: &str) -> Vec<CrashImage> {
        let mut seen = BTreeSet::new();
        let mut images = Vec::new();
        for kept_names in self.kept_names() {
            let mut names = self.durable_names.clone();
            for change in &kept_names {
                change.apply(&mut names);
            }
            for kept in KEPT {
                let contents = |(path, node): (&PathBuf, &usize)| {
                    (path.clone(), self.nodes[*node].after_crash(*kept))
                };
                let files: Files = names.iter().map(contents).collect();
                if seen.insert(files.clone()) {
                    images.push(CrashImage {
                        label: format!("{label}, keeping {kept:?} and {kept_names:?}"),
                        mark: self.mark,
                        files,
                    });
                }
            }
        }
        images
    }

    /// Which of the changes to names a crash may keep: the first few, all but one, or one.
    fn kept_names(&self) -> Vec<Vec<Change>> {
        let all = &self.changes;
        let mut kept = Vec::new();
        for at in 0..=all.len() {
            kept.push(all[..at].to_vec());
        }
        for at in 0..all.len() {
            kept.push(vec![all[at].clone()]);
            kept.push([&all[..at], &all[at + 1..]].concat());
        }
        kept
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

/// What a crash may keep of the bytes that were not synced.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Nothing,
    All,
    /// So many quarters of them; the file ends there.
    Quarters(usize),
    /// Nothing of them but the length of the file.
    Length,
    /// The length and every other sector, from the first or the second on.
    EverySecond(usize),
    /// The length and the last sector.
    Last,
}

const KEPT: &[Kept] = &[
    Kept::Nothing,
    Kept::All,
    Kept::Quarters(1),
    Kept::Quarters(2),
    Kept::Quarters(3),
    Kept::Length,
    Kept::EverySecond(0),
    Kept::EverySecond(1),
    Kept::Last,
];

impl Node {
    /// What would be durable if all bytes got to the disk that still can.
    fn on_disk(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for range in &self.dropped {
            let end = range.end.min(bytes.len());
            bytes[range.start.min(end)..end].fill(0);
        }
        bytes
    }

    fn after_crash(&self, kept: Kept) -> Vec<u8> {
        let target = self.on_disk();
        // What both have in common is not at stake. The rest of a cut that was not synced is.
        let safe = self
            .durable
            .iter()
            .zip(&target)
            .take_while(|(a, b)| a == b)
            .count();
        let at_stake = target.len() - safe;
        let last = target.len().saturating_sub(1) / SECTOR_LEN;
        let keep_sectors = |keep: &dyn Fn(usize) -> bool| {
            let mut bytes = target.clone();
            for (at, byte) in bytes.iter_mut().enumerate().skip(safe) {
                if !keep(at / SECTOR_LEN) {
                    *byte = 0;
                }
            }
            bytes
        };
        match kept {
            Kept::Nothing => self.durable.clone(),
            Kept::All => target,
            Kept::Quarters(quarters) => target[..safe + at_stake * quarters / 4].to_vec(),
            Kept::Length => keep_sectors(&|_| false),
            Kept::EverySecond(first) => keep_sectors(&|sector| sector % 2 == first),
            Kept::Last => keep_sectors(&|sector| sector == last),
        }
    }
}

impl Storage for Faulty {
    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        {
            let mut state = self.state();
            state.whole_operation()?;
            if state.names.contains_key(path) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            if !path
                .parent()
                .is_some_and(|parent| state.directories.contains(parent))
            {
                return Err(io::ErrorKind::NotFound.into());
            }
            let node = state.nodes.len();
            state.nodes.push(Node::default());
            state.names.insert(path.to_path_buf(), node);
            state.changes.push(Change::Made(path.to_path_buf(), node));
        }
        self.open(path)
    }

    fn open_append(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        self.state().whole_operation()?;
        self.open(path)
    }

    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        self.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole_operation()?;
        let node = state.node(from)?;
        let change = Change::Renamed(from.to_path_buf(), to.to_path_buf(), node);
        change.apply(&mut state.names);
        state.changes.push(change);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole_operation()?;
        state.node(path)?;
        state.names.remove(path);
        state.changes.push(Change::Removed(path.to_path_buf()));
        Ok(())
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        if !state.directories.contains(directory) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let names = state
            .names
            .keys()
            .filter(|path| path.parent() == Some(directory));
        Ok(names
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect())
    }

    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole_operation()?;
        state
            .directories
            .extend(directory.ancestors().map(Path::to_path_buf));
        Ok(())
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.record("before a directory's sync");
        state.whole_operation()?;
        let changes = std::mem::take(&mut state.changes);
        let (synced, rest) = changes
            .into_iter()
            .partition(|change| change.is_in(directory));
        state.changes = rest;
        let synced: Vec<Change> = synced;
        for change in synced {
            change.apply(&mut state.durable_names);
        }
        state.record("after a directory's sync");
        Ok(())
    }

    fn lock(&self, path: &Path, text: &str) -> io::Result<LockAttempt> {
        let mut state = self.state();
        if let Some(holder) = state.locks.get(path) {
            return Ok(LockAttempt::Busy(holder.clone()));
        }
        state.locks.insert(path.to_path_buf(), text.to_owned());
        Ok(LockAttempt::Held(Box::new(HeldLock {
            disk: self.clone(),
            path: path.to_path_buf(),
        })))
    }
}

#[derive(Debug)]
struct HeldLock {
    disk: Faulty,
    path: PathBuf,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        self.disk.state().locks.remove(&self.path);
    }
}

#[derive(Debug)]
struct OpenFile {
    disk: Faulty,
    node: usize,
}

impl StorageFile for OpenFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.state();
        let file = &state.nodes[self.node].bytes;
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(file.len());
        let read = bytes.len().min(file.len() - from);
        bytes[..read].copy_from_slice(&file[from..from + read]);
        Ok(read)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        let fault = state.operation();
        let wanted = match fault {
            None => bytes.len(),
            Some(Fault::Io) => bytes.len() / 2,
            Some(Fault::Short) => bytes.len().div_ceil(2),
        };
        let written = state.room.map_or(wanted, |room| {
            wanted.min(usize::try_from(room).unwrap_or(usize::MAX))
        });
        if let Some(room) = &mut state.room {
            *room -= written as u64;
        }
        state.nodes[self.node]
            .bytes
            .extend_from_slice(&bytes[..written]);
        match fault {
            Some(Fault::Io) => Err(eio()),
            _ if written == 0 && !bytes.is_empty() => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(written),
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.record("before a file's sync");
        let mut result = state.whole_operation();
        if state.failing_syncs > 0 {
            state.failing_syncs -= 1;
            result = Err(eio());
        }
        let node = &mut state.nodes[self.node];
        match result {
            Ok(()) => node.durable = node.on_disk(),
            Err(_) => {
                let dropped = node.durable.len().min(node.bytes.len())..node.bytes.len();
                node.dropped.push(dropped);
            }
        }
        state.record("after a file's sync");
        result
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.whole_operation()?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let node = &mut state.nodes[self.node];
        node.bytes.truncate(len);
        node.dropped.retain(|range| range.start < len);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.state().nodes[self.node].bytes.len() as u64)
    }
}

fn eio() -> io::Error {
    io::Error::other("input/output error (injected)")
}
