//! The checkpoint directory: one generation for every run that began anew.
//!
//! ```text
//! <directory>/LOCK                          who writes here
//! <directory>/generation-000003/meta        which program, sealed
//! <directory>/generation-000003/log/        the batch log
//! <directory>/generation-000003/blocks/     the receivers' write-ahead log, if there is one
//! <directory>/generation-000003/snapshot-…  sealed snapshots, the newest counts
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use millrace_wal::{
    FileHeader, LogOptions, Position, SealedWriter, SegmentLog, Storage, StorageFile, WalError,
    failpoint, read_log, read_sealed, segment_name,
};

use super::meta::{FORMAT, Meta};

/// The sort of file that a header names.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(crate) enum FileKind {
    Meta = 1,
    Log = 2,
    Snapshot = 3,
    Blocks = 4,
}

/// The kind of the frame in `meta`.
const META_FRAME: u8 = 1;
/// The start of the names of the batch log's segments.
pub(crate) const LOG: &str = "log";
/// The start of the names of the receivers' log's segments.
pub(crate) const BLOCKS: &str = "blocks";

/// The kind of a frame in that log that ends a batch; all others are of blocks.
pub(crate) const END_OF_BATCH: u8 = 0;
const META: &str = "meta";
const PREFIX: &str = "generation-";
const SNAPSHOT: &str = "snapshot-";

type Result<T, E = WalError> = std::result::Result<T, E>;

/// Files of a generation that were looked at, by name, with their lengths.
pub(crate) type Seen = BTreeMap<String, (Arc<dyn StorageFile>, u64)>;

/// A checkpoint directory on a storage.
#[derive(Clone)]
pub(crate) struct Directory {
    pub storage: Arc<dyn Storage>,
    pub(crate) root: PathBuf,
}

impl Directory {
    /// The generations that are whole enough to have a `meta`, oldest first.
    pub(crate) fn generations(&self) -> Result<Vec<u32>> {
        let mut generations = Vec::new();
        for name in self.directories()? {
            if let Some(number) = generation_number(&name)
                && self
                    .names(&self.generation(number))?
                    .iter()
                    .any(|name| name == META)
            {
                generations.push(number);
            }
        }
        generations.sort_unstable();
        Ok(generations)
    }

    fn directories(&self) -> Result<Vec<String>> {
        match self.storage.list_directories(&self.root) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed.map_err(|error| WalError::io("cannot list", &self.root, error)),
        }
    }

    /// The names of the files in a directory; none if it is not there.
    fn names(&self, directory: &Path) -> Result<Vec<String>> {
        match self.storage.list(directory) {
            Ok(names) => Ok(names),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(WalError::io("cannot list", directory, error)),
        }
    }

    pub(crate) fn generation(&self, number: u32) -> PathBuf {
        self.root.join(generation_name(number))
    }

    /// The generations, oldest first: those that have a `meta`, and those that have state but have lost
    /// their `meta`, since to pass over state would be to begin at zero. A generation that a crash left
    /// unfinished has no state and does not count.
    pub(crate) fn all_generations(&self) -> Result<Vec<u32>> {
        let mut generations = self.generations()?;
        for name in self.directories()? {
            if let Some(number) = generation_number(&name)
                && !generations.contains(&number)
                && self.has_state(number)?
            {
                generations.push(number);
            }
        }
        generations.sort_unstable();
        Ok(generations)
    }

    fn has_state(&self, number: u32) -> Result<bool> {
        if !self.snapshots(number)?.is_empty() {
            return Ok(true);
        }
        let log = self.log(number);
        if self.names(&log)?.is_empty() {
            return Ok(false);
        }
        let mut found = false;
        let mut visit = |_, _: millrace_wal::Frame<'_>| {
            found = true;
            Ok(())
        };
        let options = log_options(number);
        match read_log(&*self.storage, &log, &options, Position::START, &mut visit) {
            // What cannot be read may be state.
            Err(WalError::Damage { .. } | WalError::NewerFormat { .. }) => Ok(true),
            read => read.map(|_| found),
        }
    }

    /// The highest turn of all generations but `but`. One whose `meta` cannot be read has none.
    pub(crate) fn highest_turn(&self, but: Option<u32>) -> Result<u64> {
        let others = self.generations()?.into_iter();
        let turns = others
            .filter(|&number| Some(number) != but)
            .filter_map(|number| Some(self.meta(number).ok()?.turn));
        Ok(turns.max().unwrap_or(0))
    }

    /// Refuses a generation that has lost its `meta`.
    pub(crate) fn check_meta(&self, number: u32) -> Result<()> {
        let path = self.generation(number);
        if self.names(&path)?.iter().any(|name| name == META) {
            return Ok(());
        }
        let what = "it is missing, and there is state beside it";
        Err(WalError::damage(&path.join(META), 0, what))
    }

    /// Refuses to go on if a generation that is being written has lost its `meta` or its newest
    /// snapshot, which has the number `snapshot`; there is none with the number zero. `before` is
    /// the answer of last time: a file is replaced as a whole or keeps its length.
    pub(crate) fn check_there(&self, number: u32, snapshot: u64, before: &Seen) -> Result<Seen> {
        let path = self.generation(number);
        let newest = Some(Directory::snapshot_name(snapshot)).filter(|_| snapshot > 0);
        let mut seen = Seen::new();
        for name in [META.to_owned()].into_iter().chain(newest) {
            let path = path.join(&name);
            let known = before.get(&name);
            let looked = check_sealed(&*self.storage, &path, known)?;
            seen.insert(name, looked);
        }
        Ok(seen)
    }

    /// Refuses a generation that has lost its log: it is made before `meta` is.
    pub(crate) fn check_log(&self, number: u32) -> Result<()> {
        let log = self.log(number);
        let mut names = self.names(&log)?.into_iter();
        if names.any(|name| name.starts_with(LOG)) {
            return Ok(());
        }
        let first = log.join(segment_name(LOG, 1));
        Err(WalError::damage(
            &first,
            0,
            "it is missing, as is all of the log",
        ))
    }

    /// Begins a generation after all others, those without a `meta` included. The log is made before
    /// `meta`, so that a reader who finds `meta` finds the log.
    pub(crate) fn create(&self, meta: &Meta) -> Result<u32> {
        let last = self
            .directories()?
            .iter()
            .filter_map(|name| generation_number(name))
            .max();
        let number = last.map_or(Some(1), |last| last.checked_add(1));
        let number = number.ok_or_else(|| {
            let source = std::io::Error::other("no number is left behind that of the last one");
            WalError::io("cannot create a generation in", &self.root, source)
        })?;
        let path = self.generation(number);
        for directory in [path.clone(), path.join("log")] {
            self.storage
                .create_directory(&directory)
                .map_err(|error| WalError::io("cannot create", &directory, error))?;
            failpoint("checkpoint.create.after-directory");
        }
        for directory in [&self.root, &path] {
            self.storage
                .sync_directory(directory)
                .map_err(|error| WalError::io("cannot sync", directory, error))?;
        }
        failpoint("checkpoint.create.after-directory-sync");
        let log = self.log(number);
        let options = log_options(number);
        SegmentLog::open(&self.storage, &log, options, Position::START, |_, _| Ok(()))?;
        failpoint("checkpoint.create.before-meta");
        self.write_meta(number, meta)?;
        failpoint("checkpoint.create.after-meta");
        Ok(number)
    }

    /// Writes what a generation says of itself, in place of what it said.
    pub(crate) fn write_meta(&self, number: u32, meta: &Meta) -> Result<()> {
        let header = header(FileKind::Meta, number, 0);
        let mut file = SealedWriter::create(&self.storage, &self.generation(number), META, header)?;
        let text = serde_json::to_vec_pretty(meta).unwrap_or_default();
        file.append(META_FRAME, &text)?;
        file.commit()
    }

    pub(crate) fn meta(&self, number: u32) -> Result<Meta> {
        let path = self.generation(number).join(META);
        let mut read = None;
        let found = read_sealed(&*self.storage, &path, |frame| {
            let meta: Meta = serde_json::from_slice(frame.payload)
                .map_err(|error| WalError::damage(&path, frame.offset, error.to_string()))?;
            read = Some(meta);
            Ok(())
        })?;
        check_header(&path, &found, &header(FileKind::Meta, number, 0))?;
        match read {
            Some(meta) if meta.format > FORMAT => Err(WalError::NewerFormat {
                file: path,
                found: u16::try_from(meta.format).unwrap_or(u16::MAX),
                known: FORMAT as u16,
            }),
            Some(meta) => Ok(meta),
            None => Err(WalError::damage(&path, 0, "it says nothing")),
        }
    }

    /// The snapshots of a generation, oldest first: their numbers and files.
    pub(crate) fn snapshots(&self, number: u32) -> Result<Vec<(u64, PathBuf)>> {
        let path = self.generation(number);
        let of_name = |name: String| {
            let number = name.strip_prefix(SNAPSHOT)?.parse().ok()?;
            (Directory::snapshot_name(number) == name).then(|| (number, path.join(name)))
        };
        let names = self.names(&path)?.into_iter();
        let mut snapshots: Vec<_> = names.filter_map(of_name).collect();
        snapshots.sort_unstable();
        Ok(snapshots)
    }

    /// The name of snapshot number `snapshot`.
    pub(crate) fn snapshot_name(snapshot: u64) -> String {
        format!("{SNAPSHOT}{snapshot:012}")
    }

    pub(crate) fn log(&self, number: u32) -> PathBuf {
        self.generation(number).join("log")
    }

    pub(crate) fn blocks(&self, number: u32) -> PathBuf {
        self.generation(number).join(BLOCKS)
    }
}

/// Refuses a sealed file that is gone, or whose length has changed since the last look; gives the file
/// as it is now.
fn check_sealed(
    storage: &dyn Storage,
    path: &Path,
    known: Option<&(Arc<dyn StorageFile>, u64)>,
) -> Result<(Arc<dyn StorageFile>, u64)> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let look = || -> std::io::Result<_> {
        if let Some((file, length)) = known
            && file.is_at(path)?
        {
            return Ok((Arc::clone(file), *length));
        }
        let file = storage.open_read(path)?;
        let length = file.len()?;
        Ok((file, length))
    };
    let looked = look().and_then(|(file, length)| Ok((file.len()?, file, length)));
    match looked {
        Ok((found, file, length)) => {
            WalError::check_length(path, length, found)?;
            Ok((file, length))
        }
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Err(WalError::gone(path)),
        Err(error) => Err(WalError::io("cannot look at", path, error)),
    }
}

fn generation_name(number: u32) -> String {
    format!("{PREFIX}{number:06}")
}

/// The number of the generation that has this name. One name for a number: `+1` and `1` are
/// numbers too.
fn generation_number(name: &str) -> Option<u32> {
    let number = name.strip_prefix(PREFIX)?.parse().ok()?;
    (generation_name(number) == name).then_some(number)
}

/// The options of the batch log of a generation.
pub(crate) fn log_options(generation: u32) -> LogOptions {
    LogOptions::new(LOG, FileKind::Log as u8, u64::from(generation))
}

/// The options of the receivers' log of a generation.
#[must_use]
pub fn blocks_options(generation: u32) -> LogOptions {
    LogOptions::new(BLOCKS, FileKind::Blocks as u8, u64::from(generation))
}

/// The header of a file of a generation.
pub(crate) fn header(kind: FileKind, generation: u32, number: u64) -> FileHeader {
    FileHeader {
        kind: kind as u8,
        generation: u64::from(generation),
        number,
        before: 0,
    }
}

/// Refuses a file that was made to stand elsewhere: in another generation, or under another name.
pub(crate) fn check_header(path: &Path, found: &FileHeader, own: &FileHeader) -> Result<()> {
    if found == own {
        return Ok(());
    }
    let what = format!(
        "it is a file of kind {} and generation {} with the number {}, not of kind {} and \
         generation {} with the number {}",
        found.kind, found.generation, found.number, own.kind, own.generation, own.number
    );
    Err(WalError::damage(path, 0, what))
}

#[cfg(test)]
mod tests {
    use millrace_wal::Faulty;

    use super::*;

    fn directory(names: &[&str]) -> Directory {
        let disk = Faulty::new();
        let root = PathBuf::from("/ck");
        for name in names {
            disk.put(&root.join(name).join(META), Vec::new());
        }
        let storage: Arc<dyn Storage> = Arc::new(disk);
        Directory { storage, root }
    }

    fn meta() -> Meta {
        Meta {
            format: FORMAT,
            program: String::new(),
            operators: Vec::new(),
            partitions: 1,
            interval_ms: 1,
            stores: Vec::new(),
            turn: 0,
        }
    }

    #[test]
    fn a_generation_has_one_name() {
        let directory = directory(&["generation-000002", "generation-2", "generation-+00003"]);
        assert_eq!(directory.generations().unwrap(), [2]);
        assert_eq!(directory.create(&meta()).unwrap(), 3);
    }

    #[test]
    fn there_is_no_generation_behind_the_last_number() {
        let directory = directory(&["generation-4294967295"]);
        let refused = directory.create(&meta()).unwrap_err().to_string();
        assert!(refused.contains("no number is left"), "{refused}");
    }
}
