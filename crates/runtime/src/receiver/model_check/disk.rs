//! A disk in memory where other threads run between any two steps.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use millrace_wal::{HeldLock, LockAttempt, Storage, StorageFile};
use shuttle::thread::yield_now;

/// A disk in memory; its clones are the same disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<Mutex<BTreeMap<PathBuf, Arc<PaperFile>>>>);

#[derive(Debug, Default)]
struct PaperFile(Mutex<PaperBytes>);

#[derive(Debug, Default, Clone)]
struct PaperBytes {
    bytes: Vec<u8>,
    /// So many of them are synced.
    durable: usize,
}

impl Disk {
    /// The least that a power cut would leave now: of every file what was synced.
    pub(super) fn durable(&self) -> Disk {
        let files = lock(&self.0);
        let cut = |(path, file): (&PathBuf, &Arc<PaperFile>)| {
            let mut contents = lock(&file.0).clone();
            contents.bytes.truncate(contents.durable);
            (path.clone(), Arc::new(PaperFile(Mutex::new(contents))))
        };
        Disk(Arc::new(Mutex::new(files.iter().map(cut).collect())))
    }

    fn file(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        let file = lock(&self.0).get(path).cloned();
        let file = file.ok_or(io::ErrorKind::NotFound)?;
        Ok(file)
    }
}

// None of these locks is held where another thread may run.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Storage for Disk {
    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        yield_now();
        lock(&self.0).insert(path.to_owned(), Arc::default());
        self.file(path)
    }

    fn open_append(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        self.file(path)
    }

    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        self.file(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        yield_now();
        let mut files = lock(&self.0);
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        yield_now();
        lock(&self.0).remove(path);
        Ok(())
    }

    fn list(&self, _directory: &Path) -> io::Result<Vec<String>> {
        let files = lock(&self.0);
        let names = files.keys().filter_map(|path| path.file_name()?.to_str());
        Ok(names.map(str::to_owned).collect())
    }

    fn list_directories(&self, _directory: &Path) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn create_directory(&self, _directory: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_directory(&self, _directory: &Path) -> io::Result<()> {
        yield_now();
        Ok(())
    }

    fn lock(&self, _path: &Path, _text: &str) -> io::Result<LockAttempt> {
        Ok(LockAttempt::Held(Box::new(Alone)))
    }
}

#[derive(Debug)]
struct Alone;

impl HeldLock for Alone {
    fn is_at(&self, _path: &Path) -> io::Result<bool> {
        Ok(true)
    }
}

impl StorageFile for PaperFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let contents = lock(&self.0);
        let rest = contents.bytes.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(bytes.len());
        bytes[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        yield_now();
        lock(&self.0).bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn is_at(&self, _path: &Path) -> io::Result<bool> {
        Ok(true)
    }

    fn sync_data(&self) -> io::Result<()> {
        // What is written while it runs is not promised.
        let written = lock(&self.0).bytes.len();
        yield_now();
        lock(&self.0).durable = written;
        yield_now();
        Ok(())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        lock(&self.0).bytes.truncate(len as usize);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(lock(&self.0).bytes.len() as u64)
    }
}
