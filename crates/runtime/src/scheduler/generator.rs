//! The thread that makes batches, and that ends the run; the module head of
//! [`scheduler`](super) has the steps.

use std::fmt;
use std::sync::Arc;
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
pub(super) fn generate(
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
pub(super) fn wait_for_jobs(engine: &Engine, jobs: &ThreadGroup) {
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
        let running = *self.engine.running.lock();
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
mod tests;
