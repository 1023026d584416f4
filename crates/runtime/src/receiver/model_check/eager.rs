//! Blocks that are worked on and freed before their batch is due, as a shuffle does it: the bytes
//! come back without a batch, and with the log nothing is seen before it is durable.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_engine::pipeline::Partition;
use millrace_engine::stage::EagerStage;
use millrace_types::{BatchTime, StreamId};
use shuttle::thread;

use crate::sync::{Lock, Sender, unbounded};

use super::super::block_generator::BlockGenerator;
use super::super::block_log::WalSync;
use super::super::budget::BLOCK_BYTES;
use super::super::tracker::{InputSpec, InputTracker};
use super::disk::Disk;
use super::lines::{expected, lines, receive};
use super::logged::{logged, open};
use super::{CheckedTicks, NODE, budget, check};

/// Hands what it is offered to a worker.
struct Stage(Lock<Sender<Partition>>);

impl EagerStage for Stage {
    fn offer(self: Arc<Self>, _lane: usize, block: &Partition, _bytes: u64) {
        let worker = self.0.lock();
        worker
            .send(block.clone())
            .expect("the worker works to the end");
    }

    fn close_batch(self: Arc<Self>, _time: BatchTime) {}

    fn leave(&self, _time: BatchTime) {}

    fn is_behind(&self) -> bool {
        false
    }
}

/// A tracker whose blocks are read by a stage alone, and the worker of the stage, which gives
/// the lines that it has read. `seen` is shown them after every block.
fn staged(
    seen: impl Fn(&[String]) + Send + 'static,
) -> (Arc<InputTracker>, thread::JoinHandle<Vec<String>>) {
    let (send, blocks) = unbounded::<Partition>();
    let worker = thread::spawn(move || {
        let mut all = Vec::new();
        while let Ok(block) = blocks.recv() {
            all.append(&mut lines(&[block]));
            seen(&all);
        }
        all
    });
    let stage: Arc<dyn EagerStage> = Arc::new(Stage(Lock::new(send)));
    let tracker = InputTracker::new(vec![InputSpec {
        node: NODE,
        stream: StreamId(0),
        name: String::new(),
        stages: vec![(stage, 0)],
        held: false,
    }]);
    (Arc::new(tracker), worker)
}

fn generator(blocks: usize, tracker: &Arc<InputTracker>) -> Arc<BlockGenerator> {
    let generator = BlockGenerator::new(budget(blocks), Arc::clone(tracker), 0, 1 << 20);
    Arc::new(generator)
}

/// No batch ends: a receiver that waits goes on because a worker is done with a block.
#[test]
fn a_block_that_is_freed_lets_a_receiver_go_on() {
    check(|| {
        let (tracker, worker) = staged(|_| {});
        let generator = generator(1, &tracker);
        receive(&generator, true);
        drop((generator, tracker));
        assert_eq!(worker.join().expect("it does not panic"), expected());
    });
}

/// No block is out, and two batches wait to be run: a receiver goes on when one of them has
/// been.
#[test]
fn a_batch_that_has_run_lets_a_receiver_go_on() {
    check(|| {
        let budget = budget(1);
        budget.batch_ended();
        budget.batch_ended();
        let own = Arc::clone(&budget);
        let receiver = thread::spawn(move || drop(own.wait_for_buffer()));
        budget.batch_done();
        receiver.join().expect("the receiver does not panic");
        budget.batch_done();
    });
}

/// Blocks are freed early while batches wait to be run, of which there are few.
#[test]
fn every_line_is_seen_once_whenever_blocks_are_freed() {
    check(|| {
        let (tracker, worker) = staged(|_| {});
        let budget = budget(3);
        let generator = BlockGenerator::new(Arc::clone(&budget), Arc::clone(&tracker), 0, 1 << 20);
        let generator = Arc::new(generator);
        let own = Arc::clone(&generator);
        let receiver = thread::spawn(move || receive(&own, true));
        let (mut ticks, jobs) = CheckedTicks::of_batches(&budget, |_| Vec::<()>::new());
        for _ in 0..4 {
            generator.seal();
            let (number, time) = ticks.next();
            let mut batch = tracker.close_batch(time, &[], 0);
            batch.number = number;
            ticks.submit(batch);
            thread::yield_now();
        }
        drop(ticks);
        receiver.join().expect("the receiver does not panic");
        jobs.join().expect("batches run");
        drop((generator, tracker));
        assert_eq!(worker.join().expect("it does not panic"), expected());
        assert_eq!(budget.used(), 0, "all bytes are given back");
    });
}

/// With `millrace.wal.sync` at `block` nobody sees what a power cut could take.
#[test]
fn a_block_is_durable_before_anybody_sees_it() {
    check(|| {
        let disk = Disk::default();
        let own = disk.clone();
        let (tracker, worker) = staged(move |seen| {
            let (again, replayed) = open(&own.durable(), WalSync::None);
            again.close();
            let durable = logged(&replayed.open);
            assert!(durable.starts_with(seen), "{seen:?} of {durable:?}");
        });
        let (log, _) = open(&disk, WalSync::Block);
        let log = Arc::new(log);
        tracker.pass_through(Arc::clone(&log));
        let generator = generator(2, &tracker);
        receive(&generator, true);
        log.close();
        drop((generator, tracker, log));
        assert_eq!(worker.join().expect("it does not panic"), expected());
    });
}

/// Two receivers, and room for one block: they take turns.
#[test]
fn the_budget_is_never_passed() {
    check(|| {
        let budget = budget(1);
        let taken = Arc::new(AtomicBool::new(false));
        let receivers = [0, 1].map(|_| {
            let (budget, taken) = (Arc::clone(&budget), Arc::clone(&taken));
            thread::spawn(move || {
                for _ in 0..3 {
                    let buffer = budget.wait_for_buffer();
                    assert!(!taken.swap(true, Ordering::SeqCst), "both have a buffer");
                    assert_eq!(budget.used(), BLOCK_BYTES as u64);
                    taken.store(false, Ordering::SeqCst);
                    drop(buffer);
                }
            })
        });
        for receiver in receivers {
            receiver.join().expect("nobody is left waiting");
        }
        assert_eq!(budget.used(), 0);
    });
}
