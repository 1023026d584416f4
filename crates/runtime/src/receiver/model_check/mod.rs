//! The hand-off from receiver to batch under a model checker, which runs it in one schedule
//! after the other: `scripts/model_check.sh`.
//!
//! The checked code is the code that runs: block generators, budget, tracker and log. Only the
//! threads around them are written again here, as the generator and the jobs' thread are. Blocks
//! are of 16 bytes (`BLOCK_BYTES`), so that a few lines fill some.

mod disk;
mod eager;
mod lines;
mod logged;
mod stored;

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_engine::pipeline::{NodeId, Partition};
use millrace_types::{BatchTime, StreamId};
use shuttle::thread;

use crate::graph::Batch;
use crate::sync::{Receiver, Sender, unbounded};

use super::budget::{BLOCK_BYTES, Budget};
use super::tracker::{InputSpec, InputTracker};

const NODE: NodeId = NodeId(0);

/// Runs `test` in so many schedules (`MODEL_SCHEDULES`): drawn ones, and those of a scheduler
/// that keeps a thread from running until few others have.
fn check(test: impl Fn() + Send + Sync + Clone + 'static) {
    let schedules = env::var("MODEL_SCHEDULES").ok();
    let schedules = schedules
        .and_then(|count| count.parse().ok())
        .unwrap_or(500);
    shuttle::check_random(test.clone(), schedules);
    shuttle::check_pct(test, schedules, 3);
}

fn tracker() -> Arc<InputTracker> {
    Arc::new(InputTracker::new(vec![InputSpec {
        node: NODE,
        stream: StreamId(0),
        name: String::new(),
        stages: Vec::new(),
        held: true,
    }]))
}

/// A budget of so many blocks.
fn budget(blocks: usize) -> Arc<Budget> {
    Arc::new(Budget::new((blocks * BLOCK_BYTES) as u64))
}

/// Ends batches as the generator's thread does: ticks until `done`, and once more.
struct CheckedTicks {
    budget: Arc<Budget>,
    queue: Sender<Batch>,
    number: u64,
}

impl CheckedTicks {
    /// The ticks, and the thread that runs batches one after the other: `run` is given each
    /// batch and its blocks, which live as long as the batch runs.
    fn new<R: Send + 'static>(
        budget: &Arc<Budget>,
        mut run: impl FnMut(&Batch, &[Partition]) -> Vec<R> + Send + 'static,
    ) -> (CheckedTicks, thread::JoinHandle<Vec<R>>) {
        CheckedTicks::of_batches(budget, move |batch| run(batch, &batch.blocks[&NODE]))
    }

    /// [`new`](CheckedTicks::new), of batches that may have no blocks.
    fn of_batches<R: Send + 'static>(
        budget: &Arc<Budget>,
        mut run: impl FnMut(&Batch) -> Vec<R> + Send + 'static,
    ) -> (CheckedTicks, thread::JoinHandle<Vec<R>>) {
        let (queue, batches): (Sender<Batch>, Receiver<Batch>) = unbounded();
        let own = Arc::clone(budget);
        let jobs = thread::spawn(move || {
            let mut all = Vec::new();
            while let Ok(batch) = batches.recv() {
                all.append(&mut run(&batch));
                let has_input = batch.has_input;
                drop(batch);
                if has_input {
                    own.batch_done();
                }
            }
            all
        });
        let ticks = CheckedTicks {
            budget: Arc::clone(budget),
            queue,
            number: 0,
        };
        (ticks, jobs)
    }

    /// The number of the next batch, and its time.
    fn next(&mut self) -> (u64, BatchTime) {
        self.number += 1;
        (self.number, BatchTime::from_millis(self.number as i64))
    }

    fn submit(&self, batch: Batch) {
        if batch.has_input {
            self.budget.batch_ended();
        }
        self.queue.send(batch).expect("batches are run to the end");
    }

    /// Calls `tick` as long as somebody receives, as the clock would.
    fn until(&mut self, done: &AtomicBool, mut tick: impl FnMut(&mut CheckedTicks)) {
        while !done.load(Ordering::SeqCst) {
            tick(self);
            thread::yield_now();
        }
    }
}
