//! `/applications`: the runs, each with its one attempt.

use serde_json::{Value, json};

use super::{SPARK, parameters};
use crate::run::Model;
use crate::runs::Runs;
use crate::time_text::{gmt, now};

/// Spark 3.5: `status` (`completed` or `running`) and `limit` choose among them.
pub(super) fn all(runs: &dyn Runs, query: &str) -> Value {
    let wanted: Vec<&str> = parameters(query, "status").collect();
    let limit = parameters(query, "limit").find_map(|limit| limit.parse().ok());
    let runs = runs.all();
    let models = runs.iter().map(|run| run.model());
    let chosen = models.filter(|model| {
        let status = if model.ended.is_some() {
            "completed"
        } else {
            "running"
        };
        wanted.is_empty()
            || wanted
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(status))
    });
    chosen
        .map(|model| one(&model))
        .take(limit.unwrap_or(usize::MAX))
        .collect()
}

pub(super) fn one(model: &Model) -> Value {
    let info = &model.info;
    let end = model.ended.unwrap_or(-1);
    let updated = if model.ended.is_some() {
        model.updated
    } else {
        info.start_time
    };
    let duration = model.ended.unwrap_or_else(now) - info.start_time;
    json!({
        "id": info.id,
        "name": info.name,
        "attempts": [{
            "startTime": gmt(info.start_time),
            "endTime": gmt(end),
            "lastUpdated": gmt(updated),
            "duration": duration,
            "sparkUser": info.user,
            "completed": model.ended.is_some(),
            "appSparkVersion": SPARK,
            "startTimeEpoch": info.start_time,
            "endTimeEpoch": end,
            "lastUpdatedEpoch": updated,
        }],
    })
}
