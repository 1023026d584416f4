//! The ranges of a source, planned before their batches run.
//!
//! The range of the last batch is kept, and after a crash that of the batch that was cut short,
//! which is run again with it.

use std::io;

use millrace_engine::durable::{Durable, EntryReader, Origin, StoreError};
use millrace_types::{BatchTime, Lock};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::batch_source::SourceBatch;
use super::plans::Plans;

/// The ranges of a source that is asked again.
pub(super) struct Ranges<R> {
    plans: Lock<Plans<R>>,
}

impl<R: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Ranges<R> {
    pub(super) fn new() -> Ranges<R> {
        Ranges {
            plans: Lock::new(Plans::new()),
        }
    }

    /// The range of a batch: the one that was planned for it in an earlier life, else what `ask`
    /// says.
    ///
    /// # Errors
    /// Any error of `ask`, and if the range cannot be written down.
    pub(super) fn plan(
        &self,
        number: u64,
        time: BatchTime,
        ask: impl FnOnce(&SourceBatch<'_, R>) -> io::Result<Option<R>>,
    ) -> io::Result<Option<R>> {
        let mut plans = self.plans.lock();
        let before = std::mem::replace(&mut plans.number, number);
        // Missed batches may be left out: then the first batch that runs is not the one that was
        // planned.
        let planned = plans.known().range(before + 1..).next();
        let planned = planned.map(|(&of, (time, range))| (of, *time, range.clone()));
        let (time, range) = match planned {
            Some((of, time, range)) => {
                if of != number {
                    plans.forget(of).map_err(io::Error::other)?;
                }
                (time, range)
            }
            None => {
                let last = plans.known().last_key_value();
                let last = last.map(|(_, (_, range))| range);
                match ask(&SourceBatch { time, last })? {
                    Some(range) => (time.as_millis(), range),
                    None => return Ok(None),
                }
            }
        };
        plans
            .plan(number, time, range.clone())
            .map_err(io::Error::other)?;
        let older: Vec<u64> = plans.known().range(..number).map(|(&of, _)| of).collect();
        for of in older {
            plans.forget(of).map_err(io::Error::other)?;
        }
        Ok(Some(range))
    }

    /// The range of a batch that was planned, if it has one.
    pub(super) fn planned(&self, number: u64) -> Option<R> {
        let plans = self.plans.lock();
        plans.known().get(&number).map(|(_, range)| range.clone())
    }
}

impl<R: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Durable for Ranges<R> {
    fn record(&self) {
        self.plans.lock().record(Vec::new());
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        self.plans.lock().take_changes()
    }

    fn take_ahead(&self) -> Option<(u32, Vec<u8>)> {
        self.plans.lock().take_ahead()
    }

    fn cut_short(&self) -> Option<(u64, i64)> {
        self.plans.lock().cut_short()
    }

    fn shards(&self) -> u32 {
        1
    }

    fn snapshot(&self, _shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let mut out = Vec::new();
        let number = self.plans.lock().snapshot(&mut out)?;
        Ok((out, number))
    }

    fn load(&self, _origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        let mut plans = self.plans.lock();
        let mut reader = EntryReader::new(entries);
        while let Some(entry) = reader.next::<u64, (i64, R)>() {
            match entry? {
                (number, Some((_, (time, range)))) => plans.restore(number, time, range),
                (number, None) => drop(plans.remove(number)),
            }
        }
        Ok(())
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        self.plans.lock().number = number;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(number: u64) -> BatchTime {
        BatchTime::from_millis(number as i64 * 1000)
    }

    /// Plans a batch of a source that counts to `end`, if there is anything new.
    fn plan(ranges: &Ranges<(u64, u64)>, number: u64, end: u64) -> Option<(u64, u64)> {
        let ask = |batch: &SourceBatch<'_, (u64, u64)>| {
            let from = batch.last().map_or(0, |last| last.1);
            Ok((end > from).then_some((from, end)))
        };
        ranges.plan(number, at(number), ask).unwrap()
    }

    proptest! {
        /// Law 5: a batch that was planned and cut short has the same range again, whatever the
        /// source would say now; those behind it go on from there, and nothing is in two.
        #[test]
        fn what_was_planned_is_run_again(
            ends in prop::collection::vec(0_u64..100, 1..12),
            stop in any::<prop::sample::Index>(),
            snapshot in any::<prop::sample::Index>(),
            was_planned: bool,
            skipped in 0_u64..3,
        ) {
            let stop = stop.index(ends.len());
            let snapshot = snapshot.index(stop + 1);
            let first = Ranges::new();
            first.record();
            let (mut base, mut deltas, mut seen) = (None, Vec::new(), Vec::new());
            for (number, &end) in (1_u64..).zip(&ends[..stop]) {
                if number == snapshot as u64 + 1 {
                    base = Some(first.snapshot(0).unwrap());
                }
                seen.extend(plan(&first, number, end));
                first.take_ahead();
                deltas.push((number, first.take_changes()));
            }
            let cut_short = plan(&first, stop as u64 + 1, ends[stop]);
            let ahead = first.take_ahead().filter(|_| was_planned);

            let second = Ranges::new();
            second.record();
            let (entries, as_of) = base.unwrap_or_default();
            second.load(Origin::Snapshot(as_of), &entries).unwrap();
            for (number, changes) in deltas.into_iter().filter(|(number, _)| *number > as_of) {
                for (_, entries) in changes {
                    second.load(Origin::Batch(number), &entries).unwrap();
                }
            }
            if let Some((_, entries)) = &ahead {
                second.load(Origin::Batch(stop as u64 + 1), entries).unwrap();
            }
            second.loaded(stop as u64).unwrap();
            let next = stop as u64 + 1 + skipped;
            let again = plan(&second, next, 100);
            if ahead.is_some() {
                prop_assert_eq!(again, cut_short);
            }
            seen.extend(again);
            seen.extend(plan(&second, next + 1, 100));
            let mut from = 0;
            for range in seen {
                prop_assert_eq!(range.0, from);
                from = range.1;
            }
            prop_assert_eq!(from, 100);
            prop_assert!(second.plans.lock().known().len() <= 1, "older ones are forgotten");
        }
    }
}
