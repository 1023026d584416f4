//! The thread that makes batches, and that ends the run; the module head of
//! [`scheduler`](super) has the steps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::Sender;
use millrace_types::{BatchInfo, BatchTime, StreamingEvent};

use crate::graph::Batch;
use crate::notice::notice;
use crate::patience::Threads;

use super::{Engine, FirstBatch, StopMode};

/// How long a batch that runs is waited for without a word when its run stops without grace
/// (Spark 3.5: so long does it wait before it interrupts the batch, which Rust cannot).
const BATCH_PATIENCE: Duration = Duration::from_secs(2);

/// Makes batches, the first one at `first`, until a stop is asked for; then stops the receivers
/// (their threads are `receivers`, in their order) and closes the queue.
pub(crate) fn generate(
    engine: &Engine,
    first: FirstBatch,
    queue: Sender<Batch>,
    receivers: &[Arc<Threads>],
) {
    let mut left = engine.max_batches;
    let FirstBatch {
        time: mut next,
        mut number,
    } = first;
    let stopped = || engine.outcome.stop().is_some();
    while engine.clock.wait_until(next, &stopped) {
        tick(engine, next, number, &queue);
        next = next + engine.interval;
        number += 1;
        left = left.map(|left| left - 1);
        if left == Some(0) {
            engine.outcome.ask(StopMode::Enough, None);
            break;
        }
        if stopped() {
            break;
        }
    }
    stop_receivers(engine, receivers);
    if let Some(log) = &engine.log {
        log.flush();
    }
    match engine.outcome.stop() {
        Some(StopMode::Graceful) if engine.tracker.unallocated_bytes() > 0 => {
            tick(engine, next, number, &queue);
        }
        Some(StopMode::Graceful) | None => {}
        Some(StopMode::Enough | StopMode::Now) => {
            engine.outcome.leave(engine.tracker.unallocated_bytes());
        }
    }
}

fn tick(engine: &Engine, time: BatchTime, number: u64, queue: &Sender<Batch>) {
    for receiver in &engine.receivers {
        (receiver.seal)();
    }
    if let Some(batch) = cut(engine, time, number) {
        submit(engine, batch, number, queue);
    }
}

/// Ends the open batch; `None` if the receivers' log has failed, and the run with it.
fn cut(engine: &Engine, time: BatchTime, number: u64) -> Option<Batch> {
    let Some(log) = &engine.log else {
        let epoch = engine.executor.epochs().cut();
        let mut batch = engine.tracker.cut(time, &engine.stages, engine.clock.now());
        (batch.number, batch.epoch) = (number, epoch);
        return Some(batch);
    };
    let (tracker, stages) = (Arc::clone(&engine.tracker), engine.stages.clone());
    let now = engine.clock.now();
    let epochs = Arc::clone(engine.executor.epochs());
    let (mut batch, position) = log.cut(number, time, move || {
        let epoch = epochs.cut();
        let mut batch = tracker.cut(time, &stages, now);
        batch.epoch = epoch;
        batch
    })?;
    batch.number = number;
    batch.log = Some(position);
    Some(batch)
}

/// Hands a batch over to be run.
pub(crate) fn submit(engine: &Engine, batch: Batch, number: u64, queue: &Sender<Batch>) {
    let time = batch.time;
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
    if batch.has_input {
        engine.budget.batch_ended();
    }
    // The jobs thread reads the queue until it is closed, which is done here.
    drop(queue.send(batch));
}

/// Waits until what is queued has been run or dropped, however long the program's functions take:
/// a batch is run to its end or was never begun. Says what is waited for.
pub(crate) fn wait_for_jobs(engine: &Engine, jobs: &Threads) {
    let mut said = false;
    while jobs.wait(BATCH_PATIENCE) > 0 {
        if !said && engine.outcome.drops_batches() {
            notice("stopping: waits for the batch that runs, whose functions have not returned");
            said = true;
        }
    }
}

fn stop_receivers(engine: &Engine, threads: &[Arc<Threads>]) {
    for receiver in &engine.receivers {
        (receiver.stop)();
    }
    // A receiver that waits for memory would wait for batches that wait for this stop.
    engine.budget.close();
    let until = Instant::now() + engine.patience;
    for (number, (receiver, thread)) in engine.receivers.iter().zip(threads).enumerate() {
        if thread.wait(until.saturating_duration_since(Instant::now())) > 0 {
            (receiver.leave)();
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
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Condvar, Mutex};
    use std::thread;

    use crossbeam::channel::{Receiver, unbounded};
    use millrace_types::{Duration, StreamId};

    use super::super::{Clock, ManualClock, Outcome, Receiving};
    use super::*;
    use crate::exec::Executor;
    use crate::graph::Graph;
    use crate::listener::ListenerBus;
    use crate::pipeline::NodeId;
    use crate::receiver::{BlockGenerator, Budget, InputSpec, InputTracker};

    const NODE: NodeId = NodeId(0);

    /// An engine without a program whose one receiver is fed by hand; `stop` is called when the
    /// receiver is asked to stop, and may still feed it.
    fn engine(
        clock: &ManualClock,
        max_batches: Option<u64>,
        stop: impl Fn(&BlockGenerator) + Send + Sync + 'static,
    ) -> Arc<Engine> {
        let tracker = Arc::new(InputTracker::new(vec![InputSpec {
            node: NODE,
            stream: StreamId(0),
            name: String::new(),
            stages: Vec::new(),
            held: true,
        }]));
        let budget = Arc::new(Budget::new(1 << 30));
        let generator = BlockGenerator::new(Arc::clone(&budget), Arc::clone(&tracker), 0, 1 << 30);
        let blocks = Arc::new(generator);
        let (own, sealed) = (Arc::clone(&blocks), Arc::clone(&blocks));
        Arc::new(Engine {
            graph: Graph::new(Vec::new(), Vec::new()),
            stages: Vec::new(),
            executor: Executor::new(1).unwrap(),
            clock: Arc::new(clock.clone()),
            interval: Duration::seconds(1),
            tracker,
            budget,
            receivers: vec![Receiving {
                seal: Arc::new(move || sealed.seal()),
                restore: Arc::new(|_| Ok(())),
                fed: Some(blocks),
                run: Arc::new(|| false),
                stop: Arc::new(move || stop(&own)),
                leave: Arc::new(|| {}),
            }],
            listeners: ListenerBus::start(Vec::new()).unwrap(),
            checkpoint: None,
            log: None,
            outcome: Arc::new(Outcome::default()),
            max_batches,
            grace: std::time::Duration::ZERO,
            patience: std::time::Duration::from_secs(60),
        })
    }

    fn fed(engine: &Engine) -> &BlockGenerator {
        engine.receivers[0].fed.as_ref().unwrap()
    }

    fn feed(blocks: &BlockGenerator, bytes: &[u8]) {
        let read = blocks.fill(|spare| {
            spare[..bytes.len()].copy_from_slice(bytes);
            Ok(bytes.len())
        });
        read.unwrap();
    }

    /// Times of the batches with the bytes that each has.
    fn batches(queue: &Receiver<Batch>) -> Vec<(i64, u64)> {
        let batch = |batch: Batch| {
            let inputs = batch.input_info();
            let bytes = inputs.values().map(|input| input.num_bytes).sum();
            (batch.time.as_millis(), bytes)
        };
        queue.iter().map(batch).collect()
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
        let (send, queue) = unbounded();
        generate(&engine, first, send, &[]);
        let expected = [
            (11_000, 19),
            (12_000, 0),
            (13_000, 0),
            (14_000, 0),
            (15_000, 0),
        ];
        assert_eq!(batches(&queue), expected);
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
        let (send, queue) = unbounded();
        let (ticked, has_ticked) = channel();
        let own = Arc::clone(&engine);
        let (relay, relayed) = unbounded();
        let forward = thread::spawn(move || {
            for batch in queue {
                relay.send(batch).unwrap();
                // Nobody waits for the later ones.
                let _ = ticked.send(());
            }
        });
        let generator = thread::spawn(move || generate(&own, first, send, &[]));
        clock.advance(Duration::milliseconds(1_300));
        has_ticked.recv().unwrap();
        feed(blocks, b"o\nunfin");
        engine.stop(mode, None);
        generator.join().unwrap();
        forward.join().unwrap();
        (batches(&relayed), engine)
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
        let (send, queue) = unbounded();
        generate(&engine, first(&clock), send, &[]);
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
        let threads = Arc::new(Threads::default());
        let running = threads.one_more();
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
        let (send, queue) = unbounded();
        generate(&engine, first(&clock), send, &[threads]);
        assert!(ended.load(Ordering::SeqCst));
        assert_eq!(batches(&queue), [(1000, 14)]);
    }

    #[test]
    fn a_receiver_that_does_not_end_is_left_behind_and_the_batch_is_cut() {
        let clock = ManualClock::new();
        let mut engine = engine(&clock, None, |_| {});
        let left = Arc::new(AtomicBool::new(false));
        let (own, threads) = (Arc::clone(&left), Arc::new(Threads::default()));
        let parts = Arc::get_mut(&mut engine).unwrap();
        parts.patience = std::time::Duration::ZERO;
        parts.receivers[0].leave = Arc::new(move || own.store(true, Ordering::SeqCst));
        feed(fed(&engine), b"stored\n");
        fed(&engine).seal_all();
        engine.stop(StopMode::Graceful, None);
        let (send, queue) = unbounded();
        let _for_ever = threads.one_more();
        generate(&engine, first(&clock), send, &[threads]);
        assert!(left.load(Ordering::SeqCst));
        assert_eq!(batches(&queue), [(1000, 7)]);
    }
}
