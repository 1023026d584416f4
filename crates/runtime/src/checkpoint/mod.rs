//! Nothing is lost: what streams keep is written down, batch by batch, and read again.
//!
//! A checkpoint is a log of what each batch has changed, and snapshots in the background that
//! let go of the log before them. A batch is committed when its outputs have run and its delta
//! is synced; a crash before that runs it again. `docs/DURABILITY.md` has the layouts and the
//! steps of a recovery. Law 5: state after a recovery is that of a run that never stopped.

mod choice;
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
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use millrace_engine::durable::{Durable, StoreError};
use millrace_engine::error::{Error, ErrorKind, Result};
use millrace_engine::exec::Executor;
use millrace_types::{BatchTime, CheckpointInfo, Lock, counted};
use millrace_wal::{
    DirectoryLock, Disk, LogOptions, Position, SegmentLog, Storage, WalError, failpoint,
    remove_temporaries,
};

use crate::clock::Clock;

pub(crate) use choice::Candidate;
pub use choice::described;
use choice::{choose, count_blocks, damaged};
use contents::GenerationReader;
pub use directory::blocks_options;
pub(crate) use directory::{BLOCKS, END_OF_BATCH};
use directory::{Directory, log_options};
pub use inspect::{
    CheckpointReader, Difference, GenerationInfo, GenerationView, RawStoreEntry, StoreEntry,
    StoreSize,
};
pub use inspect::{NOTES, WINDOW};
#[cfg(any(test, fuzzing))]
pub(crate) use inspect::{fuzz_generation, fuzz_keys};
use loading::Loading;
pub use meta::{FORMAT, Meta, StoreMeta};
pub(crate) use record::Commit;
pub(crate) use snapshots::{Failed, Watch};
use snapshots::{SharedLock, Snapshots, Watched};
use writer::BatchLog;

/// The start that a program asks of its checkpoint directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// A generation of its own; what is there stays untouched.
    #[default]
    Anew,
    /// To go on from the generation with the newest batch, if there is one.
    Recover,
    /// The same, but to begin anew if a generation is damaged.
    RecoverOrAnew,
    /// To go on from this generation.
    RecoverFrom(u32),
}

/// The checkpoint of a running context.
pub struct Checkpoint {
    log: Arc<BatchLog>,
    snapshots: Lock<Snapshots>,
    /// The position in the receivers' log after the last batch, for runs without one too.
    blocks: Lock<Position>,
    directory: Directory,
    generation: u32,
    /// The generation's `meta` with its new turn, until the first commit writes it.
    turn: Lock<Option<Meta>>,
    lock: SharedLock,
}

/// A program as its checkpoint sees it.
pub struct Program<'a> {
    /// The description that a checkpoint has to match.
    pub meta: Meta,
    /// The program's stores, in the order of `meta`.
    pub stores: Vec<Arc<dyn Durable>>,
    /// True if somebody has named the number of partitions, and not just the machine.
    pub partitions_named: bool,
    /// True if something is kept in as many partitions.
    pub keeps_partitions: bool,
    /// Gives the program another number of partitions.
    pub adopt: &'a dyn Fn(u32),
    /// A snapshot is written whenever the log has grown by so many bytes.
    pub log_bytes: u64,
    /// The workers that load the stores.
    pub executor: &'a Executor,
    /// Measures the pauses between lines that come again and again.
    pub clock: Arc<dyn Clock>,
    /// Told when what is written down was taken away.
    pub failed: Failed,
}

/// A checkpoint that was opened, and the batch that it goes on from.
pub struct Opened {
    /// The open checkpoint.
    pub checkpoint: Checkpoint,
    /// True if it goes on from an earlier run.
    pub recovers: bool,
    /// The newest batch that it holds; `None` when there is none.
    pub last: Option<Commit>,
    /// The batch behind it, if its sources had planned it already: its outputs may have been seen.
    pub cut_short: Option<CutShort>,
    /// The batch interval, in milliseconds, with which that batch was run.
    pub interval_ms: i64,
    /// Generations that were begun later and have no newer batch.
    pub passed_over: Vec<Candidate>,
}

/// A batch that was begun and not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutShort {
    /// The number of the batch.
    pub number: u64,
    /// Batch time in milliseconds since the Unix epoch.
    pub time: i64,
}

impl Checkpoint {
    /// Opens the directory for a program; loads what it keeps if it goes on from a generation.
    ///
    /// # Errors
    /// If another process writes there, if the generation is not this program's, or if what is
    /// there is damaged or cannot be read or written.
    pub fn open(root: &Path, start: Start, mut program: Program<'_>) -> Result<Opened> {
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let lock = DirectoryLock::acquire(&*storage, root).map_err(refused)?;
        let root = root.to_owned();
        let directory = Directory { storage, root };
        let (chosen, passed_over) = choose(&directory, start)?;
        let mut interval_ms = program.meta.interval_ms;
        let (generation, contents, log) = match chosen {
            Some(chosen) => {
                let number = chosen.number;
                interval_ms = take_over(&directory, chosen, &mut program)?;
                program.stores.iter().for_each(|store| store.record());
                remove_temporaries(&*directory.storage, &directory.generation(number))
                    .map_err(refused)?;
                failpoint("checkpoint.recover.after-clean");
                let loaded = load(&directory, number, &program);
                let (log, contents) = loaded.map_err(|error| damaged(&directory, number, error))?;
                (number, contents, log)
            }
            None => {
                program.stores.iter().for_each(|store| store.record());
                program.meta.turn = directory.highest_turn(None).map_err(refused)? + 1;
                let number = directory.create(&program.meta).map_err(refused)?;
                let (log, contents) = load(&directory, number, &program).map_err(refused)?;
                (number, contents, log)
            }
        };
        failpoint("checkpoint.recover.after-load");
        let Program {
            mut meta,
            stores,
            failed,
            ..
        } = program;
        if let Some(last) = contents.last {
            let ended = Loading::new(&stores, program.executor).ends(last.number);
            ended.map_err(|(index, what)| {
                let store = meta.stores.get(index);
                let store = store.map_or("what is kept", |store| store.operator.as_str());
                Error::new(
                    ErrorKind::Task,
                    format!(
                        "cannot go on from the checkpoint in {} (generation {generation}): \
                         {store}: {what}",
                        directory.root.display()
                    ),
                )
            })?;
        }
        let planned = stores.iter().filter_map(|store| store.cut_short()).min();
        let cut_short = planned.map(|(number, time)| CutShort { number, time });
        if chosen.is_some() && directory.meta(generation).map_err(refused)? != meta {
            directory.write_meta(generation, &meta).map_err(refused)?;
            failpoint("checkpoint.recover.after-meta");
        }
        let others = directory.highest_turn(Some(generation)).map_err(refused)?;
        let takes_turn = meta.turn <= others && others > 0;
        meta.turn = others + 1;
        let operators = meta.stores.iter().map(|store| store.operator.clone());
        let log = BatchLog::new(log, stores, operators.collect(), contents.epoch + 1);
        let log = Arc::new(log);
        let next = contents.snapshot.map_or(1, |number| number + 1);
        let blocks = contents.last.map_or(Position::START, |last| last.blocks);
        let lock = Arc::new(Lock::new(Some(lock)));
        let snapshots = Snapshots::start(
            directory.clone(),
            generation,
            Arc::clone(&log),
            program.log_bytes,
            next,
            Watched {
                lock: Arc::clone(&lock),
                failed,
                watch: OnceLock::new(),
                clock: program.clock,
            },
        )
        .map_err(|error| Error::io("cannot start the thread of the checkpoint", error))?;
        Ok(Opened {
            checkpoint: Checkpoint {
                log,
                snapshots: Lock::new(snapshots),
                blocks: Lock::new(blocks),
                turn: Lock::new(takes_turn.then_some(meta)),
                directory,
                generation,
                lock,
            },
            recovers: chosen.is_some(),
            last: contents.last,
            cut_short,
            interval_ms,
            passed_over,
        })
    }

    /// Has something else looked at once per second.
    pub fn watch(&self, watch: Watch) {
        self.snapshots.lock().watch(watch);
    }

    /// The directory of the generation.
    pub fn generation_path(&self) -> std::path::PathBuf {
        self.directory.generation(self.generation)
    }

    /// The generation and its directory, in words.
    pub fn place(&self) -> String {
        let root = self.directory.root.display();
        format!("generation {} in {root}", self.generation)
    }

    /// Makes durable what stores have planned for a batch, before it runs: it is run with that
    /// again if a crash cuts it short.
    ///
    /// # Errors
    /// As [`commit`](Checkpoint::commit).
    pub(crate) fn plan(&self, number: u64) -> Result<()> {
        self.log.plan(number)
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
        let mut last = self.blocks.lock();
        *last = blocks.unwrap_or(*last);
        let snapshots = self.snapshots.lock();
        snapshots.check_lock().map_err(refused)?;
        let committed = self.log.commit(number, time, *last)?;
        let mut turn = self.turn.lock();
        if let Some(meta) = turn.take() {
            let written = self.directory.write_meta(self.generation, &meta);
            written.map_err(refused)?;
        }
        drop(turn);
        snapshots.committed(committed);
        Ok(CheckpointInfo {
            batch_time: BatchTime::from_millis(time),
            bytes: committed.bytes,
            write: started.elapsed().saturating_sub(committed.sync),
            sync: committed.sync,
        })
    }

    /// Lets go of what a batch has changed that is not committed; no later one may be.
    pub(crate) fn leave_out(&self) {
        self.log.leave_out();
    }

    /// Opens the receivers' log of the generation and gives what it has behind the last commit.
    ///
    /// # Errors
    /// If it is damaged, or cannot be read or written.
    pub fn open_blocks<R>(
        &self,
        open: impl FnOnce(&Arc<dyn Storage>, &Path, u32, Position) -> Result<R, WalError>,
    ) -> Result<R> {
        let path = self.directory.blocks(self.generation);
        let from = *self.blocks.lock();
        open(&self.directory.storage, &path, self.generation, from)
            .map_err(|error| damaged(&self.directory, self.generation, error))
    }

    /// The number of blocks in the receivers' log of this generation that no committed batch
    /// has, for a run that does not mean to open it.
    ///
    /// # Errors
    /// If it is damaged or cannot be read.
    pub fn blocks_not_run(&self) -> Result<u64> {
        let from = *self.blocks.lock();
        let own = count_blocks(&self.directory, self.generation, from);
        own.map_err(|error| damaged(&self.directory, self.generation, error))
    }

    /// The same of another generation.
    ///
    /// # Errors
    /// If it is damaged or cannot be read.
    pub fn blocks_not_run_in(&self, other: &Candidate) -> Result<u64> {
        let from = other.last.map_or(Position::START, |last| last.blocks);
        count_blocks(&self.directory, other.number, from).map_err(refused)
    }

    /// Stops the snapshot thread and releases the lock of the directory; nothing is committed any
    /// more. Must precede the notification of waiters, who may start a new run on the same directory
    /// while threads of this one still hold its engine.
    pub fn close(&self) {
        self.snapshots.lock().close();
        let mut lock = self.lock.lock();
        drop(lock.take());
    }
}

/// Prepares a program for the generation that it goes on from, or refuses it; gives the batch interval
/// of that generation.
fn take_over(directory: &Directory, chosen: Candidate, program: &mut Program<'_>) -> Result<i64> {
    let (number, root) = (chosen.number, directory.root.display());
    let written = directory.meta(number);
    let written = written.map_err(|error| damaged(directory, number, error))?;
    program.meta.turn = written.turn;
    let refuse = |why: String| {
        Err(Error::illegal(format!(
            "cannot go on from the checkpoint in {root} (generation {number}): {why}"
        )))
    };
    if let Some(why) = written.refuses(&program.meta) {
        return refuse(why);
    }
    let (theirs, own) = (written.partitions, program.meta.partitions);
    // Of a generation without a batch nothing is kept that could be in partitions.
    if theirs != own && chosen.last.is_some() {
        if !program.partitions_named {
            // Spark's rule: the partitioner of a checkpoint is that of the run that goes on.
            program.meta.partitions = theirs;
            (program.adopt)(theirs);
        } else if program.keeps_partitions {
            return refuse(format!(
                "it has {} and spark.default.parallelism is {own}: leave that \
                 out, or change the checkpoint by `millrace-state repartition {root} {own}`",
                counted(theirs, "partition")
            ));
        }
    }
    Ok(written.interval_ms)
}

/// Reads a generation into its stores and opens its log for more.
fn load(
    directory: &Directory,
    generation: u32,
    program: &Program<'_>,
) -> Result<(SegmentLog, contents::Contents), WalError> {
    let loading = Loading::new(&program.stores, program.executor);
    let mut sink = |section: &record::Section<'_>| loading.take(section);
    let mut reading = GenerationReader::snapshot(directory, generation, &mut sink)?;
    loading
        .snapshot_ends()
        .map_err(|what| WalError::damage(&directory.generation(generation), 0, what.to_string()))?;
    let path = directory.log(generation);
    let from = reading.from;
    let (log, _) = SegmentLog::open_if(
        &directory.storage,
        &path,
        LogOptions {
            segment_bytes: segment_bytes(program.log_bytes),
            ..log_options(generation)
        },
        from,
        |position, frame| reading.frame(&path, position, &frame),
        || {
            let ended = loading.log_ends();
            ended.map_err(|what| WalError::damage(&path, 0, what.to_string()))
        },
    )?;
    let damage = |what: StoreError| WalError::damage(&path, 0, what.to_string());
    for plan in reading.planned() {
        loading.take(&plan).map_err(damage)?;
    }
    loading.log_ends().map_err(damage)?;
    Ok((log, reading.contents))
}

/// The longest that a segment may be: a snapshot lets go of whole segments only, so they are no
/// longer than what may gather between two snapshots.
#[must_use]
pub fn segment_bytes(log_bytes: u64) -> u64 {
    log_bytes.clamp(4 << 10, 64 << 20)
}

/// An error of the storage, as one of the engine.
#[must_use]
pub fn refused(error: WalError) -> Error {
    crate::error::storage(error.to_string(), error)
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checkpoint").finish_non_exhaustive()
    }
}
