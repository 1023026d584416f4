//! Hands what the runs of one batch flushed to the shards, in the order of the runs.
//!
//! Runs end in any order; their output is *published* in the order of their numbers. A
//! published run's entries queue at their shards, and whoever has time merges a shard: one
//! thread at a time, first come first merged. That is all that the order of values and keys
//! rests on. While a batch is still coming in, shards merge as soon as enough waits, so that
//! memory follows the distinct keys and not the records, and at the tick little is left to do.
//! Lists and other values with memory of their own are left to one worker, as long as not too many
//! wait (see [`own`](super::own)).
//!
//! An exchange has one *lane* for every input of its stage (a union has several, a join two): lanes
//! are independent, and appended to each other in order when the batch is finished. A lane behind
//! the first one whose keys hardly repeat lets its entries wait for that, as long as they are
//! not too many: merged before, each would be tabled in the lane's own shard, moved out, hashed and
//! tabled again.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use millrace_types::{Lock, Wakeup};
use rayon::prelude::*;

use crate::data::Key;
use crate::panics::Fault;

use super::aggregate::Aggregator;
use super::combiner::Partials;
use super::hasher::{KeyHasher, SHARDS};
use super::own::{has_own_worker, is_own, own_first};
use super::shard::Shard;
use super::spare_lists::SpareLists;
use super::unmerged::{RunEntries, Unmerged};

/// Entries that wait at a shard before it is worth bringing its table into the cache. Few in tests,
/// whose runs are short.
const WORTH_MERGING: usize = if cfg!(test) { 16 } else { 4096 };

/// Entries that wait at a shard of a later lane whose keys hardly repeat, and at one that another
/// worker is to merge because values have memory of their own: all shards together have a million.
const WORTH_A_SHARD: usize = 4 * WORTH_MERGING;

/// Below this, merging a batch is done before another thread has woken up.
const WORTH_SHARING: usize = 1 << 14;

/// The shuffle of one stage in one batch.
pub(crate) struct Exchange<K, C> {
    lanes: Vec<Lane<K, C>>,
    /// Lists that merges have emptied.
    spare: Arc<SpareLists<K, C>>,
}

struct Lane<K, C> {
    progress: Lock<Progress<K, C>>,
    settled: Wakeup,
    shards: OnceLock<Vec<Merging<K, C>>>,
    /// Entries that wait at a shard if their keys hardly repeat.
    worth_merging: usize,
}

struct Progress<K, C> {
    /// Runs given a number so far.
    claimed: u64,
    /// Runs published so far; the number of the next one to be.
    published: u64,
    /// Arrivals in the published runs.
    arrivals: u64,
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
    queue: Lock<Waiting<K, C>>,
    /// The shard, once anything was merged.
    shard: Lock<Option<Shard<K, C>>>,
}

struct Waiting<K, C> {
    /// The entries of runs, each with the arrivals before it.
    runs: Vec<RunEntries<K, C>>,
    entries: usize,
    /// The number of them that are of runs whose keys hardly repeat.
    passed: usize,
}

impl<K: Key, C: Send> Exchange<K, C> {
    pub(crate) fn new(lanes: usize, spare: &Arc<SpareLists<K, C>>) -> Exchange<K, C> {
        let lane = |number| Lane {
            progress: Lock::new(Progress {
                claimed: 0,
                published: 0,
                arrivals: 0,
                ended: BTreeMap::new(),
                outstanding: 0,
                sizes: BTreeMap::new(),
                failure: None,
            }),
            settled: Wakeup::default(),
            shards: OnceLock::new(),
            worth_merging: if number == 0 {
                WORTH_MERGING
            } else {
                WORTH_A_SHARD
            },
        };
        Exchange {
            lanes: (0..lanes).map(lane).collect(),
            spare: Arc::clone(spare),
        }
    }

    /// Says that a block is coming.
    pub(crate) fn expect(&self, lane: usize) {
        self.lanes[lane].progress.lock().outstanding += 1;
    }

    /// Numbers a run of `blocks` expected blocks. Blocks are claimed in their order.
    pub(crate) fn claim(&self, lane: usize, blocks: usize) -> u64 {
        let mut progress = self.lanes[lane].progress.lock();
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
        shard: impl Fn() -> Shard<K, C>,
    ) {
        let lane = &self.lanes[lane];
        let shards = lane.shards();
        let worth_merging = if output.hardly_repeats {
            lane.worth_merging
        } else {
            WORTH_MERGING
        };
        let mut progress = lane.progress.lock();
        progress.ended.insert(run, output);
        let mut blocks = 0;
        loop {
            let number = progress.published;
            let Some(output) = progress.ended.remove(&number) else {
                break;
            };
            for (merging, entries) in shards.iter().zip(output.shards) {
                if !entries.is_empty() {
                    let mut queue = merging.queue.lock();
                    queue.entries += entries.len();
                    if output.hardly_repeats {
                        queue.passed += entries.len();
                    }
                    queue.runs.push((progress.arrivals, entries));
                }
            }
            progress.published += 1;
            progress.arrivals += u64::from(output.arrivals);
            blocks += progress.sizes.remove(&number).unwrap_or(0);
        }
        drop(progress);
        for (index, merging) in shards.iter().enumerate() {
            let waits = has_own_worker::<C>() && !is_own(index);
            let worth_merging = if waits { WORTH_A_SHARD } else { worth_merging };
            // Whoever holds the lock sees what was queued before it took the queue; what came
            // later is seen by the next publisher or by `finish`. A shard in which a merge has
            // panicked is touched by nobody: the batch has failed.
            while merging.queue.lock().entries >= worth_merging {
                let Some(mut own) = merging.shard.try_lock() else {
                    break;
                };
                let own = own.get_or_insert_with(&shard);
                merging.merge_into(own, 0, aggregator, &self.spare);
            }
        }
        // Only now: user code that panics in a merge has to fail the batch before it is taken
        // for finished.
        let mut progress = lane.progress.lock();
        progress.outstanding -= blocks;
        let settled = progress.outstanding == 0;
        drop(progress);
        if settled {
            lane.settled.notify_all();
        }
    }

    /// Notes that a run has failed, by user code or by its input, which fails its batch.
    pub(crate) fn fail(&self, lane: usize, fault: Fault) {
        let lane = &self.lanes[lane];
        lane.progress.lock().failure.get_or_insert(fault);
        lane.settled.notify_all();
    }

    /// Waits for all expected blocks, merges what is left, and gives the shards; `None` for a
    /// batch without any. An error is the fault of the first run that failed. `shard` makes an
    /// empty shard.
    ///
    /// Called by the thread that runs the batch, which is no worker.
    pub(crate) fn finish<V, A: Aggregator<V, Acc = C>>(
        &self,
        aggregator: &A,
        hasher: &KeyHasher,
        shard: impl Fn() -> Shard<K, C> + Sync,
        share: impl FnOnce(&(dyn Fn() + Sync)),
    ) -> Result<Option<Vec<Shard<K, C>>>, Fault> {
        let lanes = self.settled()?;
        let spare = &self.spare;
        Ok(merged(&lanes, aggregator, hasher, shard, share, spare))
    }

    /// [`finish`](Exchange::finish) for a store that looks for every key in its own table: entries
    /// of one lane whose keys hardly repeat are given as they wait.
    pub(crate) fn finish_unmerged<V, A: Aggregator<V, Acc = C>>(
        &self,
        aggregator: &A,
        hasher: &KeyHasher,
        shard: impl Fn() -> Shard<K, C> + Sync,
        share: impl FnOnce(&(dyn Fn() + Sync)),
    ) -> Result<Option<Vec<Unmerged<K, C>>>, Fault> {
        let lanes = self.settled()?;
        if let &[(shards, _)] = lanes.as_slice()
            && hardly_repeats(shards)
        {
            let taken = shards.iter().map(|merging| merging.take(&self.spare));
            return Ok(Some(taken.collect()));
        }
        let merged = merged(&lanes, aggregator, hasher, shard, share, &self.spare);
        Ok(merged.map(|shards| shards.into_iter().map(Unmerged::from).collect()))
    }

    /// Waits for all expected blocks, and gives the shards of the lanes that have any, each lane
    /// with the arrivals before it.
    fn settled(&self) -> Result<Vec<SettledLane<'_, K, C>>, Fault> {
        let mut arrivals = 0;
        let mut before = Vec::new();
        for lane in &self.lanes {
            let open = |lane: &mut Progress<K, C>| lane.outstanding > 0 && lane.failure.is_none();
            let mut progress = lane.settled.wait_while(lane.progress.lock(), open);
            if let Some(fault) = progress.failure.take() {
                return Err(fault);
            }
            before.push(arrivals);
            arrivals += progress.arrivals;
        }
        let lanes = self.lanes.iter().zip(before);
        let lanes = lanes.filter_map(|(lane, arrivals)| Some((&**lane.shards.get()?, arrivals)));
        Ok(lanes.collect())
    }
}

/// The shards of a lane that has any, and the arrivals before it.
type SettledLane<'a, K, C> = (&'a [Merging<K, C>], u64);

/// True if most entries that wait are of runs whose keys hardly repeat.
fn hardly_repeats<K, C>(shards: &[Merging<K, C>]) -> bool {
    let waiting = shards.iter().map(|merging| {
        let queue = merging.queue.lock();
        (queue.entries, queue.passed)
    });
    let (entries, passed) = waiting.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    passed > entries / 2
}

/// Merges all that waits, on the workers if there is much of it; `None` if there are no lanes.
fn merged<K: Key, C: Send, V, A: Aggregator<V, Acc = C>>(
    lanes: &[SettledLane<'_, K, C>],
    aggregator: &A,
    hasher: &KeyHasher,
    shard: impl Fn() -> Shard<K, C> + Sync,
    share: impl FnOnce(&(dyn Fn() + Sync)),
    spare: &SpareLists<K, C>,
) -> Option<Vec<Shard<K, C>>> {
    // Nothing has arrived before the first one: a lane without shards had no run.
    let ((first, _), later) = lanes.split_first()?;
    let finish_shard = |index: usize| {
        let merging: &Merging<K, C> = &first[index];
        let mut whole = merging.shard.lock().take().unwrap_or_else(&shard);
        merging.merge_into(&mut whole, 0, aggregator, spare);
        for (shards, before) in later {
            let merging: &Merging<K, C> = &shards[index];
            if let Some(own) = merging.shard.lock().take() {
                whole.append(own, *before, aggregator, hasher);
            }
            merging.merge_into(&mut whole, *before, aggregator, spare);
        }
        whole
    };
    let waiting = lanes.iter().flat_map(|(shards, _)| shards.iter());
    let left: usize = waiting.map(|merging| merging.queue.lock().entries).sum();
    if left < WORTH_SHARING && lanes.len() == 1 {
        return Some((0..SHARDS).map(finish_shard).collect());
    }
    if has_own_worker::<C>() {
        let finished: Vec<Lock<Option<Shard<K, C>>>> =
            (0..SHARDS).map(|_| Lock::new(None)).collect();
        share(&|| {
            own_first(SHARDS, |index| {
                let whole = finish_shard(index);
                *finished[index].lock() = Some(whole);
            });
        });
        return finished.into_iter().map(Lock::into_inner).collect();
    }
    let finished = Lock::new(Vec::new());
    share(&|| {
        let shards = (0..SHARDS)
            .into_par_iter()
            .with_max_len(1)
            .map(finish_shard)
            .collect();
        *finished.lock() = shards;
    });
    Some(finished.into_inner())
}

impl<K, C> Lane<K, C> {
    fn shards(&self) -> &[Merging<K, C>] {
        self.shards.get_or_init(|| {
            let merging = || Merging {
                queue: Lock::new(Waiting {
                    runs: Vec::new(),
                    entries: 0,
                    passed: 0,
                }),
                shard: Lock::new(None),
            };
            (0..SHARDS).map(|_| merging()).collect()
        })
    }
}

impl<K: Key, C> Merging<K, C> {
    /// Merges all that waits, behind `before` arrivals. The caller holds the shard while the
    /// queue is taken, or is the last to come: order is kept.
    fn merge_into<V, A: Aggregator<V, Acc = C>>(
        &self,
        shard: &mut Shard<K, C>,
        before: u64,
        aggregator: &A,
        spare: &SpareLists<K, C>,
    ) {
        let mut runs = self.take_runs();
        for (earlier, entries) in &mut runs {
            shard.merge(before + *earlier, entries, aggregator);
        }
        spare.keep(runs.into_iter().map(|(_, emptied)| emptied));
    }

    /// Takes what waits.
    fn take_runs(&self) -> Vec<RunEntries<K, C>> {
        let mut queue = self.queue.lock();
        (queue.entries, queue.passed) = (0, 0);
        std::mem::take(&mut queue.runs)
    }

    /// Takes the shard, as far as it was merged, and what waits behind it.
    fn take(&self, spare: &Arc<SpareLists<K, C>>) -> Unmerged<K, C> {
        Unmerged {
            merged: self.shard.lock().take(),
            runs: self.take_runs(),
            spare: Some(Arc::clone(spare)),
        }
    }
}

#[cfg(test)]
mod tests;
