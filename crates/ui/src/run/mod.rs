//! One run as the page, the REST interface and the metrics see it.
//!
//! Events fold into a [`Model`]; readers look at it under a lock that nobody holds for longer
//! than it takes to copy figures. Law 8: the thread that folds is the listeners' thread, which no
//! batch waits for, and nobody who reads can make it wait for a socket.

mod batches;
mod kept;
mod model;
mod receivers;
mod verdict;

use std::sync::{Arc, MutexGuard, OnceLock};

use millrace_types::{EpochMillis, Lock, RunProbe};
use tokio::sync::watch;

use crate::event::Event;

pub use crate::event::RunInfo;
pub(crate) use batches::Status;
pub(crate) use model::{Model, OutputTotals, mean, mean_of_rates};
pub(crate) use receivers::ReceiverState;

/// Milliseconds without an event that are nothing to speak of, whatever the batch interval.
const PATIENCE: i64 = 10_000;

/// A run that is running, or one that an event log has.
pub(crate) struct Run {
    model: Lock<Model>,
    /// The number of events that the model has folded: readers wait for it to grow.
    version: watch::Sender<u64>,
    /// Answers about the run while it runs; an event log has none.
    probe: OnceLock<Arc<dyn RunProbe>>,
}

impl Run {
    /// A run without events, of which `retained` completed batches are kept.
    pub(crate) fn new(info: RunInfo, retained: usize) -> Run {
        Run {
            model: Lock::new(Model::new(info, retained)),
            version: watch::Sender::new(0),
            probe: OnceLock::new(),
        }
    }

    /// From now on `probe` answers about the run; a second one is not taken.
    pub(crate) fn answered_by(&self, probe: Arc<dyn RunProbe>) {
        self.probe.get_or_init(|| probe);
    }

    /// The one that answers about the run, if it runs in this process.
    pub(crate) fn probe(&self) -> Option<&Arc<dyn RunProbe>> {
        self.probe.get()
    }

    pub(crate) fn fold(&self, event: Event) {
        self.model().fold(event);
        self.version.send_modify(|version| *version += 1);
    }

    /// Notes whether an event log is silent at `now`, longer than a running program leaves it.
    pub(crate) fn listen_at(&self, now: EpochMillis) {
        let mut model = self.model();
        let patience = PATIENCE.max(3 * model.info.batch_duration);
        let silent = now - model.updated.max(model.info.start_time);
        let silent = (model.ended.is_none() && silent > patience).then_some(silent);
        let changed = silent.is_some() != model.silent.is_some();
        model.silent = silent;
        drop(model);
        if changed {
            self.version.send_modify(|version| *version += 1);
        }
    }

    pub(crate) fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock()
    }

    /// A receiver that is told of every change; of several changes it sees the newest.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run")
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}
