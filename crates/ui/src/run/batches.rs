//! The batches of a run: waiting, running, and the completed ones that are kept.

use std::collections::BTreeMap;

use millrace_types::EpochMillis;

use crate::event::{Batch, Output};

/// The progress of a batch, by Spark's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Completed,
    Queued,
    Processing,
}

impl Status {
    pub(crate) const ALL: [Status; 3] = [Status::Completed, Status::Queued, Status::Processing];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Completed => "COMPLETED",
            Status::Queued => "QUEUED",
            Status::Processing => "PROCESSING",
        }
    }
}

/// Batches by their times. A batch is in one of the three maps.
#[derive(Debug)]
pub(crate) struct Batches {
    waiting: BTreeMap<EpochMillis, Batch>,
    running: BTreeMap<EpochMillis, Batch>,
    completed: BTreeMap<EpochMillis, Batch>,
    retained: usize,
}

impl Batches {
    pub(super) fn new(retained: usize) -> Batches {
        Batches {
            waiting: BTreeMap::new(),
            running: BTreeMap::new(),
            completed: BTreeMap::new(),
            retained,
        }
    }

    pub(super) fn submit(&mut self, batch: Batch) {
        self.waiting.insert(batch.time, batch);
    }

    pub(super) fn start(&mut self, batch: Batch) {
        self.waiting.remove(&batch.time);
        self.running.insert(batch.time, batch);
    }

    pub(super) fn complete(&mut self, batch: Batch) {
        self.waiting.remove(&batch.time);
        self.running.remove(&batch.time);
        self.completed.insert(batch.time, batch);
        while self.completed.len() > self.retained {
            self.completed.pop_first();
        }
    }

    /// Puts an output's newest state into its batch, while that runs.
    pub(super) fn update_output(&mut self, output: Output) {
        let Some(batch) = self.running.get_mut(&output.batch) else {
            return;
        };
        match batch.outputs.iter_mut().find(|old| old.id == output.id) {
            Some(old) => *old = output,
            None => batch.outputs.push(output),
        }
    }

    fn map(&self, status: Status) -> &BTreeMap<EpochMillis, Batch> {
        match status {
            Status::Completed => &self.completed,
            Status::Queued => &self.waiting,
            Status::Processing => &self.running,
        }
    }

    /// The batches of one status, oldest first.
    pub(crate) fn of(&self, status: Status) -> impl DoubleEndedIterator<Item = &Batch> {
        self.map(status).values()
    }

    pub(crate) fn count(&self, status: Status) -> usize {
        self.map(status).len()
    }

    /// Every batch that is kept, with its status, oldest first.
    pub(crate) fn retained(&self) -> Vec<(Status, &Batch)> {
        let of = |status| self.of(status).map(move |batch| (status, batch));
        let mut all: Vec<_> = Status::ALL.into_iter().flat_map(of).collect();
        all.sort_by_key(|(_, batch)| batch.time);
        all
    }

    pub(crate) fn find(&self, time: EpochMillis) -> Option<(Status, &Batch)> {
        let find = |status| Some((status, self.map(status).get(&time)?));
        Status::ALL.into_iter().find_map(find)
    }
}
