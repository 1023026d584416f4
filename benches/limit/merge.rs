//! The end of an interval: what the two threads have counted becomes one.
//!
//! Each thread merges the keys of one half of the hashes, from both threads'
//! tables into a third one. All three are walked front to back, so even a
//! million keys cost little more than reading them.

use std::collections::HashMap;
use std::sync::{Barrier, Mutex, MutexGuard, RwLock, RwLockWriteGuard};

use millrace_benches::checksum;

use crate::count::{Counter, word};
use crate::table::Table;

/// The sums over all intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Words of all intervals.
    pub(crate) words: u64,
    /// Different words of the interval that had the most.
    pub(crate) distinct: u64,
    /// Intervals that had words.
    pub(crate) intervals: u64,
    /// See [`checksum`].
    pub(crate) checksum: u64,
}

/// The place where the two threads meet.
#[derive(Debug)]
pub(crate) struct Meeting {
    counters: [RwLock<Counter>; 2],
    halves: [Mutex<Half>; 2],
    barrier: Barrier,
    summary: Mutex<Summary>,
}

/// Half of the keys of an interval.
#[derive(Debug)]
struct Half {
    short: Table<1, 1>,
    middle: Table<2, 1>,
    long: HashMap<Box<[u8]>, u64>,
    distinct: u64,
    checksum: u64,
}

impl Default for Meeting {
    fn default() -> Self {
        Self {
            counters: Default::default(),
            halves: Default::default(),
            barrier: Barrier::new(2),
            summary: Mutex::default(),
        }
    }
}

impl Meeting {
    /// The counter of a thread, which locks it for a block.
    pub(crate) fn counter(&self, side: usize) -> RwLockWriteGuard<'_, Counter> {
        self.counters[side].write().expect("not poisoned")
    }

    /// Merges half of the keys while the other thread merges the other half.
    pub(crate) fn merge(&self, side: usize) {
        self.barrier.wait();
        {
            let counters = self
                .counters
                .each_ref()
                .map(|one| one.read().expect("not poisoned"));
            self.half(side).merge([&counters[0], &counters[1]], side);
        }
        if self.barrier.wait().is_leader() {
            let counters = self
                .counters
                .each_ref()
                .map(|one| one.read().expect("not poisoned"));
            let halves = [self.half(0), self.half(1)];
            let words = counters.iter().map(|counter| counter.words).sum::<u64>();
            let mut summary = self.summary.lock().expect("not poisoned");
            summary.words += words;
            summary.intervals += u64::from(words > 0);
            summary.distinct = summary
                .distinct
                .max(halves.iter().map(|half| half.distinct).sum());
            for half in &halves {
                summary.checksum = summary.checksum.wrapping_add(half.checksum);
            }
        }
        self.barrier.wait();
        self.counter(side).clear();
    }

    pub(crate) fn into_summary(self) -> Summary {
        self.summary.into_inner().expect("not poisoned")
    }

    fn half(&self, side: usize) -> MutexGuard<'_, Half> {
        self.halves[side].lock().expect("not poisoned")
    }
}

impl Default for Half {
    fn default() -> Self {
        Self {
            short: Table::new(),
            middle: Table::new(),
            long: HashMap::new(),
            distinct: 0,
            checksum: 0,
        }
    }
}

impl Half {
    fn merge(&mut self, counters: [&Counter; 2], side: usize) {
        self.distinct = 0;
        self.checksum = 0;
        merge(
            &mut self.short,
            counters.map(|counter| &counter.short),
            side,
        );
        merge(
            &mut self.middle,
            counters.map(|counter| &counter.middle),
            side,
        );
        // The long words are few, and one thread's.
        self.long.clear();
        for (word, count) in counters
            .iter()
            .filter(|_| side == 0)
            .flat_map(|one| &one.long)
        {
            *self.long.entry(word.clone()).or_default() += count;
        }
        let mut bytes = [0; 16];
        let (mut distinct, mut sum) = (0, 0u64);
        let mut add = |word: &[u8], count: u64| {
            distinct += u64::from(count > 0);
            sum = sum.wrapping_add(checksum::term(word, count));
        };
        self.short
            .iter()
            .for_each(|slot| add(word(slot.key, &mut bytes), slot.count));
        self.middle
            .iter()
            .for_each(|slot| add(word(slot.key, &mut bytes), slot.count));
        self.long.iter().for_each(|(word, &count)| add(word, count));
        self.distinct = distinct;
        self.checksum = sum;
    }
}

fn merge<const K: usize>(into: &mut Table<K, 1>, from: [&Table<K>; 2], side: usize) {
    into.clear();
    for table in from {
        into.reserve(table.len() / 2);
        for slot in table.half(side) {
            into.reserve(1);
            into.add(slot.key, slot.count);
        }
    }
}
