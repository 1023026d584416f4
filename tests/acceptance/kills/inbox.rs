//! Files that are moved in, and what their batches must be.
//!
//! A file is stamped with a time that is still to come when it is moved in. So the batch that takes
//! it is known, whoever dies meanwhile: the first of the grid that is not before the stamp.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::time::{Duration, UNIX_EPOCH};

use super::kind::INTERVAL;
use super::life::now;
use super::place::Place;
use super::view::{Counts, Printed, counts_of, word};

/// The milliseconds by which a file is stamped ahead. It has to be moved in before that.
const AHEAD: i64 = 150;

/// The files that were moved in.
#[derive(Default)]
pub(super) struct Inbox {
    /// Lines by the time of the batch that takes them.
    expected: BTreeMap<i64, Vec<u64>>,
    files: u64,
    /// The line that comes next.
    pub(super) next: u64,
}

impl Inbox {
    /// Moves in a file of so many lines; says whether that was in time.
    pub(super) fn put(&mut self, place: &Place, lines: u64) -> bool {
        let inbox = place.inbox();
        fs::create_dir_all(&inbox).unwrap();
        let lines: Vec<u64> = (self.next..self.next + lines).collect();
        let text: String = lines.iter().map(|&line| word(line) + "\n").collect();
        let beside = place.root().join("beside");
        fs::write(&beside, text).unwrap();
        let stamp = now() + AHEAD;
        let time = UNIX_EPOCH + Duration::from_millis(stamp.unsigned_abs());
        let file = File::options().write(true).open(&beside).unwrap();
        file.set_modified(time).unwrap();
        fs::rename(&beside, inbox.join(format!("{:06}", self.files))).unwrap();
        let interval = INTERVAL.as_millis() as i64;
        let batch = (stamp + interval - 1).div_euclid(interval) * interval;
        self.files += 1;
        self.next += lines.len() as u64;
        self.expected.entry(batch).or_default().extend(lines);
        now() < stamp
    }

    /// When the last batch is that takes something.
    pub(super) fn last(&self) -> Option<i64> {
        self.expected.keys().next_back().copied()
    }

    /// The number of lines in batches up to this one.
    pub(super) fn lines_until(&self, committed: Option<i64>) -> u64 {
        let until = committed.unwrap_or(i64::MIN);
        let taken = self.expected.range(..=until);
        taken.map(|(_, lines)| lines.len() as u64).sum()
    }

    /// Each batch that was printed must be what its files are, and none that was committed may
    /// be missing. Gives the number of lines.
    pub(super) fn judge(&self, printed: &Printed, committed: Option<i64>) -> Result<u64, String> {
        let none = Vec::new();
        for (time, body) in &printed.batches {
            let lines = self.expected.get(time).unwrap_or(&none);
            let expected: Counts = lines.iter().map(|&line| (word(line), 1)).collect();
            let found = counts_of(body);
            if found != expected {
                return Err(format!(
                    "the batch of {time} is {found:?}, not {expected:?}"
                ));
            }
        }
        let until = committed.unwrap_or(i64::MIN);
        for time in self.expected.range(..=until).map(|(time, _)| time) {
            if !printed.batches.contains_key(time) {
                return Err(format!(
                    "the batch of {time} was committed and never printed"
                ));
            }
        }
        Ok(self.lines_until(committed))
    }
}
