//! Batches on clocks that jump, and the steps of stopping.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use crossbeam::channel::unbounded;

use millrace_engine::durable::StoreError;

use crate::receiver::{BlockGenerator, Ingest};

use super::super::queue::Work;
use super::super::trial::{engine, fed, feed};
use super::super::{Clock, ManualClock};
use super::*;
use crate::clock::Reading;

/// Times of the batches of a queue that was closed, with the bytes that each has.
fn batches(queue: &BatchQueue) -> Vec<(i64, u64)> {
    let mut batches = Vec::new();
    while let Some(work) = queue.pop() {
        add(&mut batches, work);
    }
    batches
}

fn add(batches: &mut Vec<(i64, u64)>, work: Work) {
    match work {
        Work::Batch(batch) => {
            let inputs = batch.input_info();
            let bytes = inputs.values().map(|input| input.num_bytes).sum();
            batches.push((batch.time.as_millis(), bytes));
        }
        Work::Empty(mut ticks) => {
            while let Some((tick, others)) = ticks.split_first() {
                batches.push((tick.time.as_millis(), 0));
                ticks = others;
            }
        }
    }
}

fn first(clock: &ManualClock) -> FirstBatch {
    let now = BatchTime::from_millis(clock.now());
    FirstBatch {
        time: now.next_multiple_after(Duration::seconds(1)),
        number: 1,
    }
}

#[test]
fn a_clock_that_jumps_skips_no_tick() {
    let clock = ManualClock::new();
    clock.advance(Duration::milliseconds(10_400));
    let first = first(&clock);
    let engine = engine(&clock, Some(5), |_| {});
    feed(fed(&engine), b"in the first batch\n");
    clock.advance(Duration::seconds(7));
    let queue = BatchQueue::default();
    generate(&engine, first, &queue, &[]);
    let expected = [
        (11_000, 19),
        (12_000, 0),
        (13_000, 0),
        (14_000, 0),
        (15_000, 0),
    ];
    assert_eq!(batches(&queue), expected);
}

#[test]
fn a_downtime_of_ten_days_is_one_entry_of_the_queue() {
    let clock = ManualClock::new();
    let engine = engine(&clock, Some(864_001), |_| {});
    let first = first(&clock);
    feed(fed(&engine), b"received before\n");
    clock.advance(Duration::seconds(864_000));
    clock.advance(Duration::seconds(1));
    let queue = BatchQueue::default();
    generate(&engine, first, &queue, &[]);
    assert!(matches!(queue.pop(), Some(Work::Batch(batch)) if batch.number == 1));
    let Some(Work::Empty(ticks)) = queue.pop() else {
        panic!("the other ticks are one entry");
    };
    assert_eq!((ticks.number, ticks.count), (2, 864_000));
    assert_eq!(ticks.last().as_millis(), 864_001_000);
    assert!(queue.pop().is_none());
}

#[test]
fn a_clock_that_is_set_back_makes_no_batch_twice() {
    let clock = ManualClock::new();
    let engine = engine(&clock, Some(3), |_| {});
    let (first, queue) = (first(&clock), Arc::new(BatchQueue::default()));
    let (own, theirs) = (Arc::clone(&engine), Arc::clone(&queue));
    let generator = thread::spawn(move || generate(&own, first, &theirs, &[]));
    let mut made = Vec::new();
    let next = |made: &mut Vec<(i64, u64)>| add(made, queue.pop().unwrap());
    clock.advance(Duration::milliseconds(1_200));
    next(&mut made);
    clock.set(Duration::seconds(-3600));
    // Time passes until the clock has caught up, and no batch is made before.
    for _ in 0..3600 {
        clock.advance(Duration::seconds(1));
    }
    clock.advance(Duration::milliseconds(900));
    next(&mut made);
    clock.set(Duration::seconds(3600));
    clock.advance(Duration::seconds(1));
    next(&mut made);
    generator.join().unwrap();
    assert_eq!(made, [(1000, 0), (2000, 0), (3000, 0)]);
}

/// A clock that goes on by half a second whenever somebody waits for it, and jumps `by` so many
/// milliseconds at the third time.
struct Jumping {
    by: i64,
    waits: Mutex<(u32, Reading)>,
}

impl Clock for Jumping {
    fn reading(&self) -> Reading {
        self.waits.lock().unwrap().1
    }

    fn wait_until(&self, _: BatchTime, _: &dyn Fn() -> bool) -> bool {
        let (waits, reading) = &mut *self.waits.lock().unwrap();
        *waits += 1;
        let jump = if *waits == 3 { self.by } else { 0 };
        *reading = Reading {
            wall: reading.wall + 500 + jump,
            steady: reading.steady + 500,
        };
        true
    }

    fn wake(&self) {}
}

/// The times of all batches of a run by such a clock, of which the first is due at `first`.
fn times(by: i64, first: i64, batches: u64) -> Vec<i64> {
    let mut engine = engine(&ManualClock::new(), Some(batches), |_| {});
    let waits = Mutex::new((0, Reading { wall: 0, steady: 0 }));
    Arc::get_mut(&mut engine).unwrap().clock = Arc::new(Jumping { by, waits });
    let first = FirstBatch {
        time: BatchTime::from_millis(first),
        number: 1,
    };
    let queue = BatchQueue::default();
    generate(&engine, first, &queue, &[]);
    self::batches(&queue)
        .into_iter()
        .map(|(time, _)| time)
        .collect()
}

#[test]
fn a_tick_has_one_batch_whichever_way_the_clock_jumps() {
    let seconds = |from: i64, to: i64| (from..=to).map(|second| 1000 * second);
    assert!(seconds(1, 4).eq(times(-3_600_000, 1000, 4)));
    assert!(seconds(1, 3603).eq(times(3_600_000, 1000, 3603)));
    assert!(seconds(61, 62).eq(times(0, 61_000, 2)));
}

/// The lines are seen from outside only, so the test runs others again.
#[test]
fn what_the_clock_has_done_is_said_on_stderr() {
    let (_, own) = module_path!().split_once("::").unwrap();
    let others = [
        "a_tick_has_one_batch_whichever_way_the_clock_jumps",
        "a_downtime_of_ten_days_is_one_entry_of_the_queue",
    ];
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .args(others.map(|test| format!("{own}::{test}")))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    for begin in [
        "millrace: the clock was set back by 1 h: the next batch is due at ",
        "millrace: the clock went forward by 1 h: 3599 batches are made up, the last one is ",
        "millrace: the program was down for 9 d 23 h: 864000 batches are made up, the last ",
        "millrace: the batch before this run is that of ",
    ] {
        let lines = said.lines().filter(|line| line.starts_with(begin));
        assert_eq!(lines.count(), 1, "{begin}: {said}");
    }
}

/// Runs the generator until it waits for the second tick, asks it to stop, and gives the
/// batches. The receiver gets a line before the first tick, one after it and, while it
/// stops, the end of a line that was unfinished.
fn stopped(mode: StopMode) -> (Vec<(i64, u64)>, Arc<Engine>) {
    let clock = ManualClock::new();
    let engine = engine(&clock, None, |blocks| {
        feed(blocks, b"ished\n");
        blocks.seal_all();
    });
    let first = first(&clock);
    let blocks = fed(&engine);
    feed(blocks, b"one\ntw");
    let queue = Arc::new(BatchQueue::default());
    let (ticked, has_ticked) = unbounded();
    let (own, theirs) = (Arc::clone(&engine), Arc::clone(&queue));
    let forward = thread::spawn(move || {
        let mut batches = Vec::new();
        while let Some(work) = queue.pop() {
            add(&mut batches, work);
            // Nobody waits for the later ones.
            let _ = ticked.send(());
        }
        batches
    });
    let generator = thread::spawn(move || generate(&own, first, &theirs, &[]));
    clock.advance(Duration::milliseconds(1_300));
    has_ticked.recv().unwrap();
    feed(blocks, b"o\nunfin");
    engine.stop(mode, None);
    generator.join().unwrap();
    (forward.join().unwrap(), engine)
}

#[test]
fn a_graceful_stop_runs_what_is_left_as_the_next_batch() {
    let (batches, engine) = stopped(StopMode::Graceful);
    assert_eq!(batches, [(1000, 4), (2000, 15)]);
    assert_eq!(engine.outcome.not_run(), 0);
}

#[test]
fn a_stop_without_grace_leaves_it_and_says_how_much() {
    let (batches, engine) = stopped(StopMode::Now);
    assert_eq!(batches, [(1000, 4)]);
    assert_eq!(engine.outcome.not_run(), 15);
}

#[test]
fn a_graceful_stop_with_nothing_left_makes_no_batch() {
    let clock = ManualClock::new();
    let engine = engine(&clock, None, |_| {});
    engine.stop(StopMode::Graceful, None);
    let queue = BatchQueue::default();
    generate(&engine, first(&clock), &queue, &[]);
    assert_eq!(batches(&queue), []);
}

#[test]
fn receivers_have_stopped_before_the_last_batch_is_cut() {
    let clock = ManualClock::new();
    let asked = Arc::new((Mutex::new(false), Condvar::new()));
    let stop = Arc::clone(&asked);
    let engine = engine(&clock, None, move |_| {
        *stop.0.lock().unwrap() = true;
        stop.1.notify_all();
    });
    let (own, ended) = (Arc::clone(&engine), Arc::new(AtomicBool::new(false)));
    let has_ended = Arc::clone(&ended);
    let threads = Arc::new(ThreadGroup::default());
    let running = threads.register();
    thread::spawn(move || {
        let _running = running;
        let asked = asked
            .1
            .wait_while(asked.0.lock().unwrap(), |asked| !*asked)
            .unwrap();
        drop(asked);
        feed(fed(&own), b"the last words");
        fed(&own).seal_all();
        has_ended.store(true, Ordering::SeqCst);
    });
    engine.stop(StopMode::Graceful, None);
    let queue = BatchQueue::default();
    generate(&engine, first(&clock), &queue, &[threads]);
    assert!(ended.load(Ordering::SeqCst));
    assert_eq!(batches(&queue), [(1000, 14)]);
}

/// A receiver that says when it is left behind.
struct Deaf(Arc<dyn Ingest>, Arc<AtomicBool>);

impl Ingest for Deaf {
    fn run(&self) -> bool {
        self.0.run()
    }

    fn stop(&self) {}

    fn abandon(&self) {
        self.1.store(true, Ordering::SeqCst);
    }

    fn seal(&self) {
        self.0.seal();
    }

    fn restore(&self, written: &[u8]) -> Result<(), StoreError> {
        self.0.restore(written)
    }

    fn fed(&self) -> Option<&BlockGenerator> {
        self.0.fed()
    }
}

#[test]
fn a_receiver_that_does_not_end_is_left_behind_and_the_batch_is_cut() {
    let clock = ManualClock::new();
    let mut engine = engine(&clock, None, |_| {});
    let left = Arc::new(AtomicBool::new(false));
    let (own, threads) = (Arc::clone(&left), Arc::new(ThreadGroup::default()));
    let parts = Arc::get_mut(&mut engine).unwrap();
    parts.patience = std::time::Duration::ZERO;
    parts.receivers = vec![Arc::new(Deaf(Arc::clone(&parts.receivers[0]), own))];
    feed(fed(&engine), b"stored\n");
    fed(&engine).seal_all();
    engine.stop(StopMode::Graceful, None);
    let queue = BatchQueue::default();
    let _for_ever = threads.register();
    generate(&engine, first(&clock), &queue, &[threads]);
    assert!(left.load(Ordering::SeqCst));
    assert_eq!(batches(&queue), [(1000, 7)]);
}
