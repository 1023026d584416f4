//! The operations, each with the faults it may have.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Change, Fault, Faulty, Node, eio};
use crate::storage::{self, LockAttempt, Storage, StorageFile};

impl Faulty {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        let node = self.state().node(path)?;
        Ok(Arc::new(OpenFile {
            disk: self.clone(),
            node,
        }))
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

    fn list_directories(&self, directory: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        if !state.directories.contains(directory) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let below = state.directories.iter();
        Ok(below
            .filter(|path| path.parent() == Some(directory))
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
        Ok(LockAttempt::Held(Box::new(FaultyLock {
            disk: self.clone(),
            path: path.to_path_buf(),
        })))
    }
}

#[derive(Debug)]
struct FaultyLock {
    disk: Faulty,
    path: PathBuf,
}

impl storage::HeldLock for FaultyLock {
    fn is_at(&self, path: &Path) -> io::Result<bool> {
        Ok(self.path == path)
    }
}

impl Drop for FaultyLock {
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

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        Ok(self.disk.state().names.get(path) == Some(&self.node))
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.state().nodes[self.node].bytes.len() as u64)
    }
}
