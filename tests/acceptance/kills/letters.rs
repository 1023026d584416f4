//! Poison records: each is in the letters of one batch that was committed, and every other record
//! in the state, however often the program is killed while it writes either down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use millrace::checkpoint::CheckpointReader;

use super::view::{Counts, beginning, counts_in};

/// The program fails at each record whose number is a multiple of it.
const EACH: u64 = 5;

/// The message of its panic.
const MESSAGE: &str = "it is poison";

/// The function of the program.
///
/// # Panics
/// At a poison record.
pub(super) fn taste(line: &str) {
    assert!(!is_poison(line), "{MESSAGE}");
}

fn is_poison(line: &str) -> bool {
    let number: u64 = line[1..7].parse().unwrap();
    number.is_multiple_of(EACH)
}

/// The letters of batches that were committed, by their time.
#[derive(Default)]
pub(super) struct Letters {
    settled: BTreeMap<i64, String>,
}

impl Letters {
    /// Judges state and letters of the last batch that was committed; gives how many lines have
    /// arrived.
    pub(super) fn judge(&mut self, directory: &Path) -> Result<u64, String> {
        let Some((generation, committed, state)) = committed(directory)? else {
            return Ok(0);
        };
        let at = directory.join(format!("generation-{generation:06}/dead-letters"));
        for entry in fs::read_dir(at).into_iter().flatten() {
            let path = entry.map_err(|error| error.to_string())?.path();
            let Some(time) = time_of(&path).filter(|time| *time <= committed) else {
                // Of a batch that is run again, or without its name yet.
                continue;
            };
            let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            let known = self.settled.entry(time).or_insert_with(|| text.clone());
            if *known != text {
                return Err(format!(
                    "the letters of {time} were {known:?} and are {text:?} now"
                ));
            }
        }
        let mut all = Counts::new();
        for line in self.settled.values().flat_map(|text| text.lines()) {
            *all.entry(record_of(line)?).or_default() += 1;
        }
        if let Some(record) = all.keys().find(|record| !is_poison(record)) {
            return Err(format!("{record} is no poison and has a letter"));
        }
        if let Some(record) = state.keys().find(|record| is_poison(record)) {
            return Err(format!("{record} is poison and in the state"));
        }
        all.extend(state);
        beginning(&all)
    }
}

/// The generation, the time of its last batch, and the state at that batch.
fn committed(directory: &Path) -> Result<Option<(u32, i64, Counts)>, String> {
    let Ok(reader) = CheckpointReader::open(directory) else {
        return Ok(None);
    };
    let read = || {
        let Some(newest) = reader.generations()?.pop() else {
            return Ok(None);
        };
        let view = reader.view(newest)?;
        let time = view.info().last.map(|(_, time)| time.as_millis());
        Ok(match time {
            Some(time) => Some((newest, time, counts_in(&view)?)),
            None => None,
        })
    };
    read().map_err(|error: millrace::Error| error.to_string())
}

/// The time of the batch whose letters a file has.
fn time_of(path: &Path) -> Option<i64> {
    let name = path.file_name()?.to_str()?;
    let time = name.strip_prefix("batch-")?.strip_suffix(".jsonl")?;
    time.parse().ok()
}

/// The record of a letter that is whole and right.
fn record_of(line: &str) -> Result<String, String> {
    let letter: Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
    let text = |name: &str| letter[name].as_str().unwrap_or_default();
    if !text("message").contains(MESSAGE) || !text("operator").starts_with("update_state_by_key") {
        return Err(format!("what is {line}?"));
    }
    Ok(text("record").to_owned())
}
