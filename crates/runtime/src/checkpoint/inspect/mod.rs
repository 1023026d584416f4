//! A checkpoint as somebody sees it who has never seen the program: for tools.
//!
//! Reads only, takes no lock and can do so while a program writes. The result is the state as
//! of one committed batch.

mod differ;
mod find;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod ordered;
mod overlay;
mod sorted;
mod view;

use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use millrace_engine::error::{Error, Result};
use millrace_types::BatchTime;
use millrace_types::keys::MOST_PARTITIONS;
use millrace_wal::{DirectoryLock, Disk, Position, SegmentLog, Storage, WalError};

use crate::files::located;

use super::choice::{Candidates, candidate, count_blocks};
use super::contents::GenerationReader;
use super::directory::{BLOCKS, Directory, log_options};
use super::record::{Commit, FrameKind, Section};
use super::refused;

pub use differ::Difference;
#[cfg(any(test, fuzzing))]
pub(crate) use find::fuzz as fuzz_keys;
#[cfg(any(test, fuzzing))]
pub(crate) use fuzz::fuzz as fuzz_generation;
pub use ordered::{RawStoreEntry, StoreSize};
pub use view::GenerationView;

/// The name of what a window keeps.
pub const WINDOW: &str = "window";

/// The name of what a front end notes.
pub const NOTES: &str = "notes";

/// The number of times that a read is begun anew because the program removed a file meanwhile.
const TRIES: u32 = 20;

/// A checkpoint directory, opened for reading.
///
/// ```
/// use millrace::Error;
/// use millrace::checkpoint::CheckpointReader;
/// let nothing = CheckpointReader::open(std::env::temp_dir().join("no-such-directory"));
/// assert!(nothing.is_err());
/// ```
pub struct CheckpointReader {
    directory: Directory,
}

/// A run that began anew, with the runs that went on from it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GenerationInfo {
    /// The number of the generation.
    pub number: u32,
    /// The name of the program that wrote it.
    pub program: String,
    /// The number of reduce partitions.
    pub partitions: u32,
    /// The batch interval in milliseconds.
    pub interval_ms: i64,
    /// The last batch that was committed: its number, counted from one, and its time.
    pub last: Option<(u64, BatchTime)>,
    /// The stores of the program: operator and name, in order.
    pub stores: Vec<(String, String)>,
}

/// One key of a store.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StoreEntry {
    /// The key's place among the others of its partition.
    pub place: u64,
    /// The key, in JSON's terms.
    pub key: serde_json::Value,
    /// The value of the key.
    pub value: serde_json::Value,
}

impl CheckpointReader {
    /// Opens a checkpoint directory.
    ///
    /// # Errors
    /// If it is not there, has no generation, or its name is not a location of this machine (a
    /// path, or `file:` and one).
    pub fn open(directory: impl AsRef<Path>) -> Result<CheckpointReader> {
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let root = located("the name of the checkpoint directory", directory)?;
        if !root.exists() {
            let root = root.display();
            return Err(Error::illegal(format!("there is no directory {root}")));
        }
        if !root.is_dir() {
            let root = root.display();
            return Err(Error::illegal(format!(
                "{root} is a file: name the checkpoint directory"
            )));
        }
        let directory = Directory { storage, root };
        if directory.all_generations().map_err(refused)?.is_empty() {
            return Err(no_checkpoint(&directory.root));
        }
        Ok(CheckpointReader { directory })
    }

    /// The numbers of the generations, oldest first, those that are damaged among them.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn generations(&self) -> Result<Vec<u32>> {
        self.directory.all_generations().map_err(refused)
    }

    /// The generation that a program goes on from that is told no number: the one that was written
    /// last, as far as that can be said.
    ///
    /// # Errors
    /// If the directory cannot be read, or no generation is whole.
    pub fn newest(&self) -> Result<u32> {
        self.newest_and_damaged().map(|(newest, _)| newest)
    }

    /// The same, and a damaged generation that may be newer, with what is wrong with it.
    ///
    /// # Errors
    /// As [`newest`](CheckpointReader::newest).
    pub fn newest_and_damaged(&self) -> Result<(u32, Option<(u32, Error)>)> {
        let found = Candidates::find(&self.directory).map_err(refused)?;
        let newer = found.in_the_way(&self.directory).map(|(number, _)| number);
        let mut damaged = found.damaged.into_iter();
        if let Some(newest) = found.whole.first() {
            let newer = damaged.find(|&(number, _)| Some(number) == newer);
            let newer = newer.map(|(number, error)| (number, refused(error)));
            return Ok((newest.number, newer));
        }
        match damaged.next() {
            Some((_, error)) => Err(refused(error)),
            None => Err(no_checkpoint(&self.directory.root)),
        }
    }

    /// A generation's account of itself; reads all of it to find its last batch.
    ///
    /// # Errors
    /// If it is damaged or of a newer format; the message names file and offset.
    pub fn generation(&self, number: u32) -> Result<GenerationInfo> {
        self.view(number).map(|view| view.info())
    }

    /// The number of partitions with which a run goes on from a generation; nothing else of the
    /// generation is read.
    ///
    /// # Errors
    /// If there is no such generation, or the part of it that has this number is damaged.
    pub fn partitions(&self, number: u32) -> Result<u32> {
        let meta = self.directory.meta(number).map_err(refused)?;
        Ok(meta.partitions)
    }

    /// The state of a generation. It stays the same while a program goes on writing.
    ///
    /// # Errors
    /// As [`generation`](CheckpointReader::generation).
    pub fn view(&self, number: u32) -> Result<GenerationView> {
        self.open_view(number, false)
    }

    /// The state of a generation as far as it can be read: of a log that is damaged the batches in
    /// front of the damage, of a snapshot that is damaged its shards in front of it and nothing of
    /// the log. If `meta` is damaged, stores have no names, and those of windows are not told from
    /// others. [`damage`](GenerationView::damage) says what is damaged.
    ///
    /// # Errors
    /// If nothing can be read.
    pub fn view_before_damage(&self, number: u32) -> Result<GenerationView> {
        self.open_view(number, true)
    }

    fn open_view(&self, number: u32, tolerant: bool) -> Result<GenerationView> {
        if !self.generations()?.contains(&number) {
            let root = self.directory.root.display();
            return Err(Error::illegal(format!(
                "{root} has no generation {number}; `millrace-state ls {root}` shows what it has"
            )));
        }
        let mut tries = Tries::default();
        loop {
            match GenerationView::open(&self.directory, number, tolerant) {
                Ok(view) => return Ok(view),
                Err(error) => self.try_again(error, &mut tries)?,
            }
        }
    }

    /// The number of blocks in the receivers' log of a generation that no batch has; reads all
    /// of it.
    ///
    /// # Errors
    /// As [`generation`](CheckpointReader::generation).
    pub fn blocks_not_run(&self, number: u32) -> Result<u64> {
        let count = || {
            // Anew each time: a running program lets go of what it has run.
            let last = candidate(&self.directory, number)?.last;
            let from = last.map_or(Position::START, |last| last.blocks);
            count_blocks(&self.directory, number, from)
        };
        let mut tries = Tries::default();
        loop {
            match count() {
                Ok(blocks) => return Ok(blocks),
                Err(error) => self.try_again(error, &mut tries)?,
            }
        }
    }

    /// Says that a generation has another number of partitions now, so that a program with that
    /// number goes on from it. Places stay: a partition has its keys in the order in which they
    /// came.
    ///
    /// # Errors
    /// If a program is writing there, the generation cannot be read or written, or the number is
    /// zero or larger than that of a program may be (65,536).
    pub fn repartition(&self, number: u32, partitions: u32) -> Result<()> {
        if !(1..=MOST_PARTITIONS).contains(&partitions) {
            return Err(Error::illegal(format!(
                "a generation has 1 to {MOST_PARTITIONS} partitions, and not {partitions}"
            )));
        }
        let storage = &*self.directory.storage;
        let _lock = DirectoryLock::acquire(storage, &self.directory.root).map_err(refused)?;
        self.directory.check_meta(number).map_err(refused)?;
        let mut meta = self.directory.meta(number).map_err(refused)?;
        meta.partitions = partitions;
        self.directory.write_meta(number, &meta).map_err(refused)
    }

    /// Puts the receivers' log of a generation aside, under a name that no program looks at, so
    /// that a program goes on without what was received and not run. Gives where it is now; none
    /// if there was none.
    ///
    /// # Errors
    /// If a program is writing there, or the generation cannot be read or written.
    pub fn set_blocks_aside(&self, number: u32) -> Result<Option<PathBuf>> {
        let storage = &self.directory.storage;
        let _lock = DirectoryLock::acquire(&**storage, &self.directory.root).map_err(refused)?;
        self.aside(number).map_err(refused)
    }

    fn aside(&self, number: u32) -> std::result::Result<Option<PathBuf>, WalError> {
        let storage = &self.directory.storage;
        let parent = self.directory.generation(number);
        let blocks = self.directory.blocks(number);
        let mut aside = (1..).map(|count| parent.join(format!("{BLOCKS}-aside-{count}")));
        let mut moved = None;
        // First: a log from its beginning is not to be read as the old one.
        if blocks.is_dir()
            && let Some(aside) = aside.find(|aside| !aside.exists())
        {
            let renamed = storage.rename(&blocks, &aside);
            renamed.map_err(|error| WalError::io("cannot rename", &blocks, error))?;
            storage
                .sync_directory(&parent)
                .map_err(|error| WalError::io("cannot sync", &parent, error))?;
            moved = Some(aside);
        }
        let mut nothing = |_: &Section<'_>| Ok(());
        let mut reading = GenerationReader::snapshot(&self.directory, number, &mut nothing)?;
        let (path, from) = (self.directory.log(number), reading.from);
        let options = log_options(number);
        let opened = SegmentLog::open(storage, &path, options, from, |position, frame| {
            reading.frame(&path, position, &frame)
        });
        let (mut log, _) = opened?;
        if let Some(last) = reading.contents.last {
            let commit = Commit {
                epoch: reading.contents.epoch + 1,
                blocks: Position::START,
                ..last
            };
            log.append(FrameKind::Commit as u8, &commit.encode())?;
            log.sync()?;
        }
        Ok(moved)
    }

    /// Removes all generations but the `keep` that were written last, and gives their numbers.
    /// Those that are damaged are left alone.
    ///
    /// # Errors
    /// If a program is writing there, or something cannot be removed.
    pub fn prune(&self, keep: NonZeroU32) -> Result<Vec<u32>> {
        let storage = &*self.directory.storage;
        let root = &self.directory.root;
        let _lock = DirectoryLock::acquire(storage, root).map_err(refused)?;
        let found = Candidates::find(&self.directory).map_err(refused)?;
        let old = found.whole.iter().skip(keep.get() as usize);
        let mut removed = Vec::new();
        for number in old.map(|old| old.number) {
            let path = self.directory.generation(number);
            // Under another name first: half of a generation would be a damaged one.
            let out = root.join(format!("removed-{number:06}"));
            let error = |source| refused(WalError::io("cannot remove", &path, source));
            storage.rename(&path, &out).map_err(error)?;
            storage.sync_directory(root).map_err(error)?;
            std::fs::remove_dir_all(&out).map_err(error)?;
            removed.push(number);
        }
        removed.sort_unstable();
        Ok(removed)
    }

    /// Passes over what a program does that cleans up while it is read. A file that is missing in the
    /// same place again and again is damage: a program has moved on by then.
    fn try_again(&self, error: WalError, tries: &mut Tries) -> Result<()> {
        let gone = matches!(&error, WalError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
            || matches!(&error, WalError::Damage { file, .. } if !file.exists());
        if !gone {
            return Err(refused(error));
        }
        let said = error.to_string();
        if tries.last != said {
            tries.last = said;
            tries.same = 0;
        }
        tries.all += 1;
        tries.same += 1;
        if tries.same == TRIES {
            return Err(refused(error));
        }
        if tries.all < TRIES * TRIES {
            return Ok(());
        }
        Err(Error::illegal(format!(
            "the program that writes {} changes it faster than it can be read: try again",
            self.directory.root.display()
        )))
    }
}

/// The failed attempts of a read so far.
#[derive(Default)]
struct Tries {
    all: u32,
    last: String,
    same: u32,
}

fn no_checkpoint(root: &Path) -> Error {
    Error::illegal(format!(
        "{} has no checkpoint: no program has kept anything there",
        root.display()
    ))
}

impl fmt::Debug for CheckpointReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckpointReader")
            .field("directory", &self.directory.root)
            .finish_non_exhaustive()
    }
}
