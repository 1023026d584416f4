//! `streaming/batches`: the batches that are kept, and their output operations.

use serde_json::{Map, Value, json};

use super::parameters;
use crate::event::{Batch, Input, Output};
use crate::run::{Model, Status};
use crate::time_text::gmt;

/// Newest first; `status` may be given several times.
pub(super) fn all(model: &Model, query: &str) -> Result<Value, String> {
    let mut wanted = Vec::new();
    for name in parameters(query, "status") {
        let status = Status::ALL
            .into_iter()
            .find(|status| status.name().eq_ignore_ascii_case(name));
        wanted.push(status.ok_or_else(|| format!("unknown batch status: {name}"))?);
    }
    let retained = model.batches.retained();
    let chosen = retained.iter().rev();
    let chosen = chosen.filter(|(status, _)| wanted.is_empty() || wanted.contains(status));
    let duration = model.info.batch_duration;
    Ok(chosen
        .map(|(status, batch)| batch_of(*status, batch, duration))
        .collect())
}

pub(super) fn one(model: &Model, id: &str) -> Result<Value, String> {
    let (status, batch) = find(model, id)?;
    let mut one = batch_of(status, batch, model.info.batch_duration);
    one["inputs"] = batch.inputs.iter().map(input_of).collect();
    Ok(one)
}

pub(super) fn operations(model: &Model, id: &str) -> Result<Value, String> {
    let (_, batch) = find(model, id)?;
    Ok(batch.outputs.iter().map(operation_of).collect())
}

pub(super) fn operation(model: &Model, id: &str, output: &str) -> Result<Value, String> {
    let (_, batch) = find(model, id)?;
    let number = output.parse().ok();
    let found = batch
        .outputs
        .iter()
        .find(|output| Some(output.id) == number);
    found
        .map(operation_of)
        .ok_or_else(|| format!("unknown output operation: {output}"))
}

/// millrace's own: Spark has these on the page of a batch only.
fn input_of(input: &Input) -> Value {
    json!({
        "streamId": input.stream,
        "inputSize": input.records,
        "inputBytes": input.bytes,
        "metadataDescription": input.description,
    })
}

fn find<'m>(model: &'m Model, id: &str) -> Result<(Status, &'m Batch), String> {
    let found = id.parse().ok().and_then(|time| model.batches.find(time));
    found.ok_or_else(|| format!("unknown batch: {id}"))
}

/// Spark 3.5: a delay that is not known yet is absent; a failed output is not a completed one.
pub(super) fn batch_of(status: Status, batch: &Batch, duration: i64) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("batchId", json!(batch.time));
    put("batchTime", json!(gmt(batch.time)));
    put("status", json!(status.name()));
    put("batchDuration", json!(duration));
    put("inputSize", json!(batch.records()));
    let delays = [
        ("schedulingDelay", batch.scheduling_delay()),
        ("processingTime", batch.processing_time()),
        ("totalDelay", batch.total_delay()),
    ];
    for (name, delay) in delays {
        if let Some(delay) = delay {
            put(name, json!(delay));
        }
    }
    let outputs = &batch.outputs;
    let failed = outputs
        .iter()
        .filter(|output| output.failure.is_some())
        .count();
    let ended = outputs
        .iter()
        .filter(|output| output.ended.is_some())
        .count();
    put("numActiveOutputOps", json!(outputs.len() - ended));
    put("numCompletedOutputOps", json!(ended.saturating_sub(failed)));
    put("numFailedOutputOps", json!(failed));
    put("numTotalOutputOps", json!(outputs.len()));
    if let Some(failure) = batch.first_failure() {
        put("firstFailureReason", json!(failure));
    }
    put("inputBytes", json!(batch.bytes()));
    Value::Object(object)
}

/// Spark 3.5: `jobIds` are those of its scheduler. There is none here, so the list is empty.
fn operation_of(output: &Output) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("outputOpId", json!(output.id));
    put("name", json!(output.name));
    put("description", json!(output.description));
    if let Some(time) = output.started {
        put("startTime", json!(gmt(time)));
    }
    if let Some(time) = output.ended {
        put("endTime", json!(gmt(time)));
    }
    if let Some(duration) = output.duration() {
        put("duration", json!(duration));
    }
    if let Some(failure) = &output.failure {
        put("failureReason", json!(failure));
    }
    put("jobIds", json!([]));
    Value::Object(object)
}
