//! The batches that were due while a program was down, and those that its log does not have.

use millrace_runtime::checkpoint::Opened;
use millrace_runtime::notice::news;
use millrace_runtime::receiver::{Replayed, ReplayedBatch};
use millrace_runtime::scheduler::{FirstBatch, Ticks};
use millrace_types::{Duration, keys};

/// The batches between those of the receivers' log: nothing was received for them, so the log does
/// not have them.
pub(super) struct Missed {
    next: u64,
    interval: Duration,
}

impl Missed {
    /// `None` if there is nothing to run again.
    pub(super) fn between(opened: &Opened, replayed: &Replayed) -> Option<Missed> {
        replayed.batches.first()?;
        Some(Missed {
            next: opened.last.map_or(1, |last| last.number + 1),
            interval: Duration::milliseconds(opened.interval_ms),
        })
    }

    /// The missed batches between the batch that this was called with last and `again`.
    pub(super) fn before(&mut self, again: &ReplayedBatch, now: i64) -> Ticks {
        let count = again.number.saturating_sub(self.next);
        let back = i64::try_from(count).unwrap_or(i64::MAX);
        let back = self.interval.as_millis().saturating_mul(back);
        let ticks = Ticks {
            time: again.time - Duration::milliseconds(back),
            number: self.next,
            count,
            interval: self.interval,
            queued: now,
        };
        self.next = again.number + 1;
        ticks
    }
}

/// Says how many batches that were due since the last one of the run before, `again` if that is
/// run again, are left out.
pub(super) fn say_skipped(
    opened: &Opened,
    again: Option<FirstBatch>,
    first: FirstBatch,
    interval: Duration,
) {
    let committed = opened.last.map(|last| last.time);
    let Some(last) = again.map(|again| again.time.as_millis()).or(committed) else {
        return;
    };
    let since = first.time.as_millis().saturating_sub(last);
    let skipped = since / interval.as_millis() - 1;
    if skipped > 0 {
        let key = keys::MISSED_BATCHES;
        let (batches, are) = match skipped {
            1 => ("1 batch that was".to_owned(), "is"),
            skipped => (format!("{skipped} batches that were"), "are"),
        };
        news(format_args!(
            "{batches} due meanwhile {are} left out ({key}=skip)"
        ));
    }
}

#[cfg(test)]
mod tests {
    use millrace_types::BatchTime;
    use millrace_wal::Position;

    use super::*;

    #[test]
    fn numbers_that_the_log_does_not_have_are_batches_without_input() {
        let again = |number: u64| ReplayedBatch {
            number,
            time: BatchTime::from_millis(number as i64 * 500),
            blocks: Vec::new(),
            position: Position {
                segment: 1,
                offset: 48,
            },
        };
        let mut missed = Missed {
            next: 4,
            interval: Duration::milliseconds(500),
        };
        let mut before = |number| {
            let ticks = missed.before(&again(number), 0);
            (ticks.number, ticks.count, ticks.time.as_millis())
        };
        assert_eq!(before(4), (4, 0, 2000));
        assert_eq!(before(5), (5, 0, 2500));
        assert_eq!(before(9), (6, 3, 3000));
        assert_eq!(before(10), (10, 0, 5000));
    }
}
