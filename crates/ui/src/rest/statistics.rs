//! `streaming/statistics`: the figures of the whole run.

use serde_json::{Map, Value, json};

use crate::run::{Model, Status, mean, mean_of_rates};
use crate::time_text::gmt;

/// Averages are over the batches that are kept, and absent while there is none.
pub(super) fn of(model: &Model) -> Value {
    let totals = model.totals;
    let receivers = model.receivers.len();
    let active = model.receivers.active();
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    let since = model.streaming_since.unwrap_or(model.info.start_time);
    put("startTime", json!(gmt(since)));
    put("batchDuration", json!(model.info.batch_duration));
    put("numReceivers", json!(receivers));
    put("numActiveReceivers", json!(active));
    put("numInactiveReceivers", json!(receivers - active));
    put("numTotalCompletedBatches", json!(totals.completed_batches));
    put(
        "numRetainedCompletedBatches",
        json!(model.batches.count(Status::Completed)),
    );
    put("numActiveBatches", json!(model.active_batches()));
    put("numProcessedRecords", json!(totals.processed_records));
    put("numReceivedRecords", json!(model.received_records()));
    let retained = model.batches.retained();
    let batches = || retained.iter().map(|(_, batch)| *batch);
    let seconds = model.info.batch_duration as f64 / 1000.0;
    let rate = mean_of_rates(batches().map(|batch| batch.records() as f64 / seconds));
    let averages = [
        ("avgInputRate", rate.map(|rate| json!(rate))),
        (
            "avgSchedulingDelay",
            mean(batches().filter_map(|batch| batch.scheduling_delay())).map(|ms| json!(ms)),
        ),
        (
            "avgProcessingTime",
            mean(batches().filter_map(|batch| batch.processing_time())).map(|ms| json!(ms)),
        ),
        (
            "avgTotalDelay",
            mean(batches().filter_map(|batch| batch.total_delay())).map(|ms| json!(ms)),
        ),
    ];
    for (name, average) in averages {
        if let Some(average) = average {
            put(name, average);
        }
    }
    Value::Object(object)
}
