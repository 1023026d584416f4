//! The amounts that a run keeps, as they were at the newest batches: of which the growth is told,
//! and whether senders are being slowed.

use std::collections::VecDeque;

use crate::event::Kept;

/// Samples that are kept: two minutes, since one is taken a second at most.
const SAMPLES: usize = 120;

/// Samples back to which waiting is counted.
const SLOWED_OVER: usize = 5;

/// Samples of a run, oldest first.
#[derive(Debug, Default)]
pub(crate) struct KeptSamples(VecDeque<Kept>);

impl KeptSamples {
    pub(super) fn push(&mut self, kept: Kept) {
        self.0.push_back(kept);
        if self.0.len() > SAMPLES {
            self.0.pop_front();
        }
    }

    pub(crate) fn newest(&self) -> Option<&Kept> {
        self.0.back()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Kept> {
        self.0.iter()
    }

    /// Keys that a store has gained in a second, on average over the samples.
    pub(crate) fn keys_per_second(&self, store: usize) -> f64 {
        let (Some(first), Some(last)) = (self.0.front(), self.0.back()) else {
            return 0.0;
        };
        let keys = |kept: &Kept| kept.stores.get(store).map_or(0.0, |it| it.keys as f64);
        let millis = last.batch - first.batch;
        if millis <= 0 {
            return 0.0;
        }
        (keys(last) - keys(first)) * 1000.0 / millis as f64
    }

    /// The share of the newest batches' time for which receivers waited, in percent.
    pub(crate) fn slowed_percent(&self) -> i64 {
        let before = self.0.get(self.0.len().saturating_sub(1 + SLOWED_OVER));
        let (Some(before), Some(last)) = (before, self.0.back()) else {
            return 0;
        };
        let passed = (last.time - before.time).max(1);
        let waited = i64::try_from(last.waited_ms.saturating_sub(before.waited_ms));
        (waited.unwrap_or(i64::MAX).saturating_mul(100) / passed).clamp(0, 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::StoreKept;

    fn kept(second: i64, keys: u64, waited_ms: u64) -> Kept {
        Kept {
            batch: second * 1000,
            time: second * 1000,
            stores: vec![StoreKept {
                operator: "update_state_by_key at words.rs:7".to_owned(),
                name: "state".to_owned(),
                keys,
                bytes: keys * 10,
            }],
            in_flight: 0,
            in_flight_limit: 0,
            waited_ms,
            lines_cut: 0,
            unfinished_dropped: 0,
            records_skipped: 0,
            resident: 0,
        }
    }

    #[test]
    fn growth_and_waiting_are_those_of_the_newest_samples() {
        let mut samples = KeptSamples::default();
        assert_eq!(
            (samples.keys_per_second(0), samples.slowed_percent()),
            (0.0, 0)
        );
        for second in 0..500 {
            samples.push(kept(second, 7 * second as u64, 0));
        }
        assert_eq!(samples.all().count(), SAMPLES);
        assert_eq!(samples.keys_per_second(0), 7.0);
        assert_eq!(samples.keys_per_second(9), 0.0);
        assert_eq!(samples.slowed_percent(), 0);
        for second in 500..505 {
            samples.push(kept(second, 0, 500 * (second as u64 - 499)));
        }
        assert_eq!(samples.slowed_percent(), 50);
    }
}
