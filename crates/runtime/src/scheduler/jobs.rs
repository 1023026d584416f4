//! The thread that runs batches.

use std::collections::BTreeMap;

use millrace_engine::error::{Error, ErrorKind, Result};
use millrace_types::{BatchInfo, BatchTime, OutputOperationInfo, StreamingEvent, counted};

use crate::graph::{Batch, BatchRun};
use crate::notice::notice;

use super::generator::announce;
use super::queue::{Ticks, Work};
use super::{BatchQueue, Engine, Span, StopMode};

/// Runs every batch of the queue until it is closed.
pub(super) fn run_jobs(engine: &Engine, queue: &BatchQueue) {
    engine.reader.mind();
    let mut jobs = Jobs {
        engine,
        last: 0,
        received: 0,
    };
    while let Some(work) = queue.pop() {
        match work {
            Work::Batch(batch) => jobs.take(&batch),
            Work::Empty(ticks) => jobs.take_empty(ticks),
        }
    }
    jobs.ended();
}

struct Jobs<'a> {
    engine: &'a Engine,
    /// The last batch.
    last: u64,
    /// The last one with input.
    received: u64,
}

impl Jobs<'_> {
    fn take(&mut self, batch: &Batch) {
        let engine = self.engine;
        if engine.outcome.drops_batches() {
            leave(engine, batch);
        } else {
            running(engine, Some(batch.time));
            let run = run_and_commit(engine, batch);
            running(engine, None);
            match run {
                Ok(()) => {}
                // Whoever stops without grace does not ask for it either.
                Err(error)
                    if error.kind() == ErrorKind::Unfinished && engine.outcome.stops_now() =>
                {
                    leave(engine, batch);
                }
                Err(error) => engine.fail(error),
            }
        }
        self.last = batch.number;
        let inputs = batch.input_info();
        if inputs.values().any(|input| input.num_records > 0) {
            self.received = batch.number;
        }
        if batch.has_input {
            engine.budget.batch_done();
        }
    }

    fn take_empty(&mut self, mut ticks: Ticks) {
        let engine = self.engine;
        while let Some((tick, others)) = ticks.split_first() {
            if engine.outcome.drops_batches() {
                return;
            }
            if engine.outcome.stop() == Some(StopMode::Graceful) && engine.skips_empty {
                if !engine.reads {
                    return;
                }
                // What has been waiting to be read is read once more.
                let last = ticks.only_last();
                if last != ticks {
                    ticks = last;
                    continue;
                }
            }
            let batch = engine.tracker.nothing(tick.time, tick.queued);
            let batch = Batch {
                number: tick.number,
                ..batch
            };
            announce(engine, &batch);
            self.take(&batch);
            ticks = others;
        }
    }

    fn ended(&self) {
        let engine = self.engine;
        engine.graph.end();
        crate::panics::say_left_out();
        let graceful = engine.outcome.stop() == Some(StopMode::Graceful);
        if graceful && let Some((output, slide)) = engine.graph.not_shown(self.last, self.received)
        {
            notice(format_args!(
                "stopped: records were received since the last batch in which {output} was due, \
                 which is every {slide}; it has not shown them"
            ));
        }
        let bytes = engine.outcome.not_run();
        if bytes == 0 {
            return;
        }
        let bytes = counted(bytes, "byte");
        if !graceful || engine.outcome.has_failed() {
            notice(format_args!("stopped with {bytes} received and not run"));
            return;
        }
        let grace = Span(i64::try_from(engine.grace.as_millis()).unwrap_or(i64::MAX));
        let log = match &engine.log {
            Some(_) => "; the write-ahead log has them, and a run with --recover runs them",
            None => "",
        };
        engine.fail(Error::new(
            ErrorKind::Unfinished,
            format!(
                "the graceful stop was out of time after {grace} \
                 (spark.streaming.gracefulStopTimeout), with {bytes} received and \
                 not run{log}"
            ),
        ));
    }
}

/// Runs a batch, after the plans of its sources are durable.
fn run_and_commit(engine: &Engine, batch: &Batch) -> Result<()> {
    // A batch that was missed has no epoch: it was due together with the batch before it.
    if batch.epoch > 0 {
        engine.executor.epochs().run(batch.epoch);
    }
    let run = BatchRun::new(batch, &engine.graph, &engine.executor);
    run.plan()?;
    if let Some(checkpoint) = &engine.checkpoint
        && engine.graph.is_whole()
    {
        checkpoint.plan(batch.number)?;
    }
    run_batch(engine, &run, batch)?;
    if let Some(dead_letters) = &engine.dead_letters {
        dead_letters.write(batch, &engine.executor.take_letters())?;
    }
    if !engine.graph.is_whole() {
        // What is durable stays as it was before the batch that is lacking.
        if let Some(checkpoint) = &engine.checkpoint {
            checkpoint.leave_out();
        }
        return Ok(());
    }
    commit(engine, batch)?;
    run.committed()
}

/// Notes what a batch that is not run has received.
fn leave(engine: &Engine, batch: &Batch) {
    let inputs = batch.input_info();
    let bytes = inputs.values().map(|input| input.num_bytes).sum();
    engine.outcome.add_unprocessed(bytes);
}

fn running(engine: &Engine, batch: Option<BatchTime>) {
    *engine.running.lock() = batch;
}

/// Makes durable what a batch has changed, before the next one changes it again.
fn commit(engine: &Engine, batch: &Batch) -> Result<()> {
    let Some(checkpoint) = &engine.checkpoint else {
        return Ok(());
    };
    let info = checkpoint.commit(batch.number, batch.time.as_millis(), batch.log)?;
    let event = StreamingEvent::BatchCheckpointed(info);
    engine.listeners.post(|| event);
    if let (Some(log), Some(position)) = (&engine.log, batch.log) {
        log.release(position);
    }
    Ok(())
}

fn run_batch(engine: &Engine, run: &BatchRun<'_>, batch: &Batch) -> Result<()> {
    if !engine.graph.has_jobs(batch.number) {
        let observed = run.observe_batch();
        return observed.and_then(|()| run.remember());
    }
    let started = engine.clock.now();
    let mut operations = engine.graph.operations(batch.number, batch.time);
    let info = |operations: &BTreeMap<u32, OutputOperationInfo>, ended| BatchInfo {
        batch_time: batch.time,
        stream_id_to_input_info: batch.input_info(),
        submission_time: batch.submitted,
        processing_start_time: Some(started),
        processing_end_time: ended,
        output_operation_infos: operations.clone(),
    };
    engine
        .listeners
        .post(|| StreamingEvent::BatchStarted(info(&operations, None)));
    let mut outcome = run.observe_batch().and_then(|()| run.publish());
    for (id, output) in (0..).zip(&engine.graph.outputs) {
        let Some(mut operation) = operations.get(&id).cloned() else {
            // It is not due.
            continue;
        };
        operation.start_time = Some(engine.clock.now());
        engine
            .listeners
            .post(|| StreamingEvent::OutputOperationStarted(operation.clone()));
        let ended = run.blame(&output.name, || (output.run)(run));
        operation.end_time = Some(engine.clock.now());
        let reported = run.take_reported();
        operation.failure_reason = match &ended {
            Ok(()) => reported,
            Err(error) => Some(error.to_string()),
        };
        engine
            .listeners
            .post(|| StreamingEvent::OutputOperationCompleted(operation.clone()));
        operations.insert(id, operation);
        // The other outputs of the batch run all the same (Spark 3.5); the first error counts.
        outcome = outcome.and(ended);
    }
    let ended = Some(engine.clock.now());
    engine
        .listeners
        .post(|| StreamingEvent::BatchCompleted(info(&operations, ended)));
    outcome.and_then(|()| run.remember())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration as StdDuration;

    use millrace_types::{Duration, Lock};

    use crate::graph::{Graph, OutputOp};

    use super::super::trial::{engine, fed, feed};
    use super::super::{ManualClock, submit};
    use super::*;

    /// Runs a thousand missed batches without input and one with a line. In the tenth a graceful
    /// stop is asked for that may take as long as `within` says. Gives the numbers of the batches
    /// that were run, and the engine.
    fn stopped_while_it_catches_up(
        within: Option<StdDuration>,
        change: impl FnOnce(&mut Engine),
    ) -> (Vec<u64>, Arc<Engine>) {
        let mut made = engine(&ManualClock::new(), None, |_| {});
        let numbers: Arc<Lock<Vec<u64>>> = Arc::default();
        let (noted, outcome) = (Arc::clone(&numbers), Arc::clone(&made.outcome));
        let run = move |batch: &BatchRun<'_>| {
            noted.lock().push(batch.number());
            if batch.number() == 10 {
                outcome.request_stop(StopMode::Graceful, within);
                while within.is_some() && !outcome.drops_batches() {
                    std::thread::yield_now();
                }
            }
            Ok(())
        };
        let output = OutputOp {
            name: "noted".to_owned(),
            inputs: Vec::new(),
            run: Box::new(run),
            slide: 1,
            shown: None,
        };
        let parts = Arc::get_mut(&mut made).unwrap();
        parts.graph = Graph::new(Vec::new(), vec![output]);
        change(parts);
        let queue = BatchQueue::default();
        queue.push_empty(Ticks {
            time: BatchTime::from_millis(1000),
            number: 1,
            count: 1000,
            interval: Duration::seconds(1),
            queued: 0,
        });
        feed(fed(&made), b"a line\n");
        fed(&made).seal_all();
        let time = BatchTime::from_millis(1_001_000);
        let batch = made.tracker.close_batch(time, &[], 0);
        let batch = Batch {
            number: 1001,
            ..batch
        };
        submit(&made, batch, &queue);
        queue.close();
        run_jobs(&made, &queue);
        let numbers = numbers.lock().clone();
        (numbers, made)
    }

    #[test]
    fn a_stop_passes_over_missed_batches_and_runs_what_was_received() {
        let (numbers, engine) = stopped_while_it_catches_up(None, |_| {});
        assert!(numbers.iter().copied().eq((1..=10).chain([1001])));
        assert_eq!(engine.outcome.not_run(), 0);
        assert!(!engine.outcome.has_failed());
    }

    #[test]
    fn what_has_been_waiting_to_be_read_is_read_once_more() {
        let (numbers, _) = stopped_while_it_catches_up(None, |engine| engine.reads = true);
        assert!(numbers.iter().copied().eq((1..=10).chain([1000, 1001])));
    }

    #[test]
    fn a_program_that_counts_batches_runs_them_all() {
        let (numbers, _) = stopped_while_it_catches_up(None, |engine| engine.skips_empty = false);
        assert!(numbers.iter().copied().eq(1..=1001));
    }

    #[test]
    fn a_graceful_stop_that_leaves_input_is_an_error() {
        let (numbers, engine) = stopped_while_it_catches_up(Some(StdDuration::ZERO), |engine| {
            engine.skips_empty = false;
        });
        assert!(numbers.iter().copied().eq(1..=10));
        assert_eq!(engine.outcome.not_run(), 7);
        engine.outcome.finish();
        let error = engine.outcome.wait(None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unfinished);
        assert!(
            error.to_string().contains("7 bytes received and not run"),
            "{error}"
        );
    }
}
