//! The ranges of a source, written down before their batches run.
//!
//! The range of the last batch is kept, and after a crash that of the batch that was cut short,
//! which is run again with it (law 5). An entry is a batch's number, and its time with the
//! range.

use std::collections::BTreeMap;
use std::io;

use millrace_engine::durable::{
    Durable, EntryReader, Origin, StoreError, put, remove, take_only_shard,
};
use millrace_types::{BatchTime, Lock};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::batch_source::SourceBatch;

/// The ranges of a source that is asked again.
pub(super) struct Ranges<R> {
    state: Lock<RangesState<R>>,
}

struct RangesState<R> {
    /// By number of the batch, with its time.
    ranges: BTreeMap<u64, (i64, R)>,
    /// The last batch that was planned; after a recovery, the last that was committed.
    number: u64,
    /// Entries since they were last taken, if they are wanted.
    changes: Option<Vec<u8>>,
    /// The entry of the batch that is about to run.
    ahead: Option<Vec<u8>>,
}

impl<R: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Ranges<R> {
    pub(super) fn new() -> Ranges<R> {
        Ranges {
            state: Lock::new(RangesState {
                ranges: BTreeMap::new(),
                number: 0,
                changes: None,
                ahead: None,
            }),
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
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let before = std::mem::replace(&mut state.number, number);
        // The batches that were missed may be left out: then it is another one that is run first.
        let planned = state.ranges.range(before + 1..).next();
        let planned = planned.map(|(&of, (time, range))| (of, *time, range.clone()));
        let (time, range) = match planned {
            Some((of, time, range)) => {
                if of != number {
                    state.forget(of)?;
                }
                (time, range)
            }
            None => {
                let last = state.ranges.last_key_value().map(|(_, (_, range))| range);
                match ask(&SourceBatch { time, last })? {
                    Some(range) => (time.as_millis(), range),
                    None => return Ok(None),
                }
            }
        };
        if let Some(changes) = &mut state.changes {
            let mut entry = Vec::new();
            put(&mut entry, &number, number, &(time, &range)).map_err(io::Error::other)?;
            changes.extend_from_slice(&entry);
            state.ahead = Some(entry);
        }
        let older: Vec<u64> = state.ranges.range(..number).map(|(&of, _)| of).collect();
        for of in older {
            state.forget(of)?;
        }
        state.ranges.insert(number, (time, range.clone()));
        Ok(Some(range))
    }

    /// The range of a batch that was planned, if it has one.
    pub(super) fn of(&self, number: u64) -> Option<R> {
        let state = self.state.lock();
        state.ranges.get(&number).map(|(_, range)| range.clone())
    }
}

impl<R> RangesState<R> {
    fn forget(&mut self, number: u64) -> io::Result<()> {
        self.ranges.remove(&number);
        match &mut self.changes {
            Some(changes) => remove(changes, &number).map_err(io::Error::other),
            None => Ok(()),
        }
    }
}

impl<R: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Durable for Ranges<R> {
    fn record(&self) {
        self.state.lock().changes = Some(Vec::new());
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        take_only_shard(&mut self.state.lock().changes)
    }

    fn take_ahead(&self) -> Option<(u32, Vec<u8>)> {
        self.state.lock().ahead.take().map(|entry| (0, entry))
    }

    fn cut_short(&self) -> Option<(u64, i64)> {
        let state = self.state.lock();
        let mut planned = state.ranges.range(state.number + 1..);
        planned.next().map(|(&number, &(time, _))| (number, time))
    }

    fn shards(&self) -> u32 {
        1
    }

    fn snapshot(&self, _shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let state = self.state.lock();
        let mut out = Vec::new();
        for (number, range) in &state.ranges {
            put(&mut out, number, *number, range)?;
        }
        Ok((out, state.number))
    }

    fn load(&self, _origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        let mut reader = EntryReader::new(entries);
        while let Some(entry) = reader.next::<u64, (i64, R)>() {
            match entry? {
                (number, Some((_, range))) => state.ranges.insert(number, range),
                (number, None) => state.ranges.remove(&number),
            };
        }
        Ok(())
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        self.state.lock().number = number;
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
            prop_assert!(second.state.lock().ranges.len() <= 1, "older ones are forgotten");
        }
    }
}
