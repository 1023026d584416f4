//! The state of a running program, asked of its page: the same commands, the same lines.
//!
//! A checkpoint directory has the state as of a batch. A page answers for the moment, and also for
//! a program that has no checkpoint directory.

mod error;
mod http;
mod run;
mod url;

use std::io::Write;

use millrace_types::counted;
use serde_json::Value;

use super::command::{Asked, Task, Wanted};
use super::{Failure, complain};
use http::encoded;
use run::{Found, LiveRun};

pub(super) use error::LiveError;
pub(super) use url::{PageUrl, without_scheme};

/// Does what was asked, of the program behind `url`.
pub(super) fn run(url: &PageUrl, asked: &Asked, out: &mut dyn Write) -> Result<u8, Failure> {
    if asked.generation.is_some() {
        return Err(LiveError::DirectoriesOnly("--generation").into());
    }
    let query = match &asked.task {
        Task::Ls | Task::Stats => {
            let figures = matches!(asked.task, Task::Stats);
            return list(&LiveRun::at(url)?, figures, out);
        }
        Task::Get { key } => format!("key={}", encoded(key)),
        Task::Search(Wanted { prefix, top, limit }) => {
            let many = if *top { "top" } else { "limit" };
            format!("prefix={}&{many}={limit}", encoded(prefix))
        }
        Task::Export { .. } => return Err(LiveError::DirectoriesOnly("export").into()),
        Task::Verify => return Err(LiveError::DirectoriesOnly("verify").into()),
        Task::Diff { .. } => return Err(LiveError::DirectoriesOnly("diff").into()),
        Task::Repartition { .. } => return Err(LiveError::DirectoriesOnly("repartition").into()),
        Task::Prune { .. } => return Err(LiveError::DirectoriesOnly("prune").into()),
        Task::DropReceived => return Err(LiveError::DirectoriesOnly("drop-received").into()),
    };
    let run = LiveRun::at(url)?;
    let mut written = 0;
    for store in run.wanted(asked.store)? {
        if let Found::Value(answer) = run.ask(store, &query)? {
            written += write(store, &answer, out)?;
        }
    }
    Ok(u8::from(
        written == 0 && matches!(asked.task, Task::Get { .. }),
    ))
}

/// Writes the record, or the records, of an answer; gives how many there are.
fn write(store: usize, answer: &Value, out: &mut dyn Write) -> Result<usize, Failure> {
    let Some(records) = answer["records"].as_array() else {
        writeln!(
            out,
            "{}",
            super::json_line(&answer["key"], &answer["value"])
        )?;
        return Ok(1);
    };
    for record in records {
        writeln!(
            out,
            "{}",
            super::json_line(&record["key"], &record["value"])
        )?;
    }
    if answer["complete"] != Value::Bool(true) {
        let looked_at = answer["keysLookedAt"].as_u64().unwrap_or(0);
        complain(&format!(
            "store {store} is too large to be looked through in the time of one question: this is \
             of {}",
            counted(looked_at, "key")
        ));
    }
    Ok(records.len())
}

/// The run, and its stores with their figures if they are wanted.
fn list(run: &LiveRun<'_>, figures: bool, out: &mut dyn Write) -> Result<u8, Failure> {
    let about = &run.overview()["run"];
    let batches = &run.overview()["statistics"]["numTotalCompletedBatches"];
    let ended = !about["endTimeEpoch"].is_null();
    writeln!(
        out,
        "{} {}: {}, {} completed, interval {} ms",
        if ended { "ended" } else { "running" },
        about["id"].as_str().unwrap_or_default(),
        run.program(),
        counted(batches.as_u64().unwrap_or(0), "batch"),
        about["batchDuration"],
    )?;
    for store in run.stores() {
        let text = |name: &str| store[name].as_str().unwrap_or_default();
        let number = |name: &str| store[name].as_u64().unwrap_or(0);
        let of = format!(
            "  store {}: {} of {}",
            store["storeId"],
            text("name"),
            text("operator")
        );
        if figures {
            let (keys, bytes) = (
                counted(number("keys"), "key"),
                counted(number("bytes"), "byte"),
            );
            writeln!(out, "{of}: {keys}, about {bytes} of keys and values")?;
        } else {
            writeln!(out, "{of}")?;
        }
    }
    Ok(0)
}
