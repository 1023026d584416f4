//! `streaming/receivers`: every input stream, with its receiver if it has one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::run::{Model, ReceiverState, mean_of_rates};
use crate::time_text::gmt;

pub(super) fn all(model: &Model) -> Value {
    streams(model)
        .into_iter()
        .map(|stream| of(model, stream))
        .collect()
}

pub(super) fn one(model: &Model, stream: &str) -> Result<Value, String> {
    let number = stream.parse().ok();
    let known = number.filter(|number| streams(model).contains(number));
    known
        .map(|stream| of(model, stream))
        .ok_or_else(|| format!("unknown receiver: {stream}"))
}

/// Spark 3.5: streams without a receiver are listed too.
fn streams(model: &Model) -> BTreeSet<u32> {
    let receivers = model.receivers.all().map(|receiver| receiver.now.stream);
    receivers.chain(model.streams.iter().copied()).collect()
}

/// Spark 3.5: a stream without a receiver has no `isActive` and no executor.
fn of(model: &Model, stream: u32) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("streamId", json!(stream));
    match model.receivers.get(stream) {
        Some(receiver) => receiver_fields(receiver, &mut put),
        None => {
            put("streamName", json!(name_of(model, stream)));
        }
    }
    if let Some(source) = model.sources.get(&stream) {
        put("streamSource", json!(source));
    }
    let rates = model.rates(stream);
    if let Some(mean) = mean_of_rates(rates.iter().map(|(_, rate)| *rate)) {
        put("avgEventRate", json!(mean));
    }
    put("eventRates", json!(rates));
    Value::Object(object)
}

/// Spark 3.5: `Queue stream [0]`, `File stream [1]`; here a source of another kind is called what it
/// reads from.
fn name_of(model: &Model, stream: u32) -> String {
    match model.sources.get(&stream) {
        Some(source) if source.starts_with("queue stream") => format!("Queue stream [{stream}]"),
        Some(source) if source.contains("file stream") => format!("File stream [{stream}]"),
        Some(source) => source.clone(),
        None => format!("Stream-{stream}"),
    }
}

fn receiver_fields(receiver: &ReceiverState, put: &mut impl FnMut(&str, Value) -> Option<Value>) {
    let now = &receiver.now;
    put("streamName", json!(now.name));
    put("isActive", json!(now.active));
    put("executorId", json!(now.executor));
    put("executorHost", json!(now.location));
    if let Some(time) = now.error_time {
        put("lastErrorTime", json!(gmt(time)));
        put("lastErrorMessage", json!(now.error_message));
        put("lastError", json!(now.error));
    }
}
