//! Outputs on the disk: whole whenever somebody looks, and the same for ever once their batch is
//! committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::kind::{INTERVAL, Kind};
use super::programs::{INVERSE_OUT, JSON, LINES, SLIDE, TEXT, WINDOW, WINDOW_OUT};
use super::view::{Counts, beginning, counts_of, word};

/// The partitions of what is saved.
pub(super) const PARTITIONS: usize = 2;

/// The outputs that were seen so far.
#[derive(Default)]
pub(super) struct Saved {
    /// The outputs of batches that were committed, by time and name.
    settled: BTreeMap<(i64, String), String>,
}

/// The content of a directory of outputs, by name and time.
type Found = BTreeMap<(String, i64), String>;

impl Saved {
    /// Judges what is there, the batches up to `committed` in particular. `at_rest`: nothing runs,
    /// and nothing is left to be run.
    pub(super) fn judge(
        &mut self,
        kind: Kind,
        at: &Path,
        committed: Option<i64>,
        at_rest: bool,
    ) -> Result<u64, String> {
        let (found, hidden) = look(at)?;
        // A batch that was not committed is run again, and what it left is used up then.
        for name in hidden {
            let time = time_of(&name).ok_or_else(|| format!("what is {name}?"))?;
            if at_rest || committed.is_some_and(|committed| time <= committed) {
                return Err(format!("{name} was left behind"));
            }
        }
        let until = committed.unwrap_or(i64::MIN);
        for ((name, time), text) in found.iter().filter(|((_, time), _)| *time <= until) {
            let known = self.settled.entry((*time, name.clone()));
            let known = known.or_insert_with(|| text.clone());
            if known != text {
                return Err(format!(
                    "{name} of {time} was {known:?} and is {text:?} now"
                ));
            }
        }
        let settled = |name: &str| -> BTreeMap<i64, Counts> {
            let mine = self.settled.iter().filter(|((_, own), _)| own == name);
            mine.map(|((time, _), text)| (*time, counts_of(text)))
                .collect()
        };
        let interval = INTERVAL.as_millis() as i64;
        let (first, second) = match kind {
            Kind::Saving => (settled(TEXT), settled(JSON)),
            _ => (settled(LINES), BTreeMap::new()),
        };
        let until = committed.filter(|until| first.keys().next().is_some_and(|at| at <= until));
        // A stop passes over what is late and empty, in front of what was received and behind it,
        // unless there are windows.
        if !at_rest || kind != Kind::Saving {
            complete(&first, interval, until)?;
        }
        if kind == Kind::Saving && first != second {
            return Err(format!("as text {first:?}, as JSON {second:?}"));
        }
        if kind == Kind::Windows {
            windows(&first, &settled(WINDOW_OUT), &settled(INVERSE_OUT))?;
        }
        let mut next = 0;
        let mut all = Counts::new();
        for (time, counts) in first {
            for (found, count) in counts {
                // In the batches one behind the other, as they were sent.
                if found != word(next) {
                    let expected = word(next);
                    return Err(format!("{found} is in the batch of {time}, not {expected}"));
                }
                next += 1;
                *all.entry(found).or_default() += count;
            }
        }
        beginning(&all)
    }
}

/// Every tick from the first to the last has an output.
fn complete(of: &BTreeMap<i64, Counts>, step: i64, until: Option<i64>) -> Result<(), String> {
    let Some(first) = of.keys().next().copied() else {
        return Ok(());
    };
    let last = until.or(of.keys().next_back().copied()).unwrap_or(first);
    let mut time = first;
    while time <= last {
        if !of.contains_key(&time) {
            return Err(format!("nothing was saved for {time}, up to {last}"));
        }
        time += step;
    }
    Ok(())
}

/// Each window is the sum of its batches, with an inverse function and without.
fn windows(
    batches: &BTreeMap<i64, Counts>,
    plain: &BTreeMap<i64, Counts>,
    inverse: &BTreeMap<i64, Counts>,
) -> Result<(), String> {
    if plain.keys().ne(inverse.keys()) {
        return Err("there are more windows of one sort than of the other".to_owned());
    }
    complete(plain, SLIDE, None)?;
    for (time, found) in plain {
        let mut expected = Counts::new();
        for counts in batches.range(time - WINDOW + 1..=*time).map(|(_, of)| of) {
            for (word, count) in counts {
                *expected.entry(word.clone()).or_default() += count;
            }
        }
        if *found != expected {
            return Err(format!(
                "the window of {time} is {found:?}, not {expected:?}"
            ));
        }
        // Keys that have left stay with their zero (Spark's rule).
        let mut inverse = inverse[time].clone();
        inverse.retain(|_, count| *count != 0);
        if inverse != expected {
            return Err(format!(
                "the window of {time} with an inverse is {inverse:?}, not {expected:?}"
            ));
        }
    }
    Ok(())
}

fn time_of(name: &str) -> Option<i64> {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The outputs that a reader sees, each whole; and the names that readers pass over.
fn look(at: &Path) -> Result<(Found, BTreeSet<String>), String> {
    let (mut found, mut hidden) = (Found::new(), BTreeSet::new());
    for entry in fs::read_dir(at).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with('.') {
            hidden.insert(name);
            continue;
        }
        let time = time_of(&name).ok_or_else(|| format!("what is {name}?"))?;
        let kind = name.split('-').next().unwrap_or_default().to_owned();
        let text = match parts_of(&path) {
            Some(parts) => {
                whole(&name, &parts)?;
                let mut text = String::new();
                for part in parts.iter().filter(|part| *part != "_SUCCESS") {
                    text += &read(&path.join(part))?;
                }
                text
            }
            // As it would stand in the text, so that they compare.
            None => read(&path)?
                .lines()
                .map(|line| match serde_json::from_str::<(String, i64)>(line) {
                    Ok((word, count)) => Ok(format!("('{word}', {count})\n")),
                    Err(error) => Err(format!("{name}: {line:?}: {error}")),
                })
                .collect::<Result<String, String>>()?,
        };
        found.insert((kind, time), text);
    }
    Ok((found, hidden))
}

fn read(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if text.is_empty() || text.ends_with('\n') {
        return Ok(text);
    }
    Err(format!("{} ends in the middle of a line", path.display()))
}

/// The names in a directory; `None` if it is none.
fn parts_of(path: &Path) -> Option<BTreeSet<String>> {
    let entries = fs::read_dir(path).ok()?;
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    Some(names.collect())
}

/// A directory with a `_SUCCESS` has all its parts, and nothing else.
fn whole(name: &str, parts: &BTreeSet<String>) -> Result<(), String> {
    let part = |partition| format!("part-{partition:05}");
    let mut expected: BTreeSet<String> = (0..PARTITIONS).map(part).collect();
    expected.insert("_SUCCESS".to_owned());
    (*parts == expected)
        .then_some(())
        .ok_or_else(|| format!("{name} holds {parts:?}"))
}
