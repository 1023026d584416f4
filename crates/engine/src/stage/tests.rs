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
    Arc::clone(&stage).close_batch(time);
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
    Arc::clone(&stage).close_batch(time);
    let shards = stage.finish(time).unwrap().unwrap();
    assert_eq!(shards.iter().map(Shard::len).sum::<usize>(), 7);
    assert_eq!(executor.wait_for_tasks(patience), 0);
}

/// Of three batches, by whether blocks may wait for others.
fn last_records(may_wait: u64) -> Vec<Vec<(u64, (u64, u64))>> {
    let executor = Executor::new(WORKERS).unwrap();
    executor.let_bytes_wait(may_wait);
    let pipeline = Map {
        parent: Arc::new(Received::<u64>::of(NodeId(0))),
        function: |record| (record % 7, (1, record)),
    };
    // The order of the records can be seen in it.
    let last = Reduce(|(before, _): (u64, u64), (more, last): (u64, u64)| (before + more, last));
    let name = Arc::from("test");
    let hasher = KeyHasher::default();
    let stage = ShuffleStage::new(Arc::new(pipeline), last, hasher, executor, name);
    let stage = Arc::new(stage);
    let batch = |number: u64, records: u64| {
        for record in 0..records {
            Arc::clone(&stage).offer(0, &block(number * 10_000 + record), 8);
        }
        let time = BatchTime::from_millis(i64::try_from(number).unwrap());
        Arc::clone(&stage).close_batch(time);
        let shards = stage.finish(time).unwrap().unwrap();
        let records = shards.iter().flat_map(Shard::iter);
        let mut records: Vec<_> = records.map(|(_, key, value)| (*key, *value)).collect();
        records.sort_unstable();
        records
    };
    vec![batch(1, 3000), batch(2, 3000), batch(3, 1000)]
}

#[test]
fn the_blocks_that_wait_for_others_are_as_if_they_had_not() {
    let waited = last_records(1 << 20);
    assert_eq!(waited, last_records(0));
    let last = |number: u64, records: u64| {
        let of_key = |key: u64| {
            let mut records: Vec<u64> = (0..records)
                .map(|record| number * 10_000 + record)
                .collect();
            records.retain(|record| record % 7 == key);
            (key, (records.len() as u64, *records.last().unwrap()))
        };
        (0..7).map(of_key).collect::<Vec<_>>()
    };
    assert_eq!(waited, [last(1, 3000), last(2, 3000), last(3, 1000)]);
}
