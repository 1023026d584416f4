//! How a context comes to its checkpoint, and goes on from one.

use std::path::Path;
use std::sync::Arc;

use crossbeam::channel::Sender;
use millrace_types::{BatchTime, Duration};

use crate::checkpoint::{
    BLOCKS, Checkpoint, CheckpointReader, FORMAT, Meta, Opened, Start, StoreMeta, WINDOW,
    segment_bytes,
};
use crate::durable::Durable;
use crate::error::{Error, Result};
use crate::files::located;
use crate::graph::{Batch, Graph, Kind, Lifecycle};
use crate::notice::notice;
use crate::receiver::{BlockLog, Replayed, Written, stream_of};
use crate::scheduler::{Engine, FirstBatch, submit};

use super::{Parts, StreamingContext};

impl StreamingContext {
    /// Makes the context of a program that goes on where it was: `create` describes the program,
    /// and what it kept is read from the newest generation in `directory`, if there is one
    /// (Spark: `getOrCreate`).
    ///
    /// Unlike Spark's, `create` is called every time: functions are not written down, so that a
    /// program can be changed and keep its state. What the program keeps must be the same:
    /// [`start`](StreamingContext::start) refuses a checkpoint of another program and says what
    /// differs. [`is_recovering`](StreamingContext::is_recovering) tells whether there is one.
    ///
    /// A program that keeps nothing goes on with the batch after its last one; what was received
    /// and not run is there again only with `spark.streaming.receiver.writeAheadLog.enable`.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let directory = std::env::temp_dir().join(format!("get-or-create-{}", std::process::id()));
    /// let run = || -> millrace::Result<bool> {
    ///     let ssc = StreamingContext::get_or_create(&directory, || {
    ///         let mut conf = Conf::new();
    ///         conf.set(keys::MAX_BATCHES, "1");
    ///         let ssc = StreamingContext::new(&conf, Duration::milliseconds(20))?;
    ///         ssc.queue_stream(vec![vec![1, 2]]).count_by_value().print();
    ///         Ok(ssc)
    ///     })?;
    ///     let goes_on = ssc.is_recovering();
    ///     ssc.start()?;
    ///     ssc.await_termination()?;
    ///     Ok(goes_on)
    /// };
    /// assert!(!run()?, "there is nothing to go on from");
    /// assert!(run()?);
    /// # drop(std::fs::remove_dir_all(directory));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What `create` gives, and what [`checkpoint`](StreamingContext::checkpoint) does.
    pub fn get_or_create(
        directory: impl AsRef<Path>,
        create: impl FnOnce() -> Result<StreamingContext>,
    ) -> Result<StreamingContext> {
        let ssc = create()?;
        ssc.checkpoint(directory)?;
        ssc.parts().start = Start::Recover;
        Ok(ssc)
    }

    /// Whether `start` will go on from a checkpoint: the program asks for it, and its directory
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
        let parts = self.parts();
        if let Some(recovers) = parts.recovers {
            return recovers;
        }
        let set = || self.settings.checkpoint.as_deref();
        let directory = parts.checkpoint.as_deref().or_else(set);
        self.asked(&parts) != Start::Anew
            && directory.is_some_and(|directory| CheckpointReader::open(directory).is_ok())
    }

    /// What the program asks for, else what the settings do.
    fn asked(&self, parts: &Parts) -> Start {
        match parts.start {
            Start::Anew => self.settings.recover,
            asked => asked,
        }
    }

    /// Names the checkpoint directory, which a program that keeps state must have (Spark:
    /// `checkpoint`), and creates it.
    ///
    /// What every batch has changed is written there before the next one begins. A run begins a
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
        self.parts().checkpoint = Some(directory);
        Ok(())
    }

    /// Opens the checkpoint of a program that keeps something. A program that must have one must
    /// say where (Spark 3.5's rule and words).
    pub(super) fn open_checkpoint(
        &self,
        parts: &mut Parts,
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
        let Some(directory) = parts.checkpoint.clone() else {
            if self.settings.wal.is_some() {
                return Err(Error::illegal(
                    "Cannot enable receiver write-ahead log without checkpoint directory set. \
                     Please use streamingContext.checkpoint() to set the checkpoint directory.",
                ));
            }
            if self.builder.is_stateful() {
                return Err(Error::illegal(
                    "The checkpoint directory has not been set. Please set it by \
                     StreamingContext.checkpoint().",
                ));
            }
            return Ok(None);
        };
        let stores = stores(graph);
        let start = self.asked(parts);
        // A program that asks to go on has at least its batches to go on from.
        let nothing = stores.is_empty() && self.settings.wal.is_none() && start == Start::Anew;
        if nothing || !self.settings.durable {
            return Ok(None);
        }
        let meta = self.meta(graph, &stores);
        // Here, before there is a generation of this run's own.
        parts.recovers = Some(start != Start::Anew && CheckpointReader::open(&directory).is_ok());
        let stores = stores.into_iter().map(|(_, durable)| durable).collect();
        let log_bytes = self.settings.snapshot_log_bytes;
        let executor = &self.builder.executor;
        let opened = Checkpoint::open(&directory, start, &meta, stores, log_bytes, executor)?;
        let (before, now) = (opened.interval_ms, meta.interval_ms);
        if before != now && meta.stores.iter().any(|store| store.name == WINDOW) {
            notice(format_args!(
                "the batch interval was {before} ms and is {now} ms: windows have as many of the \
                 batches before as fit in, whatever their time"
            ));
        }
        Ok(Some(opened))
    }

    fn meta(&self, graph: &Graph, stores: &[(StoreMeta, Arc<dyn Durable>)]) -> Meta {
        let needed = graph.nodes.iter().zip(&graph.needed);
        let operators = needed
            .filter(|(_, needed)| **needed)
            .map(|(entry, _)| match entry.kind {
                Kind::Received => "receiver".to_owned(),
                Kind::Made(_) => operator_of(&entry.name),
            });
        Meta {
            format: FORMAT,
            program: self.settings.name.clone(),
            operators: operators.collect(),
            partitions: u32::try_from(self.settings.partitions).unwrap_or(u32::MAX),
            interval_ms: self.settings.interval.as_millis(),
            stores: stores.iter().map(|(meta, _)| meta.clone()).collect(),
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
        let segment = segment_bytes(self.settings.snapshot_log_bytes);
        let options = |generation| BlockLog::options(BLOCKS, generation, segment);
        let Some(sync) = self.settings.wal else {
            // To go on without them would lose them for good: batches are numbered on.
            if opened
                .checkpoint
                .has_blocks_not_run(options, BlockLog::is_block)?
            {
                return Err(Error::illegal(
                    "the write-ahead log has blocks that were received and not run, and this run \
                     has no write-ahead log: run once with \
                     --conf spark.streaming.receiver.writeAheadLog.enable=true",
                ));
            }
            return Ok((None, Replayed::default()));
        };
        let (outcome, clock) = (Arc::clone(&self.outcome), Arc::clone(&self.clock));
        let failed = move |error| {
            outcome.fail(error);
            clock.wake();
        };
        let checkpoint = &opened.checkpoint;
        let (log, mut replayed) = checkpoint.open_blocks(|storage, path, generation, from| {
            BlockLog::open(storage, path, options(generation), from, sync, failed)
        })?;
        let last = opened.last.map_or(0, |last| last.number);
        replayed.batches.retain(|batch| batch.number > last);
        Ok((Some(Arc::new(log)), replayed))
    }
}

/// Runs the batches of an earlier run again that were cut and not committed, each with its blocks
/// and its time, and puts what was in no batch into the one that is open.
pub(super) fn replay(
    engine: &Engine,
    streams: &[u32],
    replayed: Replayed,
    queue: &Sender<Batch>,
) -> Result<()> {
    let restore = |blocks: Vec<Written>| {
        for (_, payload) in blocks {
            let (stream, written) = stream_of(&payload).unwrap_or_default();
            let receiver = streams.iter().position(|own| *own == stream);
            let receiver = receiver.and_then(|at| engine.receivers.get(at));
            let restored = match receiver {
                Some(receiver) => (receiver.restore)(written),
                None => Err("the program does not receive it any more".to_owned()),
            };
            restored.map_err(|what| {
                Error::illegal(format!(
                    "a block of stream {stream} in the write-ahead log cannot be run: {what}"
                ))
            })?;
        }
        Ok(())
    };
    let batches = replayed.batches.len();
    if batches > 0 || !replayed.open.is_empty() {
        notice(format_args!(
            "running again what the write-ahead log has: {batches} batches that were cut short, \
             and {} blocks that were in none",
            replayed.open.len()
        ));
    }
    for again in replayed.batches {
        restore(again.blocks)?;
        let now = engine.clock.now();
        let epoch = engine.executor.epochs().cut();
        let mut batch = engine.tracker.cut(again.time, &engine.stages, now);
        batch.epoch = epoch;
        batch.number = again.number;
        batch.log = Some(again.position);
        submit(engine, batch, again.number, queue);
    }
    restore(replayed.open)
}

/// What the nodes of a program keep, in order.
fn stores(graph: &Graph) -> Vec<(StoreMeta, Arc<dyn Durable>)> {
    let mut stores = Vec::new();
    for (entry, _) in graph
        .nodes
        .iter()
        .zip(&graph.needed)
        .filter(|(_, needed)| **needed)
    {
        let Kind::Made(node) = &entry.kind else {
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

/// The first batch of a run at `now`: the first multiple of the interval after it; or, of a run
/// that goes on, the batch after the last one that was committed. Batches that were missed
/// meanwhile are made one after the other, each with its own time (Spark 3.5). With another
/// interval than before there is no grid to go on with, and nothing that was missed.
pub(super) fn first_batch(opened: Option<&Opened>, now: i64, interval: Duration) -> FirstBatch {
    let anew = BatchTime::from_millis(now).next_multiple_after(interval);
    let Some((opened, last)) = opened.and_then(|opened| Some((opened, opened.last?))) else {
        return FirstBatch {
            time: anew,
            number: 1,
        };
    };
    let after = BatchTime::from_millis(last.time) + interval;
    let same = opened.interval_ms == interval.as_millis();
    FirstBatch {
        time: if same { after } else { anew },
        number: last.number + 1,
    }
}
