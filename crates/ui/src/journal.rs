//! The log of a run: its events, told through `tracing`.
//!
//! At INFO there is a line for every batch, receiver and change of the run, at DEBUG one for every
//! step of a batch. They come from the listeners' thread: no batch waits for whoever reads them.

use tracing::{debug, info};

use crate::event::{Batch, Event, Output, Receiver};
use crate::time_text::local;

/// The targets of the events, which tell what they are about.
const RUN: &str = "millrace::run";
const BATCH: &str = "millrace::batch";
const RECEIVER: &str = "millrace::receiver";
const CHECKPOINT: &str = "millrace::checkpoint";

/// Tells `event`, if anybody listens.
pub(crate) fn tell(event: &Event) {
    match event {
        Event::StreamingStarted { .. } => info!(target: RUN, "started"),
        Event::ReceiverStarted(receiver) => info!(
            target: RECEIVER,
            receiver = receiver.stream,
            name = receiver.name,
            "started"
        ),
        Event::ReceiverError(receiver) => failed(receiver),
        Event::ReceiverStopped(receiver) => info!(
            target: RECEIVER,
            receiver = receiver.stream,
            name = receiver.name,
            "stopped"
        ),
        Event::BatchSubmitted(batch) => debug!(
            target: BATCH,
            batch_ms = batch.time,
            records = batch.records(),
            bytes = batch.bytes(),
            "batch {} waits for its turn",
            local(batch.time)
        ),
        Event::BatchStarted(batch) => debug!(
            target: BATCH,
            batch_ms = batch.time,
            scheduling_delay_ms = batch.scheduling_delay(),
            "batch {} started",
            local(batch.time)
        ),
        Event::BatchCompleted(batch) => completed(batch),
        Event::BatchCheckpointed(checkpoint) => debug!(
            target: CHECKPOINT,
            batch_ms = checkpoint.batch,
            bytes = checkpoint.bytes,
            write_us = checkpoint.write_us,
            sync_us = checkpoint.sync_us,
            "checkpoint of batch {} written",
            local(checkpoint.batch)
        ),
        Event::OutputStarted(output) => debug!(
            target: BATCH,
            batch_ms = output.batch,
            output = output.id,
            name = output.name,
            "output {} of batch {} started",
            output.id,
            local(output.batch)
        ),
        Event::OutputCompleted(output) => output_completed(output),
        Event::EventsDropped { count } => {
            info!(target: RUN, events = count, "events were dropped: listeners are too slow");
        }
        Event::RunEnded { .. } => info!(target: RUN, "ended"),
        _ => {}
    }
}

fn failed(receiver: &Receiver) {
    info!(
        target: RECEIVER,
        receiver = receiver.stream,
        name = receiver.name,
        error = receiver.error_message,
        "failed"
    );
}

fn completed(batch: &Batch) {
    info!(
        target: BATCH,
        batch_ms = batch.time,
        records = batch.records(),
        bytes = batch.bytes(),
        scheduling_delay_ms = batch.scheduling_delay(),
        processing_ms = batch.processing_time(),
        total_delay_ms = batch.total_delay(),
        "batch {} {}",
        local(batch.time),
        outcome(batch.first_failure())
    );
}

fn output_completed(output: &Output) {
    debug!(
        target: BATCH,
        batch_ms = output.batch,
        output = output.id,
        name = output.name,
        processing_ms = output.duration(),
        "output {} of batch {} {}",
        output.id,
        local(output.batch),
        outcome(output.failure.as_deref())
    );
}

fn outcome(failure: Option<&str>) -> &'static str {
    match failure {
        None => "completed",
        Some(_) => "failed",
    }
}

/// Tells of a request that was answered.
pub(crate) fn request(method: &str, path: &str, status: u16) {
    debug!(target: "millrace::http", method, path, status, "answered");
}
