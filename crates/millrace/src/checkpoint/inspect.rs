//! A checkpoint as somebody sees it who has never seen the program: for tools.
//!
//! Reads only, takes no lock and can do so while a program writes. What it gives is the state as
//! of one committed batch.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use millrace_types::BatchTime;
use millrace_wal::{DirectoryLock, Disk, Storage, WalError, read_log};

use crate::durable::{AnyValue, EntryReader, RawEntry};
use crate::error::{Error, Result};
use crate::files::located;

use super::contents::{Contents, Reading};
use super::directory::{Directory, log_options};
use super::record::Section;
use super::refused;

/// The name of what a window keeps.
pub(crate) const WINDOW: &str = "window";

/// How often a read is begun anew because the program removed a file meanwhile.
const TRIES: u32 = 20;

/// A checkpoint directory, opened for reading.
///
/// ```
/// use millrace::{CheckpointReader, Error};
/// let nothing = CheckpointReader::open(std::env::temp_dir().join("no-such-directory"));
/// assert!(nothing.is_err());
/// ```
pub struct CheckpointReader {
    directory: Directory,
}

/// One run that began anew, and the runs that went on from it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GenerationInfo {
    /// Its number.
    pub number: u32,
    /// The name of the program that wrote it.
    pub program: String,
    /// The number of reduce partitions.
    pub partitions: u32,
    /// The batch interval in milliseconds.
    pub interval_ms: i64,
    /// The last batch that was committed: its number, counted from one, and its time.
    pub last: Option<(u64, BatchTime)>,
    /// What the program keeps: operator and name, in order.
    pub stores: Vec<(String, String)>,
}

/// Everything that one store of a generation holds.
#[derive(Debug, Clone, Default)]
pub struct StoreContents {
    /// Key to place and value, all as they were written.
    entries: HashMap<Vec<u8>, (u64, Vec<u8>)>,
    /// Of a window its operator, and how many bytes were written of it.
    window: Option<(String, u64)>,
}

/// One key of a store.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StoreEntry {
    /// Where the key stands among the others of its partition.
    pub place: u64,
    /// The key, in JSON's terms.
    pub key: serde_json::Value,
    /// What is kept for it.
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
        if !root.is_dir() {
            return Err(Error::io(
                format!("cannot read the checkpoint directory {}", root.display()),
                std::io::Error::from(std::io::ErrorKind::NotFound),
            ));
        }
        let directory = Directory { storage, root };
        if directory.all_generations().map_err(refused)?.is_empty() {
            return Err(Error::illegal(format!(
                "{} has no checkpoint: no generation in it is whole",
                directory.root.display()
            )));
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

    /// What a generation says of itself; reads its log to find its last batch.
    ///
    /// # Errors
    /// If it is damaged or of a newer format; the message names file and offset.
    pub fn generation(&self, number: u32) -> Result<GenerationInfo> {
        self.directory.check_meta(number).map_err(refused)?;
        let contents = self.read(number, &mut |_| Ok(()))?;
        let meta = self.directory.meta(number).map_err(refused)?;
        let store = |store: super::StoreMeta| (store.operator, store.name);
        Ok(GenerationInfo {
            number,
            program: meta.program,
            partitions: meta.partitions,
            interval_ms: meta.interval_ms,
            last: contents
                .last
                .map(|last| (last.number, BatchTime::from_millis(last.time))),
            stores: meta.stores.into_iter().map(store).collect(),
        })
    }

    /// Everything that the stores of a generation hold, in their order.
    ///
    /// # Errors
    /// As [`generation`](CheckpointReader::generation).
    pub fn stores(&self, number: u32) -> Result<Vec<StoreContents>> {
        let meta = self.directory.meta(number).map_err(refused)?;
        let mut tries = Tries::default();
        loop {
            let mut stores: Vec<_> = meta.stores.iter().map(StoreContents::of).collect();
            let mut sink = |section: &Section<'_>| {
                let store = stores.get_mut(section.store as usize);
                let store = store.ok_or_else(|| format!("there is no store {}", section.store))?;
                store.load(section.entries)
            };
            match self.read_once(number, &mut sink) {
                Ok(_) => return Ok(stores),
                Err(error) => self.try_again(error, &mut tries)?,
            }
        }
    }

    /// Says that a generation has another number of partitions now, so that a program with that
    /// number goes on from it. Places stay: a partition has its keys in the order in which they
    /// came.
    ///
    /// # Errors
    /// If a program is writing there, or the generation cannot be read or written.
    pub fn repartition(&self, number: u32, partitions: u32) -> Result<()> {
        let storage = &*self.directory.storage;
        let _lock = DirectoryLock::acquire(storage, &self.directory.root).map_err(refused)?;
        let mut meta = self.directory.meta(number).map_err(refused)?;
        meta.partitions = partitions;
        self.directory.write_meta(number, &meta).map_err(refused)
    }

    fn read(
        &self,
        number: u32,
        sink: &mut dyn FnMut(&Section<'_>) -> std::result::Result<(), String>,
    ) -> Result<Contents> {
        let mut tries = Tries::default();
        loop {
            match self.read_once(number, sink) {
                Ok(contents) => return Ok(contents),
                Err(error) => self.try_again(error, &mut tries)?,
            }
        }
    }

    fn read_once(
        &self,
        number: u32,
        sink: &mut dyn FnMut(&Section<'_>) -> std::result::Result<(), String>,
    ) -> std::result::Result<Contents, WalError> {
        let mut reading = Reading::snapshot(&self.directory, number, sink)?;
        self.directory.check_log(number)?;
        let path = self.directory.log(number);
        let options = log_options(number);
        let from = reading.from;
        read_log(
            &*self.directory.storage,
            &path,
            &options,
            from,
            |position, frame| reading.frame(&path, position, &frame),
        )?;
        // A snapshot that came meanwhile may have let go of log that this read still wanted.
        let newest = self
            .directory
            .snapshots(number)?
            .pop()
            .map(|(newest, _)| newest);
        if newest != reading.contents.snapshot {
            return Err(WalError::io(
                "cannot read",
                &path,
                std::io::Error::from(std::io::ErrorKind::NotFound),
            ));
        }
        Ok(reading.contents)
    }

    /// Passes over what a program does that cleans up while it is read. What is missing in the
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

/// What reading has met so far.
#[derive(Default)]
struct Tries {
    all: u32,
    last: String,
    same: u32,
}

impl StoreContents {
    fn of(store: &super::StoreMeta) -> StoreContents {
        let window = (store.name == WINDOW).then(|| (store.operator.clone(), 0));
        StoreContents {
            window,
            ..StoreContents::default()
        }
    }

    fn load(&mut self, entries: &[u8]) -> std::result::Result<(), String> {
        let mut reader = EntryReader::new(entries);
        if let Some((_, bytes)) = &mut self.window {
            *bytes += entries.len() as u64;
            while let Some(entry) = reader.next_raw() {
                entry?;
            }
            return Ok(());
        }
        while let Some(entry) = reader.next_raw() {
            let (key, kept): RawEntry<'_> = entry?;
            match kept {
                Some((place, value)) => {
                    self.entries.insert(key.to_vec(), (place, value.to_vec()));
                }
                None => {
                    self.entries.remove(key);
                }
            }
        }
        Ok(())
    }

    /// Whether it is what a window holds: what its batches brought, of which only the program's
    /// functions can make a value. It has no entries that could be given.
    pub fn is_window(&self) -> bool {
        self.window.is_some()
    }

    /// # Errors
    /// If it is what a window holds.
    fn keyed(&self) -> Result<()> {
        match &self.window {
            None => Ok(()),
            Some((operator, _)) => Err(Error::illegal(format!(
                "the window of {operator} has what its batches brought and no value for a key: \
                 only the program can make one of them"
            ))),
        }
    }

    /// How many keys there are; none in a window.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of keys and values as they are written; of a window, of all that a recovery reads.
    pub fn bytes(&self) -> u64 {
        if let Some((_, bytes)) = &self.window {
            return *bytes;
        }
        let bytes = |(key, (_, value)): (&Vec<u8>, &(u64, Vec<u8>))| key.len() + value.len();
        self.entries.iter().map(bytes).sum::<usize>() as u64
    }

    /// All keys in the order of their places.
    ///
    /// # Errors
    /// If a key or a value is not what it says, or if it is what a window holds.
    pub fn entries(&self) -> Result<Vec<StoreEntry>> {
        self.keyed()?;
        let places = self
            .entries
            .iter()
            .map(|(key, (place, value))| (*place, (key, value)));
        let mut ordered: BTreeMap<u64, Vec<_>> = BTreeMap::new();
        for (place, entry) in places {
            ordered.entry(place).or_default().push(entry);
        }
        let mut entries = Vec::with_capacity(self.entries.len());
        for (place, mut together) in ordered {
            together.sort_unstable();
            for (key, value) in together {
                entries.push(StoreEntry {
                    place,
                    key: read(key)?,
                    value: read(value)?,
                });
            }
        }
        Ok(entries)
    }

    /// What is kept for a key that reads as `key`, either as JSON or as the text itself.
    ///
    /// # Errors
    /// As [`entries`](StoreContents::entries).
    pub fn get(&self, key: &str) -> Result<Option<StoreEntry>> {
        self.keyed()?;
        let json: Option<serde_json::Value> = serde_json::from_str(key).ok();
        let text = serde_json::Value::String(key.to_owned());
        for (own, (place, value)) in &self.entries {
            let own = read(own)?;
            if own == text || Some(&own) == json.as_ref() {
                return Ok(Some(StoreEntry {
                    place: *place,
                    key: own,
                    value: read(value)?,
                }));
            }
        }
        Ok(None)
    }
}

fn read(bytes: &[u8]) -> Result<serde_json::Value> {
    let value = AnyValue::read(bytes);
    value.map(|value| value.0).map_err(|what| {
        Error::new(
            crate::error::ErrorKind::Io,
            format!("a value is none: {what}"),
        )
    })
}

impl fmt::Debug for CheckpointReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckpointReader")
            .field("directory", &self.directory.root)
            .finish_non_exhaustive()
    }
}
