//! Windows that were printed: each line in as many as cover it, and in no other.

use std::collections::BTreeMap;

use super::kind::{SLIDE, WINDOW};
use super::view::{Counts, Printed, beginning, counts_of};

/// Judges what was printed; gives how many lines have been seen.
///
/// Nobody outside knows which batch a line came into. But whichever it was, the line is in the
/// first window that ends at or behind it and in all others that cover it, which follow each
/// other; and a line that was sent later is not in an earlier batch.
pub(super) fn judge(printed: &Printed) -> Result<u64, String> {
    let (window, slide) = (WINDOW * 1000, SLIDE * 1000);
    let times: Vec<i64> = printed.batches.keys().copied().collect();
    if let Some(gap) = times.windows(2).find(|pair| pair[1] - pair[0] != slide) {
        return Err(format!(
            "between {} and {} a window is missing",
            gap[0], gap[1]
        ));
    }
    let mut seen = BTreeMap::<String, Vec<i64>>::new();
    for (time, body) in &printed.batches {
        for (word, count) in counts_of(body) {
            if count != 1 {
                return Err(format!("{word} is {count} times in the window of {time}"));
            }
            seen.entry(word).or_default().push(*time);
        }
    }
    let last = times.last().copied().unwrap_or_default();
    let mut before = i64::MIN;
    for (word, found) in &seen {
        let expected: Vec<i64> = (0..window / slide)
            .map(|step| found[0] + step * slide)
            .filter(|time| *time <= last)
            .collect();
        if *found != expected {
            return Err(format!(
                "{word} is in the windows {found:?}, not {expected:?}"
            ));
        }
        if found[0] < before {
            return Err(format!("{word} is earlier than the line before it"));
        }
        before = found[0];
    }
    let lines: Counts = seen.into_keys().map(|word| (word, 1)).collect();
    beginning(&lines)
}
