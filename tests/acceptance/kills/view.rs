//! What of the lines that were sent has arrived, as the outside sees it.

use std::collections::BTreeMap;
use std::path::Path;

use millrace::CheckpointReader;

use crate::acceptance::harness::Batch;

/// The word of line number `line`.
pub(super) fn word(line: u64) -> String {
    format!("w{line:06}")
}

/// Counts by word.
pub(super) type Counts = BTreeMap<String, i64>;

/// How many lines have arrived, if they are a beginning of what was sent and each is there once.
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
pub(super) fn last_time(directory: &Path) -> Option<i64> {
    let reader = CheckpointReader::open(directory).ok()?;
    let newest = reader.generations().unwrap().pop()?;
    let info = reader
        .generation(newest)
        .unwrap_or_else(|error| panic!("{error}"));
    info.last.map(|(_, time)| time.as_millis())
}

/// The state, without the words that the program begins with.
pub(super) fn state(directory: &Path) -> Result<Counts, String> {
    let Ok(reader) = CheckpointReader::open(directory) else {
        return Ok(Counts::new());
    };
    let read = || {
        let newest = reader.generations()?.pop().unwrap_or(0);
        reader.stores(newest)?[0].entries()
    };
    let entries = read().map_err(|error| error.to_string())?;
    let mut counts = Counts::new();
    for entry in entries {
        let key = entry.key.as_str().unwrap_or_default().to_owned();
        let value = entry.value.as_i64().unwrap_or(-1);
        let known = ["hello", "world"].contains(&key.as_str());
        if known && value != 1 {
            return Err(format!("the initial state of {key} is {value}"));
        }
        if !known {
            counts.insert(key, value);
        }
    }
    Ok(counts)
}

/// Everything that was printed by batches, each taken once.
#[derive(Default)]
pub(super) struct Printed {
    batches: BTreeMap<String, String>,
}

impl Printed {
    /// Takes batches that were printed; one that was printed before must be the same again.
    pub(super) fn take(&mut self, batches: &[Batch]) -> Result<(), String> {
        for batch in batches {
            let known = self.batches.entry(batch.time.clone()).or_default();
            if known.is_empty() {
                known.clone_from(&batch.body);
            } else if *known != batch.body {
                return Err(format!(
                    "the batch of {} was {known:?} and is {:?} now",
                    batch.time, batch.body
                ));
            }
        }
        Ok(())
    }

    pub(super) fn has(&self, time: &str) -> bool {
        self.batches.contains_key(time)
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for line in self.batches.values().flat_map(|body| body.lines()) {
            let parts = line
                .strip_prefix("('")
                .and_then(|rest| rest.split_once("', "));
            let (word, count) = parts.unwrap_or((line, "-1)"));
            let count: i64 = count.trim_end_matches(')').parse().unwrap_or(-1);
            *counts.entry(word.to_owned()).or_default() += count;
        }
        counts
    }
}

/// A batch time as `pprint` shows it, in UTC.
pub(super) fn shown(millis: i64) -> String {
    let (days, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    // From days to a date of the calendar whose years begin in March, so that leap days end them.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (seconds, millis) = (rest / 1_000, rest % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let head = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
    match millis {
        0 => head,
        millis => format!("{head}.{:06}", millis * 1_000),
    }
}

#[test]
fn times_are_shown_as_the_programs_show_them() {
    assert_eq!(shown(0), "1970-01-01 00:00:00");
    assert_eq!(shown(951_782_400_020), "2000-02-29 00:00:00.020000");
    assert_eq!(shown(1_798_761_599_999), "2026-12-31 23:59:59.999000");
}
