//! The batch that a thread works for. A broadcast asks for it: its value may change from batch to batch,
//! and must not change within one.
//!
//! Batches run one at a time, so a thread works for the batch that runs, unless it runs a map task: a
//! map task works for the batch that was open when its block was sealed, and says so. Batches are counted
//! from one in each run of a program; zero is before the first.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use millrace_types::Lock;

thread_local! {
    /// The batch of the map task that runs on this thread; zero if none does.
    static EARLY: Cell<u64> = const { Cell::new(0) };
}

/// The batches of a context: the one that is open, and the one that runs.
#[derive(Debug, Default)]
pub struct Epochs {
    open: Lock<u64>,
    running: AtomicU64,
}

impl Epochs {
    /// The context starts: the first batch is open.
    pub fn begin(&self) {
        *self.open.lock() = 1;
    }

    /// Opens the next batch, and gives the one that was open. To be called before any block of the next
    /// batch is offered to a stage.
    pub fn close_batch(&self) -> u64 {
        let mut open = self.open.lock();
        *open += 1;
        *open - 1
    }

    /// The batch `epoch` runs from now on.
    pub fn run(&self, epoch: u64) {
        self.running.store(epoch, Ordering::SeqCst);
    }

    /// The batch that runs, or ran last.
    pub(crate) fn running(&self) -> u64 {
        self.running.load(Ordering::SeqCst)
    }

    /// The batch that this thread works for.
    pub(crate) fn current(&self) -> u64 {
        match EARLY.get() {
            0 => self.running(),
            early => early,
        }
    }

    /// Calls `change` with the batch that is open, which stays so meanwhile.
    pub(crate) fn while_open<R>(&self, change: impl FnOnce(u64) -> R) -> R {
        change(*self.open.lock())
    }
}

/// A thread's work for a batch that may not run yet: the thread works for that batch until this is
/// dropped.
#[derive(Debug)]
pub(crate) struct Early(u64);

impl Early {
    /// Begins work for the batch `epoch`; zero changes nothing.
    pub(crate) fn of(epoch: u64) -> Early {
        Early(EARLY.replace(epoch))
    }
}

impl Drop for Early {
    fn drop(&mut self) {
        EARLY.set(self.0);
    }
}
