//! Spark's REST interface under `/api/v1/`: its paths, names, types and status codes, so that a
//! script written for Spark works.
//!
//! Source of the rules: answers of Spark 3.5.9. Additions of millrace stand under paths of their own
//! (`overview`, `checkpoints`, `state`, `events`).

mod applications;
mod batches;
mod gauges;
mod overview;
mod receivers;
mod state;
mod statistics;

use std::sync::Arc;

use millrace_types::RunProbe;
use serde_json::{Value, json};

use crate::run::Run;
use crate::runs::Runs;

/// The answer of a path of the interface.
pub(crate) enum Answer {
    Json(Value),
    /// The stream of changes of a run.
    Events(Arc<Run>),
    /// A question about the state, which only a running program answers.
    Ask(Arc<dyn RunProbe>, StateQuestion),
    /// 404 with a line of text, as Spark gives it.
    NotFound(String),
    /// 400 with a line of text.
    Wrong(String),
}

/// Answers `path`, which is behind `/api/v1/`.
pub(crate) fn answer(runs: &dyn Runs, path: &str, query: &str) -> Answer {
    let path = path.trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["version"] => Answer::Json(json!({ "spark": SPARK })),
        ["applications"] => Answer::Json(applications::all(runs, query)),
        ["applications", id, rest @ ..] => match runs.find(id) {
            None => Answer::NotFound(format!("no such app: {id}")),
            Some(run) => of_run(run, rest, query),
        },
        _ => Answer::NotFound(format!("no such path: /api/v1/{path}")),
    }
}

/// The version of Spark whose interface this is.
pub(crate) const SPARK: &str = "3.5.9";

fn of_run(run: Arc<Run>, rest: &[&str], query: &str) -> Answer {
    if let ["streaming", "state", store] = rest {
        return ask(&run, store, query);
    }
    let model = run.model();
    let found = match rest {
        [] => Ok(applications::one(&model)),
        ["streaming", "statistics"] => Ok(statistics::of(&model)),
        ["streaming", "receivers"] => Ok(receivers::all(&model)),
        ["streaming", "receivers", stream] => receivers::one(&model, stream),
        ["streaming", "batches"] => batches::all(&model, query),
        ["streaming", "batches", batch] => batches::one(&model, batch),
        ["streaming", "batches", batch, "operations"] => batches::operations(&model, batch),
        ["streaming", "batches", batch, "operations", id] => batches::operation(&model, batch, id),
        ["streaming", "overview"] => {
            drop(model);
            return Answer::Json(overview(&run));
        }
        ["streaming", "state"] => Ok(state::stores(&model)),
        ["streaming", "checkpoints"] => Ok(overview::checkpoints(&model)),
        ["streaming", "events"] => {
            drop(model);
            return Answer::Events(run);
        }
        _ => Err(format!("no such path: {}", rest.join("/"))),
    };
    match found {
        Ok(json) => Answer::Json(json),
        Err(message) => Answer::NotFound(message),
    }
}

pub(crate) use gauges::of as gauges;
pub(crate) use overview::of as overview;
pub(crate) use state::StateQuestion;
use state::Unasked;

/// A question about a store, if the run can answer.
fn ask(run: &Run, store: &str, query: &str) -> Answer {
    match (run.probe(), state::question(store, query)) {
        (_, Err(unasked @ Unasked::Store(_))) => Answer::NotFound(unasked.to_string()),
        (_, Err(unasked)) => Answer::Wrong(unasked.to_string()),
        (None, _) => Answer::NotFound(
            "only a running program shows its keys; `millrace-state` reads its checkpoint".into(),
        ),
        (Some(probe), Ok(question)) => Answer::Ask(Arc::clone(probe), question),
    }
}

/// The values of `name` in a query string; there may be several.
fn parameters<'q>(query: &'q str, name: &'q str) -> impl Iterator<Item = &'q str> {
    query.split('&').filter_map(move |pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then_some(value)
    })
}
