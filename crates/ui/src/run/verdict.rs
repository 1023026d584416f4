//! The sentence that says whether a run keeps up with its input.
//!
//! A batch has one interval of time. While batches take less, a queue becomes shorter; while
//! they take more, it becomes longer by the difference for every batch.

use super::batches::Status;
use super::model::{Model, mean};

/// Completed batches that the pace is taken from.
const RECENT: usize = 10;

/// A verdict on whether a run keeps up, and what is slowest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    /// `idle`, `keeps_up`, `catches_up`, `falls_behind`, `ended` or `lost`.
    pub(crate) state: &'static str,
    pub(crate) text: String,
}

impl Model {
    pub(crate) fn verdict(&self) -> Verdict {
        if self.ended.is_some() {
            return verdict("ended", "The run has ended.".to_owned());
        }
        if let Some(silent) = self.silent {
            let text = format!(
                "The log has no event of the last {}: the program was killed, or cannot write its \
                 log. These are the last figures.",
                millis(silent)
            );
            return verdict("lost", text);
        }
        let recent: Vec<_> = self
            .batches
            .of(Status::Completed)
            .rev()
            .take(RECENT)
            .collect();
        let pace = mean(recent.iter().filter_map(|batch| batch.processing_time()));
        let pace = pace.max(self.running_for().filter(|running| Some(*running) > pace));
        let Some(pace) = pace else {
            return verdict("idle", "No batch has completed yet.".to_owned());
        };
        let interval = self.info.batch_duration.max(1);
        let behind = self.batches.count(Status::Queued);
        let slowest = format!("{}{}", self.slowest(), self.slowed());
        let took = format!("a batch takes {} of {}", millis(pace), millis(interval));
        if behind <= 1 && pace <= interval {
            return verdict("keeps_up", format!("Keeps up: {took}.{slowest}"));
        }
        let waits = if behind == 1 {
            "1 batch waits".to_owned()
        } else {
            format!("{behind} batches wait")
        };
        if pace < interval {
            let left = behind as i64 * pace * interval / (interval - pace);
            let text = format!(
                "Catches up: {took}, {waits}, about {} to go.{slowest}",
                millis(left)
            );
            return verdict("catches_up", text);
        }
        let lost = (pace - interval) * 1000 / interval;
        let text = format!(
            "Falls behind by {} every second: {took}, {waits}.{slowest}",
            millis(lost)
        );
        verdict("falls_behind", text)
    }

    /// The output that took most of the time of the newest completed batches, if there are several.
    fn slowest(&self) -> String {
        if self.outputs.len() < 2 {
            return String::new();
        }
        let recent = self.batches.of(Status::Completed).rev().take(RECENT);
        let mut millis_of = std::collections::BTreeMap::new();
        let mut all = 0;
        for output in recent.flat_map(|batch| &batch.outputs) {
            let took = output.duration().unwrap_or(0);
            *millis_of
                .entry((output.id, output.name.as_str()))
                .or_insert(0) += took;
            all += took;
        }
        let slowest = millis_of.into_iter().max_by_key(|(_, took)| *took);
        slowest
            .filter(|_| all > 0)
            .map(|((id, name), took)| {
                format!(" Output {id} ({name}) takes {} % of it.", took * 100 / all)
            })
            .unwrap_or_default()
    }
}

impl Model {
    /// Milliseconds that the running batch has taken so far, by the newest event.
    fn running_for(&self) -> Option<i64> {
        let running = self.batches.of(Status::Processing).next()?;
        Some(self.updated - running.started?)
    }

    /// A sentence if receivers wait, and so senders do.
    fn slowed(&self) -> String {
        match self.kept.slowed_percent() {
            0..=4 => String::new(),
            percent => format!(
                " Senders are being slowed: receivers waited for {percent} % of the last batches' \
                 time, until memory was free or a batch had been run."
            ),
        }
    }
}

fn verdict(state: &'static str, text: String) -> Verdict {
    Verdict { state, text }
}

/// A length of time for people: `12 ms`, `3.4 s`, `5.0 min`, `1.2 h`.
fn millis(amount: i64) -> String {
    let seconds = amount as f64 / 1000.0;
    match amount {
        ..1_000 => format!("{amount} ms"),
        1_000..60_000 => format!("{seconds:.1} s"),
        60_000..3_600_000 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}
