//! The thread that runs batches.

use std::collections::BTreeMap;

use crossbeam::channel::Receiver;
use millrace_types::{BatchInfo, OutputOperationInfo, StreamingEvent};

use crate::error::Result;
use crate::graph::{Batch, BatchRun};
use crate::notice::notice;

use super::{Engine, StopMode};

/// Runs every batch of the queue until it is closed.
pub(crate) fn run_jobs(engine: &Engine, queue: &Receiver<Batch>) {
    let (mut last, mut received) = (0, 0);
    for batch in queue {
        if engine.outcome.drops_batches() {
            let inputs = batch.input_info();
            engine
                .outcome
                .leave(inputs.values().map(|input| input.num_bytes).sum());
        } else if let Err(error) = run_and_commit(engine, &batch) {
            engine.fail(error);
        }
        last = batch.number;
        let inputs = batch.input_info();
        if inputs.values().any(|input| input.num_records > 0) {
            received = batch.number;
        }
        if batch.has_input {
            engine.budget.batch_done();
        }
    }
    if engine.outcome.stop() == Some(StopMode::Graceful)
        && let Some((output, slide)) = engine.graph.not_shown(last, received)
    {
        notice(format_args!(
            "stopped: records were received since the last batch in which {output} was due, which \
             is every {slide} batches; it has not shown them"
        ));
    }
    let bytes = engine.outcome.not_run();
    if bytes > 0 {
        notice(format_args!(
            "stopped: {bytes} bytes were received and not run"
        ));
    }
}

/// Runs a batch: what it has of sources that are asked is durable before it begins.
fn run_and_commit(engine: &Engine, batch: &Batch) -> Result<()> {
    engine.executor.epochs().run(batch.epoch);
    let run = BatchRun::new(batch, &engine.graph, &engine.executor);
    run.plan()?;
    if let Some(checkpoint) = &engine.checkpoint {
        checkpoint.plan(batch.number)?;
    }
    run_batch(engine, &run, batch)?;
    commit(engine, batch)?;
    run.committed()
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
        let collected = run.collect();
        return collected.and_then(|()| run.remember());
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
    let mut outcome = run.collect().and_then(|()| run.show());
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
        operation.failure_reason = ended.as_ref().err().map(ToString::to_string);
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
