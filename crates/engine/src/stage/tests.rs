//! The number of map tasks of a stage, and that none of them leaves a block behind.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded, unbounded};

use crate::pipeline::{Map, NodeId, Received, RecordBlock};
use crate::shuffle::Reduce;

use super::*;

const WORKERS: usize = 4;

/// A block of one record.
fn block(record: u64) -> Partition {
    Partition {
        data: Arc::new(RecordBlock::new(vec![record], 8, Box::new(()))),
        index: 0,
        piece: 0,
    }
}

/// A function of records that tells when it begins, and how many run beside it; it ends when the
/// test lets it.
struct Gate {
    running: AtomicUsize,
    begun: Sender<usize>,
    let_go: Receiver<()>,
}

impl Gate {
    fn pass(&self, record: u64) -> (u64, u64) {
        let beside = self.running.fetch_add(1, Ordering::SeqCst);
        self.begun.send(beside + 1).expect("the test listens");
        self.let_go.recv().expect("the test lets it go");
        self.running.fetch_sub(1, Ordering::SeqCst);
        (record, 1)
    }
}

#[test]
fn map_tasks_are_as_many_as_they_may_be_and_leave_no_block() {
    let executor = Executor::new(WORKERS).unwrap();
    let (begun, begins) = unbounded();
    let (go, let_go) = bounded(0);
    let gate = Gate {
        running: AtomicUsize::new(0),
        begun,
        let_go,
    };
    let pipeline = Map {
        parent: Arc::new(Received::<u64>::of(NodeId(0))),
        function: move |record| gate.pass(record),
    };
    let add = Reduce(|a: u64, b: u64| a + b);
    let hasher = KeyHasher::default();
    let name = Arc::from("test");
    let stage = ShuffleStage::new(Arc::new(pipeline), add, hasher, executor.clone(), name);
    let stage = Arc::new(stage);
    let offer = |records: std::ops::Range<u64>| {
        for record in records {
            Arc::clone(&stage).offer(0, &block(record), 8);
        }
    };
    let patience = Duration::from_secs(60);
    let next = || begins.recv_timeout(patience).expect("a function begins");
    let let_one_go = || go.send_timeout((), patience).expect("a function waits");
    let all_run = || assert_eq!((0..WORKERS).map(|_| next()).max(), Some(WORKERS));

    offer(0..4);
    all_run();
    // The last to come back goes on alone; the other three end.
    executor.limit_map_tasks(1);
    offer(4..40);
    assert!(stage.is_behind());
    (0..WORKERS).for_each(|_| let_one_go());
    for _ in 4..40 {
        next();
        assert!(begins.try_recv().is_err(), "one at a time");
        let_one_go();
    }
    let time = BatchTime::from_millis(1000);
    stage.close_batch(time);
    let shards = stage.finish(time).unwrap().unwrap();
    assert_eq!(shards.iter().map(Shard::len).sum::<usize>(), 40);
    assert!(!stage.is_behind());

    offer(0..3);
    assert_eq!(next(), 1);
    assert!(begins.try_recv().is_err(), "the others wait for it");
    (0..3).for_each(|_| let_one_go());
    (1..3).for_each(|_| assert_eq!(next(), 1));

    executor.limit_map_tasks(WORKERS);
    offer(3..7);
    all_run();
    (0..WORKERS).for_each(|_| let_one_go());
    let time = BatchTime::from_millis(2000);
    stage.close_batch(time);
    let shards = stage.finish(time).unwrap().unwrap();
    assert_eq!(shards.iter().map(Shard::len).sum::<usize>(), 7);
    assert_eq!(executor.wait_for_tasks(patience), 0);
}
