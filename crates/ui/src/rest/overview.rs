//! `streaming/overview`: all that the page shows at once, and sends of every change.
//!
//! It has a bounded size whatever the length of the run: the newest batches, the newest
//! checkpoints, one entry per output, receiver and stream.

use millrace_types::LastRecords;
use serde_json::{Value, json};

use super::batches::batch_of;
use super::{receivers, state, statistics};
use crate::run::{Model, Run, Status};

/// Completed batches in an overview. A page that has missed more asks for `batches`.
const NEWEST: usize = 60;

pub(crate) fn of(run: &Run) -> Value {
    // Not under the lock of the model: outputs keep these under locks of their own.
    let last = run.probe().map(|probe| probe.last_records());
    let model = &*run.model();
    let info = &model.info;
    let verdict = model.verdict();
    let totals = model.totals;
    let duration = info.batch_duration;
    let of = |status, most| -> Value {
        let batches = model.batches.of(status).rev().take(most);
        batches
            .map(|batch| batch_of(status, batch, duration))
            .collect()
    };
    json!({
        "run": {
            "id": info.id,
            "name": info.name,
            "master": info.master,
            "version": info.version,
            "batchDuration": duration,
            "startTimeEpoch": info.start_time,
            "streamingSinceEpoch": model.streaming_since,
            "endTimeEpoch": model.ended,
            "lastUpdatedEpoch": model.updated,
        },
        "verdict": { "state": verdict.state, "text": verdict.text },
        "statistics": statistics::of(model),
        "totals": {
            "processedBytes": totals.processed_bytes,
            "droppedEvents": totals.dropped_events,
            "checkpointedBytes": model.checkpointed_bytes,
        },
        "streams": streams(model),
        "outputs": outputs(model, &last.unwrap_or_default()),
        "waiting": of(Status::Queued, NEWEST),
        "running": of(Status::Processing, NEWEST),
        "completed": of(Status::Completed, NEWEST),
        "checkpoints": checkpoints(model),
        "state": state::stores(model),
        "answersAboutState": run.probe().is_some(),
        "memory": memory(model),
    })
}

/// Memory by budget, in bytes; absent before the first batch has completed.
fn memory(model: &Model) -> Value {
    let Some(kept) = model.kept.newest() else {
        return Value::Null;
    };
    let stores = kept.stores.iter().map(|store| store.bytes);
    json!({
        "receivedBytes": kept.in_flight,
        "receivedBytesLimit": kept.in_flight_limit,
        "stateBytes": stores.sum::<u64>(),
        "residentBytes": kept.resident,
        "waitedMillis": kept.waited_ms,
        "slowedPercent": model.kept.slowed_percent(),
        "samples": model.kept.all().map(|kept| json!([kept.time, kept.in_flight, kept.resident])).collect::<Vec<_>>(),
    })
}

/// The newest checkpoints, oldest first; times in milliseconds.
pub(crate) fn checkpoints(model: &Model) -> Value {
    let millis = |micros: u64| micros as f64 / 1000.0;
    let checkpoint = |checkpoint: &crate::event::Checkpoint| {
        json!({
            "batchId": checkpoint.batch,
            "bytes": checkpoint.bytes,
            "writeMillis": millis(checkpoint.write_us),
            "syncMillis": millis(checkpoint.sync_us),
        })
    };
    model.checkpoints.iter().map(checkpoint).collect()
}

fn outputs(model: &Model, last: &[LastRecords]) -> Value {
    let output = |(id, totals): (&u32, &crate::run::OutputTotals)| {
        let runs = totals.succeeded + totals.failed;
        json!({
            "outputOpId": id,
            "name": totals.name,
            "description": totals.description,
            "succeeded": totals.succeeded,
            "failed": totals.failed,
            "avgDuration": totals.millis as f64 / runs.max(1) as f64,
            "lastFailure": totals.last_failure,
            "lastRecords": last.iter().find(|last| last.output == *id).map(|last| json!({
                "batchId": last.batch_time.as_millis(),
                "lines": last.lines,
            })),
        })
    };
    model.outputs.iter().map(output).collect()
}

/// The streams without the rates of each batch, which `batches` has.
fn streams(model: &Model) -> Value {
    let mut streams = receivers::all(model);
    for stream in streams.as_array_mut().into_iter().flatten() {
        let Some(object) = stream.as_object_mut() else {
            continue;
        };
        object.remove("eventRates");
        let number = object.get("streamId").and_then(Value::as_u64).unwrap_or(0);
        let receiver = u32::try_from(number)
            .ok()
            .and_then(|stream| model.receivers.get(stream));
        if let Some(receiver) = receiver {
            object.insert("restarts".to_owned(), json!(receiver.restarts));
            object.insert("errors".to_owned(), json!(receiver.errors));
        }
    }
    streams
}
