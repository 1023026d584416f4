//! The thread that makes batches, and that ends the run; the module head of
//! [`scheduler`](super) has the steps.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration as StdDuration, Instant};

use millrace_engine::thread_group::ThreadGroup;
use millrace_types::{BatchInfo, BatchTime, Duration, StreamingEvent};

use crate::graph::Batch;
use crate::notice::{Repeats, notice};
use crate::zone;

use super::map_tasks::MapTasks;
use super::pace::{Pace, Said, ahead};
use super::queue::Ticks;
use super::run_state::BATCH_PATIENCE;
use super::{BatchQueue, Engine, FirstBatch, StopMode};

/// The interval at which the clock is looked at: it may be set while the next tick is waited
/// for.
const GLANCE: Duration = Duration::seconds(1);

/// Output that has been waited for so long is read by nobody.
const UNREAD: StdDuration = StdDuration::from_secs(1);

/// Makes batches, the first one at `first`, until a stop is asked for; then stops the receivers
/// (their threads are `receivers`, in their order) and closes the queue.
pub fn generate(
    engine: &Engine,
    first: FirstBatch,
    queue: &BatchQueue,
    receivers: &[Arc<ThreadGroup>],
) {
    let next = make_batches(engine, first, queue);
    stop_receivers(engine, receivers);
    if let Some(log) = &engine.log {
        log.flush();
    }
    match engine.outcome.stop() {
        Some(StopMode::Graceful) if engine.tracker.unallocated_bytes() > 0 => {
            tick(engine, next, queue);
        }
        Some(StopMode::Graceful) | None => {}
        Some(StopMode::Enough | StopMode::Now) => {
            engine
                .outcome
                .add_unprocessed(engine.tracker.unallocated_bytes());
        }
    }
    queue.close();
}

/// Gives the batch that would have been the next one.
fn make_batches(engine: &Engine, first: FirstBatch, queue: &BatchQueue) -> FirstBatch {
    let mut left = engine.max_batches.unwrap_or(u64::MAX);
    let mut next = first;
    let mut pace = Pace::new(engine.clock.reading());
    let mut map_tasks = MapTasks::of(engine);
    let repeats = Repeats::new(Arc::clone(&engine.clock));
    if let Some(line) = ahead(engine.clock.now(), first.time, engine.interval) {
        notice(line);
    }
    while let Some(now) = wait_for(engine, next.time, (&mut pace, &mut map_tasks), &repeats) {
        tick(engine, next, queue);
        next = next.later(engine.interval, 1);
        // What has been received is in the batch that was just made: these have nothing.
        let missed = (now - next.time.as_millis()).div_euclid(engine.interval.as_millis()) + 1;
        let missed = u64::try_from(missed).unwrap_or(0).min(left - 1);
        let ticks = Ticks {
            time: next.time,
            number: next.number,
            count: missed,
            interval: engine.interval,
            queued: now,
        };
        say(&repeats, pace.ticked(next.time, missed, ticks.last()));
        queue.push_empty(ticks);
        next = next.later(engine.interval, missed);
        left -= missed + 1;
        if left == 0 {
            engine.outcome.request_stop(StopMode::Enough, None);
        }
    }
    repeats.end("the clock");
    next
}

fn say(repeats: &Repeats, said: Option<Said>) {
    if let Some(Said { kind, line }) = said {
        repeats.say(&kind, line);
    }
}

/// Waits until the clock shows `time`, and gives what it shows; `None` if the run stops.
fn wait_for(
    engine: &Engine,
    time: BatchTime,
    (pace, map_tasks): (&mut Pace, &mut MapTasks),
    repeats: &Repeats,
) -> Option<i64> {
    let stopped = || engine.outcome.stop().is_some();
    let glance = map_tasks.glance().unwrap_or(GLANCE);
    loop {
        map_tasks.look(engine);
        let now = engine.clock.reading();
        say(repeats, pace.look(now, time));
        if stopped() {
            return None;
        }
        if now.wall >= time.as_millis() {
            return Some(now.wall);
        }
        let next_glance = BatchTime::from_millis(now.wall) + glance;
        engine.clock.wait_until(next_glance.min(time), &stopped);
    }
}

fn tick(engine: &Engine, next: FirstBatch, queue: &BatchQueue) {
    for receiver in &engine.receivers {
        receiver.seal();
    }
    if let Some(batch) = close_batch(engine, next) {
        submit(engine, batch, queue);
    }
}

/// Ends the open batch; `None` if the receivers' log has failed, and the run with it.
fn close_batch(engine: &Engine, next: FirstBatch) -> Option<Batch> {
    let FirstBatch { time, number } = next;
    let now = engine.clock.now();
    let Some(log) = &engine.log else {
        let epoch = engine.executor.epochs().close_batch();
        let mut batch = engine.tracker.close_batch(time, &engine.stages, now);
        (batch.number, batch.epoch) = (number, epoch);
        return Some(batch);
    };
    let (tracker, stages) = (Arc::clone(&engine.tracker), engine.stages.clone());
    let epochs = Arc::clone(engine.executor.epochs());
    let (mut batch, position) = log.close_batch(number, time, move || {
        let epoch = epochs.close_batch();
        let mut batch = tracker.close_batch(time, &stages, now);
        batch.epoch = epoch;
        batch
    })?;
    batch.number = number;
    batch.log = Some(position);
    Some(batch)
}

/// Hands a batch over to be run.
pub fn submit(engine: &Engine, batch: Batch, queue: &BatchQueue) {
    announce(engine, &batch);
    if batch.has_input {
        engine.budget.batch_ended();
    }
    queue.push(batch);
}

/// Tells listeners that a batch waits to be run.
pub(super) fn announce(engine: &Engine, batch: &Batch) {
    let (time, number) = (batch.time, batch.number);
    if engine.graph.has_jobs(number) {
        engine.listeners.post(|| {
            StreamingEvent::BatchSubmitted(BatchInfo {
                batch_time: time,
                stream_id_to_input_info: batch.input_info(),
                submission_time: batch.submitted,
                processing_start_time: None,
                processing_end_time: None,
                output_operation_infos: engine.graph.operations(number, time),
            })
        });
    }
}

/// Waits until what is queued has been run or dropped, however long the program's functions take:
/// a batch is run to its end or was never begun. Says what is waited for.
pub fn wait_for_jobs(engine: &Engine, jobs: &ThreadGroup) {
    let mut said = false;
    while jobs.wait(BATCH_PATIENCE) > 0 {
        if said || !engine.outcome.is_waited_for() {
            continue;
        }
        let unread = engine
            .reader
            .keeps_waiting()
            .is_some_and(|time| time >= UNREAD);
        let why = match (unread, engine.outcome.drops_batches()) {
            (true, _) => "nobody reads the output",
            (false, true) => "its functions have not returned",
            (false, false) => continue,
        };
        notice(NotDone { engine, why });
        said = true;
    }
}

struct NotDone<'a> {
    engine: &'a Engine,
    why: &'a str,
}

impl fmt::Display for NotDone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.engine.running.lock();
        let running = *running.unwrap_or_else(PoisonError::into_inner);
        f.write_str("stopping: ")?;
        match running {
            Some(time) => write!(f, "batch {}", zone::shown(time, self.engine.clock.now()))?,
            None => f.write_str("the last batch")?,
        }
        let why = self.why;
        write!(f, " is not done yet ({why}); a second signal ends at once")
    }
}

fn stop_receivers(engine: &Engine, threads: &[Arc<ThreadGroup>]) {
    for receiver in &engine.receivers {
        receiver.stop();
    }
    // A receiver that waits for memory would wait for batches that wait for this stop.
    engine.budget.close();
    let until = Instant::now() + engine.patience;
    for (number, (receiver, thread)) in engine.receivers.iter().zip(threads).enumerate() {
        if thread.wait(until.saturating_duration_since(Instant::now())) > 0 {
            receiver.abandon();
            notice(format_args!(
                "receiver {number}: its on_start or on_stop did not return when it was stopped; \
                 its thread is left behind, and what it stores from now on is not taken"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
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
}
