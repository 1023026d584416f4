//! A context's way to its checkpoint, and on from one.

use std::path::Path;
use std::sync::Arc;

use millrace_engine::durable::Durable;
use millrace_engine::error::{Error, Result};
use millrace_runtime::checkpoint::{
    Checkpoint, CheckpointReader, FORMAT, Meta, NOTES, Opened, Program, Start, StoreMeta, WINDOW,
    blocks_options, segment_bytes,
};
use millrace_runtime::files::{DeadLetterFiles, located};
use millrace_runtime::graph::{Graph, Lifecycle, NodeKind};
use millrace_runtime::notice::notice;
use millrace_runtime::receiver::{BlockLog, Replayed};
use millrace_runtime::scheduler::DeadLetters;
use millrace_types::keys;
use millrace_wal::LogOptions;

use super::settings::MissedBatches;
use super::{Registrations, StreamingContext};

impl StreamingContext {
    /// True if `start` will go on from a checkpoint: the program asks for it, and its directory
    /// has a generation. Tells after the start whether it did so.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let directory = std::env::temp_dir().join(format!("nothing-yet-{}", std::process::id()));
    /// let ssc = StreamingContext::get_or_create(&directory, || {
    ///     StreamingContext::new(&Conf::new(), Duration::seconds(1))
    /// })?;
    /// assert!(!ssc.is_recovering());
    /// # drop(std::fs::remove_dir_all(directory));
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_recovering(&self) -> bool {
        let parts = self.parts.lock();
        if let Some(recovers) = parts.recovers {
            return recovers;
        }
        let set = || self.settings.checkpoint.as_deref();
        let directory = parts.checkpoint.as_deref().or_else(set);
        self.asked(&parts) != Start::Anew
            && directory.is_some_and(|directory| CheckpointReader::open(directory).is_ok())
    }

    /// The recovery mode: the program's, else the settings'.
    fn asked(&self, parts: &Registrations) -> Start {
        match parts.start {
            Start::Anew => self.settings.recover,
            asked => asked,
        }
    }

    /// Names the checkpoint directory, which a program that keeps state must have (Spark:
    /// `checkpoint`), and creates it.
    ///
    /// Writes what every batch has changed there, before the next one begins. A run begins a
    /// generation of its own; with `millrace.checkpoint.recover` set to `true`, or to the number
    /// of a generation, it goes on from what an earlier run has left.
    ///
    /// `millrace.checkpoint.dir` overrides `directory`.
    ///
    /// # Errors
    /// If the directory cannot be created, its name is not a location of this machine (a path, or
    /// `file:` and one), or the context has been started.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext, Values};
    /// # fn main() -> millrace::Result<()> {
    /// let directory = std::env::temp_dir().join(format!("counts-{}", std::process::id()));
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
    /// ssc.checkpoint(&directory)?;
    /// ssc.socket_text_stream("localhost", 9999)
    ///     .map(|line| (line, 1_i64))
    ///     .update_state_by_key(|new: &Values<i64>, old: Option<i64>| {
    ///         Some(new.iter().sum::<i64>() + old.unwrap_or(0))
    ///     })
    ///     .print();
    /// # drop(std::fs::remove_dir_all(directory));
    /// # Ok(())
    /// # }
    /// ```
    pub fn checkpoint(&self, directory: impl AsRef<Path>) -> Result<()> {
        if self.builder.lifecycle() != Lifecycle::Initialized {
            return Err(Error::illegal(
                "The checkpoint directory is named before the start; it was not changed",
            ));
        }
        let directory = match &self.settings.checkpoint_dir {
            Some(own) => own.clone(),
            None => located("the name of the checkpoint directory", directory)?,
        };
        create_directory(&directory)?;
        self.parts.lock().checkpoint = Some(directory);
        Ok(())
    }

    /// Opens the checkpoint of a program that keeps something. A program that must have one must
    /// say where (Spark 3.5's rule and words).
    pub(super) fn open_checkpoint(
        &self,
        parts: &mut Registrations,
        graph: &Graph,
    ) -> Result<Option<Opened>> {
        if parts.checkpoint.is_none()
            && let Some(directory) = self
                .settings
                .checkpoint_dir
                .clone()
                .or_else(|| self.settings.checkpoint.clone())
        {
            create_directory(&directory)?;
            parts.checkpoint = Some(directory);
        }
        let start = self.asked(parts);
        let Some(directory) = parts.checkpoint.clone() else {
            if self.settings.wal.is_some() {
                return Err(Error::illegal(format!(
                    "{} needs a directory: add --checkpoint-dir DIR",
                    keys::RECEIVER_WAL
                )));
            }
            if self.builder.is_stateful() {
                return Err(Error::illegal(
                    "The checkpoint directory has not been set. Please set it by \
                     StreamingContext.checkpoint().",
                ));
            }
            if start != Start::Anew {
                notice(
                    "there is nothing to go on from, since the program has no checkpoint \
                     directory: name it by --checkpoint-dir DIR",
                );
            }
            return Ok(None);
        };
        let stores = stores(graph);
        // A program that asks to go on has at least its batches to go on from.
        let nothing = stores.is_empty()
            && self.settings.wal.is_none()
            && self.settings.most_skipped.is_none()
            && start == Start::Anew;
        if nothing || !self.settings.durable {
            return Ok(None);
        }
        if self.settings.missed_batches == MissedBatches::Skip && counts_batches(graph) {
            return Err(Error::config(format_args!(
                "{}=skip is not for programs with windows, which count batches: leave it out, and \
                 the batches that were missed are made up",
                keys::MISSED_BATCHES
            )));
        }
        let meta = self.meta(graph, &stores);
        let adopt = |partitions| {
            let partitions = usize::try_from(partitions).unwrap_or(usize::MAX);
            self.builder.executor.set_default_partitions(partitions);
        };
        let program = Program {
            stores: stores.into_iter().map(|(_, durable)| durable).collect(),
            partitions_named: self.settings.partitions_given,
            keeps_partitions: self.builder.keeps_partitions(),
            adopt: &adopt,
            log_bytes: self.settings.snapshot_log_bytes,
            executor: &self.builder.executor,
            clock: Arc::clone(&self.clock),
            failed: Box::new(self.failed()),
            meta: meta.clone(),
        };
        let opened = Checkpoint::open(&directory, start, program)?;
        parts.recovers = Some(opened.recovers);
        let (before, now) = (opened.interval_ms, meta.interval_ms);
        if before != now && meta.stores.iter().any(|store| store.name == WINDOW) {
            notice(format_args!(
                "the batch interval changed from {before} ms to {now} ms: restored windows count \
                 old batches by number, not by time"
            ));
        }
        Ok(Some(opened))
    }

    /// Opens the place for records that are skipped, if any may be: a directory that was named,
    /// else one in the checkpoint.
    pub(super) fn open_dead_letters(&self, opened: Option<&Opened>) -> Result<Option<DeadLetters>> {
        if self.settings.most_skipped.is_none() {
            return Ok(None);
        }
        let generation = opened.map(|opened| opened.checkpoint.generation_path());
        let recovers = opened.is_some_and(|opened| opened.recovers);
        let files = match (&self.settings.dead_letters, &generation) {
            (Some(own), generation) => {
                let name = generation
                    .as_ref()
                    .and_then(|path| path.file_name()?.to_str());
                DeadLetterFiles::apart(own.clone(), name, recovers)?
            }
            (None, Some(generation)) => DeadLetterFiles::within(generation, recovers),
            (None, None) => {
                return Err(Error::config(format_args!(
                    "{}=skip needs a place for the records that are skipped: name one by {}, or \
                     a checkpoint directory by --checkpoint-dir DIR",
                    keys::ON_RECORD_ERROR,
                    keys::DEAD_LETTER_DIR
                )));
            }
        };
        let (counters, clock) = (Arc::clone(&self.counters), Arc::clone(&self.clock));
        Ok(Some(DeadLetters::new(files, counters, clock)))
    }

    fn meta(&self, graph: &Graph, stores: &[(StoreMeta, Arc<dyn Durable>)]) -> Meta {
        let needed = graph.nodes.iter().zip(&graph.needed);
        let operators = needed
            .filter(|(_, needed)| **needed)
            .map(|(entry, _)| match entry.kind {
                NodeKind::Received => "receiver".to_owned(),
                NodeKind::Dataset(_) => operator_of(&entry.name),
            });
        Meta {
            format: FORMAT,
            program: self.settings.name.clone(),
            operators: operators.collect(),
            partitions: u32::try_from(self.settings.partitions).unwrap_or(u32::MAX),
            interval_ms: self.settings.interval.as_millis(),
            stores: stores.iter().map(|(meta, _)| meta.clone()).collect(),
            turn: 0,
        }
    }
}

impl StreamingContext {
    /// Opens the receivers' write-ahead log, if there is to be one, and gives what an earlier run
    /// has left in it.
    pub(super) fn open_log(
        &self,
        opened: Option<&Opened>,
    ) -> Result<(Option<Arc<BlockLog>>, Replayed)> {
        let Some(opened) = opened else {
            return Ok((None, Replayed::default()));
        };
        for other in &opened.passed_over {
            let blocks = opened.checkpoint.blocks_not_run_in(other)?;
            if blocks > 0 {
                notice(format_args!(
                    "generation {} has {} not run, and is passed over: go on from it with \
                     --recover={}",
                    other.number,
                    received(blocks),
                    other.number
                ));
            }
        }
        let Some(sync) = self.settings.wal else {
            // To go on without them would lose them for good: batches are numbered on.
            let blocks = opened.checkpoint.blocks_not_run()?;
            if blocks > 0 {
                return Err(Error::illegal(format!(
                    "the write-ahead log has {} not run, and this run has no write-ahead log: run \
                     once with --conf {}=true",
                    received(blocks),
                    keys::RECEIVER_WAL
                )));
            }
            return Ok((None, Replayed::default()));
        };
        let failed = self.failed();
        let checkpoint = &opened.checkpoint;
        let (log, mut replayed) = checkpoint.open_blocks(|storage, path, generation, from| {
            let options = LogOptions {
                segment_bytes: segment_bytes(self.settings.snapshot_log_bytes),
                ..blocks_options(generation)
            };
            BlockLog::open(storage, path, options, from, sync, failed)
        })?;
        let last = opened.last.map_or(0, |last| last.number);
        replayed.batches.retain(|batch| batch.number > last);
        let log = Arc::new(log);
        let watched = Arc::downgrade(&log);
        checkpoint.watch(Box::new(move || {
            if let Some(log) = watched.upgrade() {
                log.check();
            }
        }));
        Ok((Some(log), replayed))
    }

    /// Ends the run with an error.
    fn failed(&self) -> impl Fn(Error) + Send + Sync + 'static {
        let (outcome, clock) = (Arc::clone(&self.outcome), Arc::clone(&self.clock));
        move |error| {
            outcome.fail(error);
            clock.wake();
        }
    }
}

fn received(blocks: u64) -> String {
    match blocks {
        1 => "1 block that was received and".to_owned(),
        _ => format!("{blocks} blocks that were received and"),
    }
}

/// True if anything in the program counts batches, as windows do, and what a front end notes may.
pub(super) fn counts_batches(graph: &Graph) -> bool {
    let slides = graph.nodes.iter().any(|entry| entry.slide > 1);
    let counts = |(meta, _): &(StoreMeta, _)| [WINDOW, NOTES].contains(&meta.name.as_str());
    slides || stores(graph).iter().any(counts)
}

/// The stores of a program's nodes, in order.
fn stores(graph: &Graph) -> Vec<(StoreMeta, Arc<dyn Durable>)> {
    let mut stores = Vec::new();
    for (entry, _) in graph
        .nodes
        .iter()
        .zip(&graph.needed)
        .filter(|(_, needed)| **needed)
    {
        let NodeKind::Dataset(node) = &entry.kind else {
            continue;
        };
        for (name, durable) in node.durables() {
            let meta = StoreMeta {
                operator: operator_of(&entry.name),
                name: name.to_owned(),
            };
            stores.push((meta, durable));
        }
    }
    stores
}

/// The operator of a node's name, without the line that called it, which changes with any edit.
fn operator_of(name: &str) -> String {
    name.split(" at ").next().unwrap_or(name).to_owned()
}

fn create_directory(directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory).map_err(|error| {
        let directory = directory.display();
        Error::io(
            format!("cannot create the checkpoint directory {directory}"),
            error,
        )
    })
}
