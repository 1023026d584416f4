//! The lines that were sent and have arrived, as the outside sees them.

use std::collections::BTreeMap;
use std::path::Path;

use millrace::checkpoint::{CheckpointReader, GenerationView};

use crate::acceptance::harness::Batch;

/// The word of line number `line`. Some are so long that segments of the logs are soon full.
pub(super) fn word(line: u64) -> String {
    let length = if line > 100 && line.is_multiple_of(8) {
        1_000
    } else {
        0
    };
    format!("w{line:06}{}", "-".repeat(length))
}

/// Counts by word.
pub(super) type Counts = BTreeMap<String, i64>;

/// The number of lines that have arrived, if they are a beginning of what was sent and each is
/// there once.
pub(super) fn beginning(counts: &Counts) -> Result<u64, String> {
    for ((found, count), line) in counts.iter().zip(0..) {
        if *found != word(line) || *count != 1 {
            let expected = word(line);
            return Err(format!(
                "({found}, {count}) stands where ({expected}, 1) should"
            ));
        }
    }
    Ok(counts.len() as u64)
}

/// The time in milliseconds of the last batch that was committed, if there is one; what the
/// tool says that has never seen the program.
pub(super) fn last_time(directory: &Path) -> Result<Option<i64>, String> {
    let Ok(reader) = CheckpointReader::open(directory) else {
        return Ok(None);
    };
    let generations = reader.generations().map_err(|error| error.to_string())?;
    let Some(newest) = generations.last() else {
        return Ok(None);
    };
    let info = reader.generation(*newest).map_err(|it| it.to_string())?;
    Ok(info.last.map(|(_, time)| time.as_millis()))
}

/// The same once it is not before `since`.
pub(super) fn later(directory: &Path, since: i64) -> Option<Result<i64, String>> {
    match last_time(directory) {
        Ok(time) => time.filter(|time| *time >= since).map(Ok),
        Err(what) => Some(Err(what)),
    }
}

/// The state, without the words that the program begins with.
pub(super) fn state(directory: &Path) -> Result<Counts, String> {
    let Ok(reader) = CheckpointReader::open(directory) else {
        return Ok(Counts::new());
    };
    let read = || {
        let newest = reader.generations()?.pop().unwrap_or(0);
        counts_in(&reader.view(newest)?)
    };
    let mut counts = read().map_err(|error| error.to_string())?;
    for known in ["hello", "world"] {
        if let Some(value) = counts.remove(known).filter(|value| *value != 1) {
            return Err(format!("the initial state of {known} is {value}"));
        }
    }
    Ok(counts)
}

/// The state of a generation.
pub(super) fn counts_in(view: &GenerationView) -> millrace::Result<Counts> {
    // A file stream keeps what it has read, too.
    let named = view.info().stores;
    let place = named
        .iter()
        .position(|(operator, _)| operator.starts_with("update_state_by_key"));
    let mut counts = Counts::new();
    for entry in view.entries(place.unwrap_or(0))? {
        let key = entry.key.as_str().unwrap_or_default().to_owned();
        counts.insert(key, entry.value.as_i64().unwrap_or(-1));
    }
    Ok(counts)
}

/// Everything that was printed by batches, each taken once; by their times in milliseconds.
#[derive(Default)]
pub(super) struct Printed {
    pub(super) batches: BTreeMap<i64, String>,
}

impl Printed {
    /// Takes batches that were printed; one that was printed before must be the same again.
    pub(super) fn take(&mut self, batches: &[Batch]) -> Result<(), String> {
        for batch in batches {
            let known = self.batches.entry(batch.milliseconds());
            let known = known.or_insert_with(|| batch.body.clone());
            if *known != batch.body {
                return Err(format!(
                    "the batch of {} was {known:?} and is {:?} now",
                    batch.time, batch.body
                ));
            }
        }
        Ok(())
    }

    /// True if a batch of this time or a later one has been printed.
    pub(super) fn has(&self, time: i64) -> bool {
        self.batches.range(time..).next().is_some()
    }

    /// The counts of all batches together.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for (word, count) in self.batches.values().flat_map(|body| counts_of(body)) {
            *counts.entry(word).or_default() += count;
        }
        counts
    }
}

/// The counts that a batch has printed, or saved as text.
pub(super) fn counts_of(body: &str) -> Counts {
    let mut counts = Counts::new();
    for line in body.lines() {
        let parts = line
            .strip_prefix("('")
            .and_then(|rest| rest.split_once("', "));
        let (word, count) = parts.unwrap_or((line, "-1)"));
        let count: i64 = count.trim_end_matches(')').parse().unwrap_or(-1);
        *counts.entry(word.to_owned()).or_default() += count;
    }
    counts
}
