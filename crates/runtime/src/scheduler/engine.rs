//! The parts of a running context, shared by its threads.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use millrace_engine::error::Error;
use millrace_engine::exec::Executor;
use millrace_engine::stage::EagerStage;
use millrace_types::{BatchTime, Duration, Lock};

use crate::checkpoint::Checkpoint;
use crate::graph::Graph;
use crate::listener::ListenerBus;
use crate::receiver::{BlockLog, Budget, Ingest, InputTracker, ReplayedBatch};
use crate::stdout::Reader;

use super::{Clock, DeadLetters, RunState, StopMode};

/// The batch that a run begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstBatch {
    /// The time of the batch.
    pub time: BatchTime,
    /// The number of the batch, counted from one over all runs that went on from each other.
    pub number: u64,
}

impl FirstBatch {
    /// The batch after one that is run again. Where the interval has changed, it keeps the time of
    /// `self`.
    #[must_use]
    pub fn after(
        self,
        last: &ReplayedBatch,
        interval: Duration,
        same_interval: bool,
    ) -> FirstBatch {
        let number = last.number + 1;
        // Of the same grid there is no gap, not even behind a run that has committed nothing:
        // times and numbers would not agree any more, and slides are counted in both.
        let goes_on = same_interval || self.time <= last.time;
        FirstBatch {
            time: if goes_on {
                last.time + interval
            } else {
                self.time
            },
            number,
        }
    }

    /// The batch so many intervals later.
    pub(super) fn later(self, interval: Duration, batches: u64) -> FirstBatch {
        let count = i64::try_from(batches).unwrap_or(i64::MAX);
        let length = interval.as_millis().saturating_mul(count);
        FirstBatch {
            time: self.time + Duration::milliseconds(length),
            number: self.number + batches,
        }
    }

    /// The time before the first batch of all: that of a batch with number zero.
    #[must_use]
    pub fn zero(self, interval: Duration) -> BatchTime {
        let number = i64::try_from(self.number).unwrap_or(i64::MAX);
        let before = number.saturating_mul(interval.as_millis());
        BatchTime::from_millis(self.time.as_millis().saturating_sub(before))
    }
}

/// The frozen program and everything that runs it.
pub struct Engine {
    /// The program.
    pub graph: Graph,
    /// The stages that combine blocks as they come.
    pub stages: Vec<Arc<dyn EagerStage>>,
    /// The workers.
    pub executor: Executor,
    /// The clock that ticks the batches.
    pub clock: Arc<dyn Clock>,
    /// The time between two batches.
    pub interval: Duration,
    /// The blocks that were received and are in no batch yet.
    pub tracker: Arc<InputTracker>,
    /// The memory that received blocks may take.
    pub budget: Arc<Budget>,
    /// The receivers.
    pub receivers: Vec<Arc<dyn Ingest>>,
    /// The listeners.
    pub listeners: Arc<ListenerBus>,
    /// The checkpoint; `None` for a program without a directory.
    pub checkpoint: Option<Checkpoint>,
    /// The receivers' write-ahead log.
    pub log: Option<Arc<BlockLog>>,
    /// The place for records that were passed over, if any may be.
    pub dead_letters: Option<DeadLetters>,
    /// The place where the end of the run is put.
    pub outcome: Arc<RunState>,
    /// The state of whoever reads standard output.
    pub reader: Arc<Reader>,
    /// The time of the batch that is being run.
    pub running: Lock<Option<BatchTime>>,
    /// True if a batch without input may be left out at the end: nothing in the program counts
    /// batches.
    pub skips_empty: bool,
    /// True if a batch in which nothing was received can have input all the same: something is
    /// read when it is due.
    pub reads: bool,
    /// `millrace.maxBatches`.
    pub max_batches: Option<u64>,
    /// `spark.streaming.gracefulStopTimeout`.
    pub grace: StdDuration,
    /// The time that receivers, and then listeners, are waited for at the end.
    pub patience: StdDuration,
}

impl Engine {
    /// Asks the run to stop.
    pub fn stop(&self, mode: StopMode, within: Option<StdDuration>) {
        self.outcome.request_stop(mode, within);
        self.clock.wake();
    }

    /// Ends the run with an error.
    pub fn fail(&self, error: Error) {
        self.outcome.fail(error);
        self.clock.wake();
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("graph", &self.graph)
            .finish_non_exhaustive()
    }
}
