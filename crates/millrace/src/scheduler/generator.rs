//! The thread that makes batches, and that ends the run; the module head of
//! [`scheduler`](super) has the steps.

use std::thread::JoinHandle;

use crossbeam::channel::Sender;
use millrace_types::{BatchInfo, BatchTime, StreamingEvent};

use crate::graph::Batch;

use super::{Engine, StopMode};

/// Makes batches, the first one at `first`, until a stop is asked for; then stops the receivers
/// (their threads are `receivers`) and closes the queue.
pub(crate) fn generate(
    engine: &Engine,
    first: BatchTime,
    queue: Sender<Batch>,
    receivers: Vec<JoinHandle<()>>,
) {
    let mut next = first;
    let mut left = engine.max_batches;
    let stopped = || engine.outcome.stop().is_some();
    while engine.clock.wait_until(next, &stopped) {
        tick(engine, next, &queue);
        next = next + engine.interval;
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
    match engine.outcome.stop() {
        Some(StopMode::Graceful) if engine.tracker.unallocated_bytes() > 0 => {
            tick(engine, next, &queue);
        }
        Some(StopMode::Graceful) | None => {}
        Some(StopMode::Enough | StopMode::Now) => {
            engine.outcome.leave(engine.tracker.unallocated_bytes());
        }
    }
}

fn tick(engine: &Engine, time: BatchTime, queue: &Sender<Batch>) {
    for receiver in &engine.receivers {
        receiver.blocks.seal();
    }
    let batch = engine.tracker.cut(time, &engine.stages, engine.clock.now());
    engine.listeners.post(|| {
        StreamingEvent::BatchSubmitted(BatchInfo {
            batch_time: time,
            stream_id_to_input_info: batch.input_info(),
            submission_time: batch.submitted,
            processing_start_time: None,
            processing_end_time: None,
            output_operation_infos: Default::default(),
        })
    });
    // The jobs thread reads the queue until it is closed, which is done here.
    drop(queue.send(batch));
}

fn stop_receivers(engine: &Engine, threads: Vec<JoinHandle<()>>) {
    for receiver in &engine.receivers {
        (receiver.stop)();
    }
    // A receiver that waits for memory would wait for batches that wait for this stop.
    engine.budget.close();
    for thread in threads {
        drop(thread.join());
    }
}
