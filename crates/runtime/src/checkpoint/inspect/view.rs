//! One generation, held open: its files can be read again and again, and are the same each time.
//!
//! Nothing is held in memory but where things stand. The shards of the snapshot are read side by
//! side, one per worker; the log is read segment by segment.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::OnceLock;

use millrace_engine::durable::{EntryReader, RawEntry, StoreError};
use millrace_engine::error::{Error, Result};
use millrace_engine::exec::Executor;
use millrace_types::BatchTime;
use millrace_wal::{FramePlace, OpenLog, Position, SealedReader, WalError};
use rayon::prelude::*;

use super::super::contents::{Contents, GenerationReader};
use super::super::directory::{Directory, FileKind, check_header, header, log_options};
use super::super::meta::Meta;
use super::super::record::{Base, FrameKind, Section};
use super::super::refused;
use super::sorted::Buffer;
use super::{GenerationInfo, WINDOW};

type Read<T> = std::result::Result<T, WalError>;

/// Snapshots that are shorter are read by whoever asks.
const WORTH_SHARING: u64 = 1 << 20;

/// Fewer entries are sorted by whoever asks.
const WORTH_SORTING: usize = 1 << 14;

/// The state of a generation as of one batch, as it stands in its files.
pub struct GenerationView {
    number: u32,
    meta: Meta,
    directory: Directory,
    snapshot: Option<Snapshot>,
    log: Option<OpenLog>,
    contents: Contents,
    /// The damage beside or behind the part that is seen, if that was asked for.
    damage: Option<String>,
    executor: OnceLock<Option<Executor>>,
}

struct Snapshot {
    number: u64,
    reader: SealedReader,
    base: Base,
    shards: Vec<Shard>,
}

/// The head of a shard's entries.
struct Shard {
    place: FramePlace,
    epoch: u32,
    store: u32,
    shard: u32,
    number: u64,
}

impl GenerationView {
    /// Opens a generation and reads all of it once. If it is `tolerant` it ends in front of what
    /// is damaged.
    pub(super) fn open(directory: &Directory, number: u32, tolerant: bool) -> Read<GenerationView> {
        let meta = directory.check_meta(number);
        let (meta, mut damage) = match meta.and_then(|()| directory.meta(number)) {
            Err(error @ WalError::Damage { .. }) if tolerant => (None, Some(without_names(&error))),
            meta => (Some(meta?), None),
        };
        let mut in_snapshot = None;
        let mut forgiven = |error: WalError| match error {
            WalError::Damage { .. } if tolerant => {
                in_snapshot.get_or_insert(error.to_string());
                Ok(())
            }
            error => Err(error),
        };
        let snapshot = match Snapshot::open(directory, number, &mut forgiven) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                forgiven(error)?;
                None
            }
        };
        // What the log adds to is not all there.
        let reads_log = in_snapshot.is_none();
        in_snapshot.into_iter().for_each(|it| add(&mut damage, it));
        let named = meta.is_some();
        let mut view = GenerationView {
            number,
            meta: meta.unwrap_or_else(Meta::unknown),
            directory: directory.clone(),
            snapshot,
            log: None,
            contents: Contents::default(),
            damage,
            executor: OnceLock::new(),
        };
        let snapshot = view.snapshot.as_ref();
        let mut stores = snapshot.map_or(0, Snapshot::stores);
        if reads_log {
            view.open_log(tolerant, &mut stores)?;
        } else {
            view.contents.last = snapshot.map(|snapshot| snapshot.base.commit);
        }
        if !named {
            view.meta.add_unnamed(stores);
        }
        Ok(view)
    }

    /// Reads all of the log once; `stores` becomes the number of stores that are in it, if those
    /// are more.
    fn open_log(&mut self, tolerant: bool, stores: &mut u32) -> Read<()> {
        let (directory, number) = (self.directory.clone(), self.number);
        directory.check_log(number)?;
        let from = self.from();
        let path = directory.log(number);
        let options = log_options(number);
        self.log = Some(OpenLog::open(&*directory.storage, &path, &options, from)?);
        // A snapshot that came meanwhile may have let go of log that this read still wanted.
        let newest = directory.snapshots(number)?.pop().map(|newest| newest.0);
        if newest != self.snapshot.as_ref().map(|snapshot| snapshot.number) {
            let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(WalError::io("cannot read", &path, gone));
        }
        let mut contents = Contents::default();
        let read = self.read_log_into(&mut contents, &mut |section| {
            *stores = (*stores).max(section.store.saturating_add(1));
            check_entries(section.entries)
        });
        self.contents = contents;
        match read {
            Err(error @ WalError::Damage { .. }) if tolerant => {
                add(&mut self.damage, error.to_string());
                Ok(())
            }
            read => read,
        }
    }

    fn from(&self) -> Position {
        let snapshot = self.snapshot.as_ref();
        snapshot.map_or(Position::START, |snapshot| snapshot.base.position)
    }

    fn read_log_into(
        &self,
        contents: &mut Contents,
        sink: &mut dyn FnMut(&Section<'_>) -> std::result::Result<(), StoreError>,
    ) -> Read<()> {
        let Some(log) = &self.log else {
            return Ok(());
        };
        let path = self.directory.log(self.number);
        let mut reading = GenerationReader::behind(sink);
        reading.careful = self.damage.is_some();
        if let Some(snapshot) = &self.snapshot {
            let as_of = |it: &Shard| ((it.store, it.shard), it.number);
            reading.begin(
                snapshot.number,
                &snapshot.base,
                snapshot.shards.last().map(|it| it.epoch),
                snapshot.shards.iter().map(as_of).collect::<HashMap<_, _>>(),
            );
        }
        let read = log.read(|position, frame| reading.frame(&path, position, &frame));
        *contents = reading.contents.clone();
        read.map(drop)
    }

    /// Gives the sections of the log that count, in order, as far as they were seen at first.
    pub(super) fn read_log(
        &self,
        sink: &mut dyn FnMut(&Section<'_>) -> std::result::Result<(), StoreError>,
    ) -> Result<()> {
        let read = self.read_log_into(&mut Contents::default(), sink);
        match read {
            Err(WalError::Damage { .. }) if self.damage.is_some() => Ok(()),
            read => read.map_err(refused),
        }
    }

    /// Gives the entries of each shard of the snapshot that is of `store` to `read`, on the
    /// workers if there are many, and then what that made of them, in order.
    pub(super) fn each_shard<T: Send>(
        &self,
        store: usize,
        read: impl Fn(EntryReader<'_>) -> std::result::Result<T, StoreError> + Sync,
    ) -> Result<Vec<T>> {
        let Some(snapshot) = &self.snapshot else {
            return Ok(Vec::new());
        };
        let shards: Vec<&Shard> = snapshot
            .shards
            .iter()
            .filter(|shard| shard.store as usize == store)
            .collect();
        let one = |payload: &mut Vec<u8>, shard: &&Shard| -> Read<T> {
            snapshot.reader.read(&shard.place, payload)?;
            let damage = |what: String| snapshot.damage(self, &shard.place, what);
            let section = Section::decode(payload).map_err(|error| damage(error.to_string()))?;
            read(EntryReader::new(section.entries)).map_err(|error| damage(error.to_string()))
        };
        let bytes: u64 = shards.iter().map(|shard| shard.place.len as u64).sum();
        let made = match self.executor_if(bytes > WORTH_SHARING) {
            None => {
                let mut payload = Vec::new();
                shards
                    .iter()
                    .map(|shard| one(&mut payload, shard))
                    .collect()
            }
            Some(executor) => executor.run(|| {
                let shards = shards.par_iter().with_max_len(1);
                let made: Read<Vec<T>> = shards.map_init(Vec::new, one).collect();
                made
            }),
        };
        made.map_err(refused)
    }

    /// The workers, if they are `needed`; none if the system gives none.
    pub(super) fn executor_if(&self, needed: bool) -> Option<&Executor> {
        if !needed {
            return None;
        }
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let executor = self.executor.get_or_init(|| Executor::new(cores).ok());
        executor.as_ref()
    }

    /// The workers that sort entries, if they are many.
    pub(super) fn executor_for(&self, shards: &[Buffer]) -> Option<&Executor> {
        self.executor_if(shards.iter().map(Buffer::len).sum::<usize>() > WORTH_SORTING)
    }

    /// The generation's account of itself, and its last batch.
    pub fn info(&self) -> GenerationInfo {
        let last = self.contents.last;
        let meta = &self.meta;
        let stores = meta.stores.iter();
        GenerationInfo {
            number: self.number,
            program: meta.program.clone(),
            partitions: meta.partitions,
            interval_ms: meta.interval_ms,
            last: last.map(|last| (last.number, BatchTime::from_millis(last.time))),
            stores: stores
                .map(|store| (store.operator.clone(), store.name.clone()))
                .collect(),
        }
    }

    /// The damage that a view ends in front of.
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// True if a store is a window's: it holds the input of its batches, of which only the
    /// program's functions can make a value. It has no entries that could be given.
    pub fn is_window(&self, store: usize) -> bool {
        let store = self.meta.stores.get(store);
        store.is_some_and(|store| store.name == WINDOW)
    }

    /// # Errors
    /// If there is no such store, or if it is a window's.
    pub(super) fn check_keyed(&self, store: usize) -> Result<()> {
        let Some(meta) = self.meta.stores.get(store) else {
            return Err(Error::illegal(format!(
                "there is no store {store}: the program keeps {}, from 0 on",
                self.meta.stores.len()
            )));
        };
        if !self.is_window(store) {
            return Ok(());
        }
        Err(Error::illegal(format!(
            "{} is a window; its checkpoint holds what each batch brought, not values per key, so \
             they cannot be read",
            meta.operator
        )))
    }

    /// The number of bytes of its files that are read for its state.
    pub(super) fn file_bytes(&self) -> u64 {
        let snapshot = self.snapshot.as_ref().map_or(0, |snapshot| {
            snapshot.shards.iter().map(|it| it.place.len as u64).sum()
        });
        snapshot + self.log.as_ref().map_or(0, OpenLog::bytes)
    }
}

impl Snapshot {
    fn open(
        directory: &Directory,
        generation: u32,
        forgiven: &mut dyn FnMut(WalError) -> Read<()>,
    ) -> Read<Option<Snapshot>> {
        let Some((number, path)) = directory.snapshots(generation)?.pop() else {
            return Ok(None);
        };
        let reader = SealedReader::open(&*directory.storage, &path)?;
        let own = header(FileKind::Snapshot, generation, number);
        check_header(&path, reader.header(), &own)?;
        let (places, damage) = reader.places_before_damage();
        damage.map_or(Ok(()), &mut *forgiven)?;
        let mut snapshot: Option<Snapshot> = None;
        let mut reader = Some(reader);
        let mut payload = Vec::new();
        for place in places {
            let damage = |what: String| WalError::damage(&path, place.offset, what);
            if place.kind == FrameKind::Base as u8
                && let Some(reader) = reader.take()
            {
                reader.read(&place, &mut payload)?;
                let base = Base::decode(&payload).map_err(|error| damage(error.to_string()))?;
                snapshot = Some(Snapshot {
                    number,
                    reader,
                    base,
                    shards: Vec::new(),
                });
                continue;
            }
            let Some(snapshot) = snapshot
                .as_mut()
                .filter(|_| place.kind == FrameKind::Shard as u8)
            else {
                let what = format!("a snapshot has a frame of kind {} here", place.kind);
                return Err(damage(what));
            };
            if let Err(error) = snapshot.reader.read(&place, &mut payload) {
                forgiven(error)?;
                break;
            }
            let section = Section::decode(&payload).map_err(|error| damage(error.to_string()))?;
            check_entries(section.entries).map_err(|error| damage(error.to_string()))?;
            snapshot.shards.push(Shard {
                place,
                epoch: section.epoch,
                store: section.store,
                shard: section.shard,
                number: section.number,
            });
        }
        if snapshot.is_none() {
            let what = "its first frame does not say which batches are in it";
            return Err(WalError::damage(&path, 0, what));
        }
        Ok(snapshot)
    }

    /// The number of stores up to the last one that has something in the snapshot.
    fn stores(&self) -> u32 {
        let numbers = self.shards.iter().map(|shard| shard.store);
        numbers.max().map_or(0, |last| last.saturating_add(1))
    }

    fn damage(&self, view: &GenerationView, place: &FramePlace, what: String) -> WalError {
        let path = view.directory.generation(view.number);
        let path = path.join(Directory::snapshot_name(self.number));
        WalError::damage(&path, place.offset, what)
    }
}

/// Damage of `meta`, with its consequence for the rest of the generation.
fn without_names(error: &WalError) -> String {
    format!(
        "{error}; without it nobody knows which stores are of windows, and of those there is what \
         their batches brought"
    )
}

/// Adds damage to that which was found before.
fn add(damage: &mut Option<String>, found: String) {
    *damage = Some(match damage.take() {
        Some(before) => format!("{before}; {found}"),
        None => found,
    });
}

/// Checks that these are entries, of whatever types.
fn check_entries(entries: &[u8]) -> std::result::Result<(), StoreError> {
    let mut entries = EntryReader::new(entries);
    while let Some(entry) = entries.next_raw() {
        let _: RawEntry<'_> = entry?;
    }
    Ok(())
}

impl std::fmt::Debug for GenerationView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GenerationView")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
