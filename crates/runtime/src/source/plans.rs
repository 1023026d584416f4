//! Plans of batches, written down before their batches run.
//!
//! A source decides what a batch has of it when the batch is due, and would decide otherwise later. The
//! law: a plan is durable before its batch runs, so that a batch that was cut short is run again as what it
//! was (law 5). An entry is a batch's number, and its time with the plan.

use std::collections::BTreeMap;

use millrace_engine::durable::{StoreError, put, remove};
use serde::Serialize;

/// The plans of a source.
pub(super) struct Plans<P> {
    /// By number of the batch, with its time in milliseconds.
    by_batch: BTreeMap<u64, (i64, P)>,
    /// The last batch that was planned; after a recovery, the last that was committed.
    pub(super) number: u64,
    /// Entries since they were last taken, if they are wanted.
    changes: Option<Vec<u8>>,
    /// The entry of the batch that is about to run.
    ahead: Option<Vec<u8>>,
}

impl<P> Plans<P> {
    pub(super) fn new() -> Plans<P> {
        Plans {
            by_batch: BTreeMap::new(),
            number: 0,
            changes: None,
            ahead: None,
        }
    }

    /// The plans that are known, by number of the batch, each with the time of its batch.
    pub(super) fn known(&self) -> &BTreeMap<u64, (i64, P)> {
        &self.by_batch
    }

    /// Takes a plan that was written down in an earlier life.
    pub(super) fn restore(&mut self, number: u64, time: i64, plan: P) {
        self.by_batch.insert(number, (time, plan));
    }

    /// Takes back a plan that was forgotten in an earlier life.
    pub(super) fn remove(&mut self, number: u64) -> Option<P> {
        self.by_batch.remove(&number).map(|(_, plan)| plan)
    }

    /// Writes changes down from now on, of which `first` is the first.
    pub(super) fn record(&mut self, first: Vec<u8>) {
        self.changes = Some(first);
    }

    /// Drops the changes that nobody has taken.
    pub(super) fn drop_changes(&mut self) {
        if let Some(changes) = &mut self.changes {
            changes.clear();
        }
    }

    /// The changes since they were last taken, as [`Durable::take_changes`] gives them.
    ///
    /// [`Durable::take_changes`]: millrace_engine::durable::Durable::take_changes
    pub(super) fn take_changes(&mut self) -> Vec<(u32, Vec<u8>)> {
        let taken = self.changes.as_mut().map(std::mem::take);
        let taken = taken.filter(|taken| !taken.is_empty());
        taken.map(|taken| (0, taken)).into_iter().collect()
    }

    /// The plan that has to be durable before its batch runs, as [`Durable::take_ahead`] gives it.
    ///
    /// [`Durable::take_ahead`]: millrace_engine::durable::Durable::take_ahead
    pub(super) fn take_ahead(&mut self) -> Option<(u32, Vec<u8>)> {
        self.ahead.take().map(|entry| (0, entry))
    }

    /// The batch that was planned and not committed, with its time.
    pub(super) fn cut_short(&self) -> Option<(u64, i64)> {
        let mut planned = self.by_batch.range(self.number + 1..);
        planned.next().map(|(&number, &(time, _))| (number, time))
    }
}

impl<P: Serialize> Plans<P> {
    /// Plans a batch.
    ///
    /// # Errors
    /// If the plan cannot be written down.
    pub(super) fn plan(&mut self, number: u64, time: i64, plan: P) -> Result<(), StoreError> {
        let plan = (time, plan);
        if let Some(changes) = &mut self.changes {
            let mut entry = Vec::new();
            put(&mut entry, &number, number, &plan)?;
            changes.extend_from_slice(&entry);
            self.ahead = Some(entry);
        }
        self.by_batch.insert(number, plan);
        Ok(())
    }

    /// Writes a plan of an earlier life among the changes of its batch: a plan that was written ahead
    /// ends with the commit of its batch.
    ///
    /// # Errors
    /// If the plan cannot be written down.
    pub(super) fn commit_again(&mut self, number: u64) -> Result<(), StoreError> {
        match (&mut self.changes, self.by_batch.get(&number)) {
            (Some(changes), Some(plan)) => put(changes, &number, number, plan),
            _ => Ok(()),
        }
    }

    /// Forgets the plan of a batch, and gives it.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub(super) fn forget(&mut self, number: u64) -> Result<Option<P>, StoreError> {
        if let Some(changes) = &mut self.changes {
            remove(changes, &number)?;
        }
        Ok(self.remove(number))
    }

    /// Writes all plans behind `out`, and gives the number of the last batch.
    ///
    /// # Errors
    /// If a plan cannot be written down.
    pub(super) fn snapshot(&self, out: &mut Vec<u8>) -> Result<u64, StoreError> {
        for (number, plan) in &self.by_batch {
            put(out, number, *number, plan)?;
        }
        Ok(self.number)
    }
}
