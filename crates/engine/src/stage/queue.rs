//! The blocks that wait for a map task, and how many of them make a run.
//!
//! The entries of a run are flushed and merged when it ends: long runs do less of that, short
//! ones keep all workers busy when there is little, and leave little to do when their batch is due. So
//! blocks that come early in a batch wait for others, and those that come late do not. Early and late
//! go by the blocks of the batch before: nothing here knows a clock. Which blocks make a run cannot be
//! seen in the result (law 2).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use millrace_types::BatchTime;

use crate::data::Key;
use crate::pipeline::Partition;
use crate::shuffle::Exchange;

/// The most bytes that a run takes, unless one block alone is larger. Longer runs flush less, and keep
/// a worker busy for longer when their batch is due.
const RUN_BYTES: u64 = 64 << 20;

/// The blocks for which a map task waits early in a batch, at most.
const EARLY_RUN: usize = 8;

/// Early runs in the share that one map task has of a batch, at least: where functions are slow,
/// batches have few blocks, and each of them makes a run.
const RUNS_OF_A_TASK: usize = 16;

/// The bounds that the executor sets.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// The most map tasks at a time.
    pub(super) tasks: usize,
    /// The most bytes that may wait for others.
    pub(super) waiting_bytes: u64,
}

/// The blocks of one stage.
pub(super) struct BlockQueue<K, C> {
    open: Arc<Exchange<K, C>>,
    /// The number of the batch that is open, counted from one.
    epoch: u64,
    /// Batches that were closed and have not been run.
    closed: HashMap<BatchTime, Arc<Exchange<K, C>>>,
    blocks: VecDeque<WaitingBlock<K, C>>,
    /// The bytes of all of them.
    bytes: u64,
    /// Map tasks that are queued or running.
    tasks: usize,
    /// The number of blocks that the open batch has had, and that of the batch before.
    had: usize,
    had_before: usize,
}

/// A block as it comes.
pub(super) struct Offered {
    pub(super) lane: usize,
    pub(super) block: Partition,
    pub(super) bytes: u64,
}

struct WaitingBlock<K, C> {
    exchange: Arc<Exchange<K, C>>,
    epoch: u64,
    offered: Offered,
}

/// Blocks that follow each other in one lane of one batch.
pub(super) struct BlockRun<K, C> {
    pub(super) exchange: Arc<Exchange<K, C>>,
    /// The batch that the blocks belong to; zero for the one that runs.
    pub(super) epoch: u64,
    pub(super) lane: usize,
    pub(super) number: u64,
    pub(super) blocks: Vec<Partition>,
}

impl<K: Key, C: Send> BlockQueue<K, C> {
    /// A queue without blocks, whose open batch is handed on by `open`.
    pub(super) fn new(open: Exchange<K, C>) -> BlockQueue<K, C> {
        BlockQueue {
            open: Arc::new(open),
            epoch: 1,
            closed: HashMap::new(),
            blocks: VecDeque::new(),
            bytes: 0,
            tasks: 0,
            had: 0,
            had_before: 0,
        }
    }

    /// Takes a block of the open batch; gives the number of map tasks to start.
    pub(super) fn offer(&mut self, offered: Offered, limits: Limits) -> usize {
        self.open.expect(offered.lane);
        self.bytes += offered.bytes;
        self.blocks.push_back(WaitingBlock {
            exchange: Arc::clone(&self.open),
            epoch: self.epoch,
            offered,
        });
        self.had += 1;
        let starts = self.tasks < limits.tasks && self.is_behind(limits);
        self.tasks += usize::from(starts);
        usize::from(starts)
    }

    /// Ends the open batch, which is that of `time`; the next one is handed on by `next`. Gives the
    /// number of map tasks to start.
    pub(super) fn close_batch(
        &mut self,
        time: BatchTime,
        next: Exchange<K, C>,
        limits: Limits,
    ) -> usize {
        let ended = std::mem::replace(&mut self.open, Arc::new(next));
        self.epoch += 1;
        self.closed.insert(time, ended);
        self.had_before = std::mem::take(&mut self.had);
        // What has waited for others waits no longer.
        let starts = limits.tasks.saturating_sub(self.tasks);
        let starts = starts.min(self.blocks.len());
        self.tasks += starts;
        starts
    }

    /// Takes the batch that was closed at `time`; `None` if it is not there.
    pub(super) fn take_closed(&mut self, time: BatchTime) -> Option<Arc<Exchange<K, C>>> {
        self.closed.remove(&time)
    }

    /// True if so many blocks wait that a map task takes them.
    pub(super) fn is_behind(&self, limits: Limits) -> bool {
        let waiting = self.blocks.len();
        let is_enough = waiting >= self.least_run(limits) || self.bytes >= limits.waiting_bytes;
        waiting > 0 && is_enough
    }

    /// The run for a map task that has come for one; `None` if the task is to end.
    pub(super) fn next_run(&mut self, limits: Limits) -> Option<BlockRun<K, C>> {
        let fair = self.blocks.len().div_ceil(2 * limits.tasks);
        let fair = fair.max(self.least_run(limits));
        // One task too many leaves what waits to the others.
        let goes_on = self.tasks <= limits.tasks && self.is_behind(limits);
        let first = self.blocks.pop_front_if(|_| goes_on);
        let Some(first) = first else {
            self.tasks -= 1;
            return None;
        };
        let WaitingBlock {
            exchange,
            epoch,
            offered: first,
        } = first;
        let (mut blocks, mut bytes) = (vec![first.block], first.bytes);
        while let Some(WaitingBlock { offered: next, .. }) = self.blocks.pop_front_if(|next| {
            blocks.len() < fair
                && bytes + next.offered.bytes <= RUN_BYTES
                && next.offered.lane == first.lane
                && Arc::ptr_eq(&next.exchange, &exchange)
        }) {
            bytes += next.bytes;
            blocks.push(next.block);
        }
        self.bytes -= bytes;
        // Numbered while the queue is held: runs follow each other as their blocks do.
        let number = exchange.claim(first.lane, blocks.len());
        Some(BlockRun {
            exchange,
            epoch,
            lane: first.lane,
            number,
            blocks,
        })
    }

    /// The number of blocks that a map task waits for.
    fn least_run(&self, limits: Limits) -> usize {
        let is_due = |front: &WaitingBlock<K, C>| !Arc::ptr_eq(&front.exchange, &self.open);
        let is_late = 5 * self.had >= 4 * self.had_before;
        if is_late || self.blocks.front().is_some_and(is_due) {
            return 1;
        }
        let early = self.had_before / (RUNS_OF_A_TASK * limits.tasks);
        early.clamp(1, EARLY_RUN)
    }
}

#[cfg(test)]
mod tests;
