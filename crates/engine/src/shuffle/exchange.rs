//! Hands what the runs of one batch spilled to the shards, in the order of the runs.
//!
//! Runs end in any order; their output is *published* in the order of their numbers. A
//! published run's entries queue at their shards, and whoever has time merges a shard: one
//! thread at a time, first come first merged. That is all that the order of values and keys
//! rests on. While a batch is still coming in, shards merge as soon as enough waits, so that
//! memory follows the distinct keys and not the records, and at the tick little is left to do.
//!
//! An exchange has one *lane* for every input of its stage (a union has several): lanes are
//! independent, and appended to each other in order when the batch is finished.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use crate::data::Key;
use crate::panics::Fault;

use super::aggregate::Aggregator;
use super::combiner::{Entry, Partials};
use super::hasher::{KeyHasher, SHARDS};
use super::shard::Shard;

/// Entries that wait at a shard before it is worth bringing its table into the cache.
const WORTH_MERGING: usize = 4096;

/// Below this, merging a batch is done before another thread has woken up.
const WORTH_SHARING: usize = 1 << 14;

/// The shuffle of one stage in one batch.
pub(crate) struct Exchange<K, C> {
    lanes: Vec<Lane<K, C>>,
}

struct Lane<K, C> {
    progress: Mutex<Progress<K, C>>,
    settled: Condvar,
    shards: OnceLock<Vec<Merging<K, C>>>,
}

struct Progress<K, C> {
    /// Runs given a number so far.
    claimed: u64,
    /// Runs published so far; the number of the next one to be.
    published: u64,
    /// Ended runs whose turn has not come.
    ended: BTreeMap<u64, Partials<K, C>>,
    /// Blocks offered and not yet part of a published run.
    outstanding: usize,
    /// Blocks of each claimed run that is not published.
    sizes: BTreeMap<u64, usize>,
    /// The first panic of user code, which ends the batch.
    failure: Option<Fault>,
}

struct Merging<K, C> {
    queue: Mutex<Waiting<K, C>>,
    shard: Mutex<Shard<K, C>>,
}

struct Waiting<K, C> {
    runs: Vec<(u64, Vec<Entry<K, C>>)>,
    entries: usize,
}

impl<K: Key, C: Send> Exchange<K, C> {
    pub(crate) fn new(lanes: usize) -> Exchange<K, C> {
        let lane = || Lane {
            progress: Mutex::new(Progress {
                claimed: 0,
                published: 0,
                ended: BTreeMap::new(),
                outstanding: 0,
                sizes: BTreeMap::new(),
                failure: None,
            }),
            settled: Condvar::new(),
            shards: OnceLock::new(),
        };
        Exchange {
            lanes: (0..lanes).map(|_| lane()).collect(),
        }
    }

    /// Says that a block is coming.
    pub(crate) fn expect(&self, lane: usize) {
        self.lanes[lane].lock().outstanding += 1;
    }

    /// Numbers a run of `blocks` expected blocks. Blocks are claimed in their order.
    pub(crate) fn claim(&self, lane: usize, blocks: usize) -> u64 {
        let mut progress = self.lanes[lane].lock();
        let run = progress.claimed;
        progress.claimed += 1;
        progress.sizes.insert(run, blocks);
        run
    }

    /// Takes the output of a run and publishes what has its turn. Then merges shards where
    /// enough waits and nobody is at it. `shard` makes an empty shard.
    pub(crate) fn publish<V, A: Aggregator<V, Acc = C>>(
        &self,
        lane: usize,
        run: u64,
        output: Partials<K, C>,
        aggregator: &A,
        hasher: &KeyHasher,
        shard: impl Fn() -> Shard<K, C>,
    ) {
        let lane = &self.lanes[lane];
        let shards = lane.shards(shard);
        let mut progress = lane.lock();
        progress.ended.insert(run, output);
        let mut blocks = 0;
        loop {
            let number = progress.published;
            let Some(output) = progress.ended.remove(&number) else {
                break;
            };
            for (merging, entries) in shards.iter().zip(output.shards) {
                if !entries.is_empty() {
                    let mut queue = lock(&merging.queue);
                    queue.entries += entries.len();
                    queue.runs.push((number, entries));
                }
            }
            progress.published += 1;
            blocks += progress.sizes.remove(&number).unwrap_or(0);
        }
        drop(progress);
        for merging in shards {
            // Whoever holds the lock sees what was queued before it took the queue; what came
            // later is seen by the next publisher or by `finish`.
            while lock(&merging.queue).entries >= WORTH_MERGING {
                let Ok(mut shard) = merging.shard.try_lock() else {
                    break;
                };
                merging.merge(&mut shard, aggregator, hasher);
            }
        }
        // Only now: user code that panics in a merge has to fail the batch before it is taken
        // for finished.
        let mut progress = lane.lock();
        progress.outstanding -= blocks;
        let settled = progress.outstanding == 0;
        drop(progress);
        if settled {
            lane.settled.notify_all();
        }
    }

    /// Notes that a run has failed, by user code or by what it read, and its batch with it.
    pub(crate) fn fail(&self, lane: usize, fault: Fault) {
        let lane = &self.lanes[lane];
        lane.lock().failure.get_or_insert(fault);
        lane.settled.notify_all();
    }

    /// Waits for all expected blocks, merges what is left, and gives the shards; `None` for a
    /// batch without any. An error is the fault of the first run that failed.
    ///
    /// Called by the thread that runs the batch, which is no worker.
    pub(crate) fn finish<V, A: Aggregator<V, Acc = C>>(
        &self,
        aggregator: &A,
        hasher: &KeyHasher,
        share: impl FnOnce(&(dyn Fn() + Sync)),
    ) -> Result<Option<Vec<Shard<K, C>>>, Fault> {
        let mut runs = 0;
        let mut before = Vec::new();
        for lane in &self.lanes {
            let mut progress = lane
                .settled
                .wait_while(lane.lock(), |p| p.outstanding > 0 && p.failure.is_none())
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(fault) = progress.failure.take() {
                return Err(fault);
            }
            before.push(runs);
            runs += progress.published;
        }
        let lanes: Vec<_> = self
            .lanes
            .iter()
            .zip(before)
            .filter_map(|(lane, runs)| Some((lane.shards.get()?, runs)))
            .collect();
        if lanes.is_empty() {
            return Ok(None);
        }
        let finish_shard = |index: usize| {
            let mut whole: Option<Shard<K, C>> = None;
            for (shards, runs) in &lanes {
                let merging: &Merging<K, C> = &shards[index];
                let mut shard = lock(&merging.shard);
                merging.merge(&mut shard, aggregator, hasher);
                let shard = std::mem::replace(&mut *shard, Shard::new());
                match &mut whole {
                    None => whole = Some(shard),
                    Some(whole) => whole.append(shard, *runs, aggregator, hasher),
                }
            }
            whole.unwrap_or_else(Shard::new)
        };
        let left: usize = lanes
            .iter()
            .flat_map(|(shards, _)| shards.iter())
            .map(|merging| lock(&merging.queue).entries)
            .sum();
        if left < WORTH_SHARING && lanes.len() == 1 {
            return Ok(Some((0..SHARDS).map(finish_shard).collect()));
        }
        let finished = Mutex::new(Vec::new());
        share(&|| {
            let shards = (0..SHARDS)
                .into_par_iter()
                .with_max_len(1)
                .map(finish_shard)
                .collect();
            *lock(&finished) = shards;
        });
        Ok(Some(
            finished
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

impl<K, C> Lane<K, C> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Progress<K, C>> {
        lock(&self.progress)
    }

    fn shards(&self, shard: impl Fn() -> Shard<K, C>) -> &[Merging<K, C>] {
        self.shards.get_or_init(|| {
            let merging = || Merging {
                queue: Mutex::new(Waiting {
                    runs: Vec::new(),
                    entries: 0,
                }),
                shard: Mutex::new(shard()),
            };
            (0..SHARDS).map(|_| merging()).collect()
        })
    }
}

impl<K: Key, C> Merging<K, C> {
    /// Merges all that waits. The queue is taken while the shard is held: order is kept.
    fn merge<V, A: Aggregator<V, Acc = C>>(
        &self,
        shard: &mut Shard<K, C>,
        aggregator: &A,
        hasher: &KeyHasher,
    ) {
        let runs = {
            let mut queue = lock(&self.queue);
            queue.entries = 0;
            std::mem::take(&mut queue.runs)
        };
        for (run, entries) in runs {
            shard.merge(run, entries, aggregator, hasher);
        }
    }
}

/// A panic while a lock was held was user code in a merge; it has been reported as the batch's
/// failure, and nobody reads what it left.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
