//! The remembered batches, if the program asked for it: their blocks and datasets, for as long
//! as `remember` says (Spark 3.5's rule: after batch `T` what is not newer than `T` less the
//! duration goes; no stream remembers less than its last batch).
//!
//! Nothing is kept unless it is asked for. The duration bounds all that is kept: received
//! text counts against the receivers' budget until it is forgotten, so a sender waits and memory
//! does not grow; a keyed dataset is its distinct keys, and a state is a copy of all of it, once
//! a batch.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use millrace_engine::error::{Error, Result};
use millrace_engine::exec::Executor;
use millrace_engine::pipeline::{NodeId, Partition, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_types::{BatchTime, Duration, Lock};

use crate::clock::Clock;
use crate::notice::Repeats;

use super::Dataset;
use super::batch::{BatchRun, Part, read};

/// The batches that are kept.
#[derive(Default)]
pub struct RememberedBatches {
    state: Lock<MemoryState>,
}

#[derive(Default)]
struct MemoryState {
    wanted: Option<Duration>,
    run: Option<RunFacts>,
    batches: VecDeque<Arc<RememberedBatch>>,
}

/// The facts of a run once it has begun.
struct RunFacts {
    /// One interval before the first batch.
    zero: BatchTime,
    interval: Duration,
    /// Of every node that an output needs, in how many batches it is due once.
    slides: Vec<Option<u64>>,
    repeats: Repeats,
}

/// A batch that has been run, as far as it can still be read.
pub(super) struct RememberedBatch {
    pub(super) time: BatchTime,
    pub(super) number: u64,
    pub(super) blocks: HashMap<NodeId, Vec<Partition>>,
    pub(super) datasets: HashMap<NodeId, Dataset>,
}

impl RememberedBatches {
    /// Asks for batches to be kept so long.
    ///
    /// # Errors
    /// If it was asked for before (Spark 3.5's rule and words).
    pub fn want(&self, duration: Duration) -> Result<()> {
        let mut state = self.state.lock();
        if let Some(wanted) = state.wanted {
            return Err(Error::illegal(format!(
                "Remember duration already set as {wanted}. Cannot set it again."
            )));
        }
        state.wanted = Some(duration);
        Ok(())
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.state.lock().wanted.is_some()
    }

    pub(super) fn begin(
        &self,
        zero: BatchTime,
        interval: Duration,
        slides: Vec<Option<u64>>,
        clock: Arc<dyn Clock>,
    ) {
        self.state.lock().run = Some(RunFacts {
            zero,
            interval,
            slides,
            repeats: Repeats::new(clock),
        });
    }

    /// Lets the batch that is being run be read.
    fn publish(&self, running: RememberedBatch) {
        self.state.lock().batches.push_back(Arc::new(running));
    }

    /// Replaces the in-progress entry of a batch by its final one, and forgets batches that are too old.
    fn keep(&self, past: RememberedBatch) {
        let mut state = self.state.lock();
        let shown = state
            .batches
            .pop_back_if(|shown| shown.number == past.number);
        let (Some(wanted), Some(run)) = (state.wanted, &state.run) else {
            return;
        };
        let slowest = run.slides.iter().flatten().max().copied().unwrap_or(1);
        let slowest = run.interval * i64::try_from(slowest).unwrap_or(i64::MAX);
        let oldest = past.time - wanted.max(slowest);
        state.batches.push_back(Arc::new(past));
        let forgotten = state.batches.iter().take_while(|past| past.time <= oldest);
        let forgotten = forgotten.count();
        let forgotten: Vec<_> = state.batches.drain(..forgotten).collect();
        // A program's records are dropped without the lock.
        drop(state);
        drop((shown, forgotten));
    }

    /// The datasets of `pipeline` in the batches from `from` to `to` that are kept.
    ///
    /// # Errors
    /// If the run has not begun, nothing is kept, or no output reads the stream.
    pub fn slice<P: Pipeline>(
        &self,
        pipeline: &Arc<P>,
        from: BatchTime,
        to: BatchTime,
        executor: &Executor,
    ) -> Result<Vec<Rdd<P::Item>>> {
        let state = self.state.lock();
        // Spark's words for both.
        let uninitialized = |hint: &str| {
            Err(Error::illegal(format!(
                "DStream has not been initialized: {hint}"
            )))
        };
        let Some(run) = &state.run else {
            return uninitialized("slice works when the context has been started");
        };
        let slides: Option<Vec<u64>> = pipeline
            .inputs()
            .iter()
            .map(|node| run.slides.get(node.0).copied().flatten())
            .collect();
        let Some(slides) = slides else {
            return uninitialized("no output operation reads the stream");
        };
        if state.wanted.is_none() {
            return Err(Error::illegal(
                "slice: no batch is remembered; call StreamingContext::remember before the start",
            ));
        }
        let slide = slides.first().copied().unwrap_or(1);
        let (first, last) = (run.number("from", from, slide), run.number("to", to, slide));
        let is_asked_for = |past: &&Arc<RememberedBatch>| {
            let number = i128::from(past.number);
            past.number.is_multiple_of(slide) && (first..=last).contains(&number)
        };
        let batches: Vec<Arc<RememberedBatch>> =
            state.batches.iter().filter(is_asked_for).cloned().collect();
        drop(state);
        let rdd = |past: Arc<RememberedBatch>| {
            read(pipeline, executor, |node| {
                let blocks = past.blocks.get(&node).cloned().map(Part::Blocks);
                let dataset = || past.datasets.get(&node).cloned().map(Part::Dataset);
                Ok(blocks.or_else(dataset).unwrap_or(Part::Blocks(Vec::new())))
            })
        };
        batches.into_iter().map(rdd).collect()
    }
}

impl RunFacts {
    /// The number of the last batch of a stream that is not after `time` (Spark 3.5: a time that
    /// is no multiple of the slide is floored, with a warning).
    fn number(&self, which: &str, time: BatchTime, slide: u64) -> i128 {
        let step = i128::from(self.interval.as_millis()) * i128::from(slide);
        let since = i128::from(time.as_millis()) - i128::from(self.zero.as_millis());
        if since.rem_euclid(step) != 0 {
            let line =
                format!("slice: {which} ({time}) is not a multiple of the slide ({step} ms)");
            self.repeats.say(which, line);
        }
        since.div_euclid(step) * i128::from(slide)
    }
}

impl BatchRun<'_> {
    /// Lets outputs read this batch too (Spark 3.5), if the program wants batches to be kept:
    /// makes what all outputs of the batch need, which Spark does at this moment as well.
    pub fn publish(&self) -> Result<()> {
        if !self.graph.memory.is_wanted() {
            return Ok(());
        }
        self.make_all()?;
        self.graph.memory.publish(self.snapshot());
        Ok(())
    }

    /// Keeps what the program wants to be kept of this batch.
    pub fn remember(&self) -> Result<()> {
        if !self.graph.memory.is_wanted() {
            return Ok(());
        }
        self.blame("remember", || {
            self.graph.memory.keep(self.past());
            Ok(())
        })
    }
}

impl std::fmt::Debug for RememberedBatches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state.lock();
        f.debug_struct("RememberedBatches")
            .field("wanted", &state.wanted)
            .field("batches", &state.batches.len())
            .finish_non_exhaustive()
    }
}
