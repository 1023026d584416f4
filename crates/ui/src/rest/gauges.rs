//! `/metrics/json`: Spark's gauges of a streaming program, by Spark's names.
//!
//! Spark 3.5: a time that is not known is -1; the key of a gauge is
//! `<id>.driver.<name>.StreamingMetrics.streaming.<gauge>`.

use serde_json::{Map, Value, json};

use crate::run::{Model, Status};

pub(crate) fn of(model: &Model) -> Value {
    let info = &model.info;
    let totals = model.totals;
    let waiting = model.batches.count(Status::Queued);
    let running = model.batches.count(Status::Processing);
    let retained = model.batches.retained();
    let completed = model.batches.of(Status::Completed).next_back();
    let received = retained.last().map(|(_, batch)| *batch);
    let time = |time: Option<i64>| time.unwrap_or(-1);
    let gauges = [
        ("receivers", json!(model.receivers.len())),
        ("totalCompletedBatches", json!(totals.completed_batches)),
        ("totalReceivedRecords", json!(model.received_records())),
        ("totalProcessedRecords", json!(totals.processed_records)),
        ("unprocessedBatches", json!(waiting + running)),
        ("waitingBatches", json!(waiting)),
        ("runningBatches", json!(running)),
        (
            "retainedCompletedBatches",
            json!(model.batches.count(Status::Completed)),
        ),
        (
            "lastCompletedBatch_submissionTime",
            json!(time(completed.map(|batch| batch.submitted))),
        ),
        (
            "lastCompletedBatch_processingStartTime",
            json!(time(completed.and_then(|batch| batch.started))),
        ),
        (
            "lastCompletedBatch_processingEndTime",
            json!(time(completed.and_then(|batch| batch.ended))),
        ),
        (
            "lastCompletedBatch_processingDelay",
            json!(time(completed.and_then(|batch| batch.processing_time()))),
        ),
        (
            "lastCompletedBatch_schedulingDelay",
            json!(time(completed.and_then(|batch| batch.scheduling_delay()))),
        ),
        (
            "lastCompletedBatch_totalDelay",
            json!(time(completed.and_then(|batch| batch.total_delay()))),
        ),
        (
            "lastReceivedBatch_submissionTime",
            json!(time(received.map(|batch| batch.submitted))),
        ),
        (
            "lastReceivedBatch_processingStartTime",
            json!(time(received.and_then(|batch| batch.started))),
        ),
        (
            "lastReceivedBatch_processingEndTime",
            json!(time(received.and_then(|batch| batch.ended))),
        ),
        (
            "lastReceivedBatch_records",
            json!(received.map_or(0, |batch| batch.records())),
        ),
    ];
    let prefix = format!(
        "{}.driver.{}.StreamingMetrics.streaming.",
        info.id, info.name
    );
    let named = gauges.map(|(name, value)| (format!("{prefix}{name}"), json!({ "value": value })));
    json!({
        "version": "4.0.0",
        "gauges": Map::from_iter(named),
        "counters": {},
        "histograms": {},
        "meters": {},
        "timers": {},
    })
}
