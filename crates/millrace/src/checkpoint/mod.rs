//! Nothing is lost: what streams keep is written down, batch by batch, and read again.
//!
//! A checkpoint is a log of what each batch has changed, and snapshots in the background that
//! let go of the log before them. A batch is committed when its outputs have run and its delta
//! is synced; a crash before that runs it again. `docs/DURABILITY.md` has the layouts and the
//! steps of a recovery. Law 5: state after a recovery is that of a run that never stopped.

mod contents;
mod directory;
#[cfg(test)]
mod failpoints;
mod inspect;
mod loading;
mod meta;
mod record;
mod snapshots;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use millrace_types::{BatchTime, CheckpointInfo};
use millrace_wal::{
    DirectoryLock, Disk, LogOptions, Position, SegmentLog, Storage, WalError, failpoint, read_log,
    remove_temporaries,
};

use crate::durable::Durable;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Executor;
use crate::notice::notice;

use contents::Reading;
use directory::{Directory, FileKind, log_options};
pub(crate) use inspect::WINDOW;
pub use inspect::{CheckpointReader, GenerationInfo, StoreContents, StoreEntry};
use loading::Loading;
pub(crate) use meta::{FORMAT, Meta, StoreMeta};
pub(crate) use record::Commit;
use snapshots::Snapshots;
use writer::BatchLog;

/// The kind of the files of the receivers' log.
pub(crate) const BLOCKS: u8 = FileKind::Blocks as u8;

/// What a program asks of its checkpoint directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Start {
    /// A generation of its own; what is there stays untouched.
    #[default]
    Anew,
    /// To go on from the newest generation, if there is one.
    Recover,
    /// To go on from this generation.
    RecoverFrom(u32),
}

/// The checkpoint of a running context.
pub(crate) struct Checkpoint {
    log: Arc<BatchLog>,
    snapshots: Mutex<Snapshots>,
    /// Where the receivers' log goes on behind the last batch, for runs without one too.
    blocks: Mutex<Position>,
    directory: Directory,
    generation: u32,
    lock: Mutex<Option<DirectoryLock>>,
}

/// A checkpoint that was opened, and the batch that it goes on from.
pub(crate) struct Opened {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) last: Option<Commit>,
    /// The batch interval, in milliseconds, with which that batch was run.
    pub(crate) interval_ms: i64,
}

impl Checkpoint {
    /// Opens the directory for the program that `meta` describes and that keeps `stores`; loads
    /// them if it goes on from a generation. A snapshot is written whenever the log has grown
    /// by `log_bytes`.
    ///
    /// # Errors
    /// If another process writes there, if the generation is not this program's, or if what is
    /// there is damaged or cannot be read or written.
    pub(crate) fn open(
        root: &Path,
        start: Start,
        meta: &Meta,
        stores: Vec<Arc<dyn Durable>>,
        log_bytes: u64,
        executor: &Executor,
    ) -> Result<Opened> {
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let lock = DirectoryLock::acquire(&*storage, root).map_err(refused)?;
        let directory = Directory {
            storage,
            root: root.to_owned(),
        };
        if start != Start::Anew {
            directory.check_whole().map_err(refused)?;
        }
        let generations = directory.generations().map_err(refused)?;
        let wanted = match start {
            Start::Anew => None,
            Start::Recover => generations.last().copied(),
            Start::RecoverFrom(number) if generations.contains(&number) => Some(number),
            Start::RecoverFrom(number) => {
                return Err(Error::illegal(format!(
                    "{} has no generation {number}; `millrace-state ls {}` shows what it has",
                    root.display(),
                    root.display()
                )));
            }
        };
        if start == Start::Anew
            && let Some(last) = generations.last()
        {
            notice(format_args!(
                "{} has the state of an earlier run (generation {last}), which stays as it is; \
                 this run starts anew. To go on from it, run with --recover={last}",
                root.display()
            ));
        }
        stores.iter().for_each(|store| store.record());
        let mut interval_ms = meta.interval_ms;
        let generation = match wanted {
            Some(number) => {
                let written = directory.meta(number).map_err(refused)?;
                if let Some(why) = written.refuses(meta) {
                    return Err(Error::illegal(format!(
                        "cannot go on from the checkpoint in {} (generation {number}): {why}",
                        root.display()
                    )));
                }
                interval_ms = written.interval_ms;
                directory.check_log(number).map_err(refused)?;
                remove_temporaries(&*directory.storage, &directory.generation(number))
                    .map_err(refused)?;
                failpoint("checkpoint.recover.after-clean");
                number
            }
            None => directory.create(meta).map_err(refused)?,
        };
        let (log, contents) =
            load(&directory, generation, &stores, executor, log_bytes).map_err(refused)?;
        failpoint("checkpoint.recover.after-load");
        if let Some(last) = contents.last {
            let ended = Loading::new(&stores, executor).ends(last.number);
            ended.map_err(|(index, what)| {
                let store = meta.stores.get(index);
                let store = store.map_or("what is kept", |store| store.operator.as_str());
                Error::new(
                    ErrorKind::Task,
                    format!(
                        "cannot go on from the checkpoint in {} (generation {generation}): \
                         {store}: {what}",
                        root.display()
                    ),
                )
            })?;
        }
        if interval_ms != meta.interval_ms {
            directory.write_meta(generation, meta).map_err(refused)?;
            failpoint("checkpoint.recover.after-meta");
        }
        let log = Arc::new(BatchLog::new(log, stores, contents.epoch + 1));
        let next = contents.snapshot.map_or(1, |number| number + 1);
        let blocks = contents.last.map_or(Position::START, |last| last.blocks);
        let snapshots = Snapshots::start(
            directory.clone(),
            generation,
            Arc::clone(&log),
            log_bytes,
            next,
        )
        .map_err(|error| Error::io("cannot start the thread of the checkpoint", error))?;
        Ok(Opened {
            checkpoint: Checkpoint {
                log,
                snapshots: Mutex::new(snapshots),
                blocks: Mutex::new(blocks),
                directory,
                generation,
                lock: Mutex::new(Some(lock)),
            },
            last: contents.last,
            interval_ms,
        })
    }

    /// Makes what the batch has changed durable, and says what that took. `blocks` is where the
    /// receivers' log goes on behind it, if there is one.
    ///
    /// # Errors
    /// If it could not be written: the run must end, everything before the batch is durable.
    pub(crate) fn commit(
        &self,
        number: u64,
        time: i64,
        blocks: Option<Position>,
    ) -> Result<CheckpointInfo> {
        let started = Instant::now();
        let mut last = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        *last = blocks.unwrap_or(*last);
        let committed = self.log.commit(number, time, *last).map_err(refused)?;
        let snapshots = self.snapshots.lock();
        snapshots
            .unwrap_or_else(PoisonError::into_inner)
            .committed(committed);
        Ok(CheckpointInfo {
            batch_time: BatchTime::from_millis(time),
            bytes: committed.bytes,
            write: started.elapsed().saturating_sub(committed.sync),
            sync: committed.sync,
        })
    }

    /// Opens the receivers' log of the generation and gives what it has behind the last commit.
    ///
    /// # Errors
    /// If it is damaged, or cannot be read or written.
    pub(crate) fn open_blocks<R>(
        &self,
        open: impl FnOnce(&Arc<dyn Storage>, &Path, u32, Position) -> Result<R, WalError>,
    ) -> Result<R> {
        let path = self.directory.blocks(self.generation);
        let storage = &self.directory.storage;
        storage
            .create_directory(&path)
            .map_err(|error| refused(WalError::io("cannot create", &path, error)))?;
        failpoint("checkpoint.blocks.after-create");
        let parent = self.directory.generation(self.generation);
        storage
            .sync_directory(&parent)
            .map_err(|error| refused(WalError::io("cannot sync", &parent, error)))?;
        failpoint("checkpoint.blocks.after-directory-sync");
        let from = *self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        open(storage, &path, self.generation, from).map_err(refused)
    }

    /// Whether the receivers' log has blocks that no committed batch has, for a run that does
    /// not mean to open it. `options` say how that log is made.
    ///
    /// # Errors
    /// If it is damaged or cannot be read.
    pub(crate) fn has_blocks_not_run(
        &self,
        options: impl FnOnce(u32) -> LogOptions,
        is_block: impl Fn(u8) -> bool,
    ) -> Result<bool> {
        let path = self.directory.blocks(self.generation);
        let from = *self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let storage = &*self.directory.storage;
        let there = storage.list(&path).is_ok_and(|names| !names.is_empty());
        if !there {
            return Ok(false);
        }
        let mut found = false;
        let mut visit = |_, frame: millrace_wal::Frame<'_>| {
            found |= is_block(frame.kind);
            Ok(())
        };
        let options = options(self.generation);
        read_log(storage, &path, &options, from, &mut visit).map_err(refused)?;
        Ok(found)
    }

    /// Ends the background work and lets another run have the directory: whoever is told of the
    /// end may start one, and threads of this run may still know its engine. Nothing is committed
    /// any more.
    pub(crate) fn close(&self) {
        let snapshots = self.snapshots.lock();
        snapshots.unwrap_or_else(PoisonError::into_inner).close();
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(lock.take());
    }
}

/// Reads a generation into its stores and opens its log for more.
fn load(
    directory: &Directory,
    generation: u32,
    stores: &[Arc<dyn Durable>],
    executor: &Executor,
    log_bytes: u64,
) -> Result<(SegmentLog, contents::Contents), WalError> {
    let loading = Loading::new(stores, executor);
    let mut sink = |section: &record::Section<'_>| loading.take(section);
    let mut reading = Reading::snapshot(directory, generation, &mut sink)?;
    loading
        .snapshot_ends()
        .map_err(|what| WalError::damage(&directory.generation(generation), 0, what))?;
    let path = directory.log(generation);
    let from = reading.from;
    let (log, _) = SegmentLog::open_if(
        &directory.storage,
        &path,
        LogOptions {
            segment_bytes: segment_bytes(log_bytes),
            ..log_options(generation)
        },
        from,
        |position, frame| reading.frame(&path, position, &frame),
        || {
            let ended = loading.log_ends();
            ended.map_err(|what| WalError::damage(&path, 0, what))
        },
    )?;
    Ok((log, reading.contents))
}

/// How long a segment may be: a snapshot lets go of whole segments only, so they are no longer
/// than what may gather between two snapshots.
pub(crate) fn segment_bytes(log_bytes: u64) -> u64 {
    log_bytes.clamp(4 << 10, 64 << 20)
}

/// An error of the storage, as one of the engine.
pub(crate) fn refused(error: WalError) -> Error {
    Error::new(ErrorKind::Io, error.to_string())
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checkpoint").finish_non_exhaustive()
    }
}
