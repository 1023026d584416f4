//! Which worker merges a shard, and gives its memory back, if it has the choice.
//!
//! The allocator keeps memory by thread: lists that one worker has made and another one grows or
//! frees take a lock that the first one takes for each list of its own. So a shard of values that
//! have memory of their own has a worker of its own, batch after batch. Where that worker has no time,
//! any worker that has merges the shard.

use std::mem::needs_drop;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

/// True if a shard of values of this type has a worker of its own.
pub(crate) const fn has_own_worker<C>() -> bool {
    needs_drop::<C>()
}

/// True if a shard is this thread's own; to a thread that is no worker all are.
pub(super) fn is_own(shard: usize) -> bool {
    rayon::current_thread_index()
        .is_none_or(|worker| shard % rayon::current_num_threads() == worker)
}

/// Calls `each` once for every one of so many shards, on the workers: each does its own first, and
/// then what the others have not come to.
pub(super) fn own_first(shards: usize, each: impl Fn(usize) + Sync) {
    let taken: Vec<AtomicBool> = (0..shards).map(|_| AtomicBool::new(false)).collect();
    let take = |shard: usize| {
        if !taken[shard].swap(true, Ordering::Relaxed) {
            each(shard);
        }
    };
    let tasks = (0..rayon::current_num_threads().min(shards)).into_par_iter();
    tasks.with_max_len(1).for_each(|_| {
        own_first_of(shards).for_each(take);
    });
}

/// The numbers of so many shards, some of them twice: first this thread's own, then all.
pub(crate) fn own_first_of(shards: usize) -> impl Iterator<Item = usize> {
    (0..shards).filter(|&shard| is_own(shard)).chain(0..shards)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use crate::exec::Executor;

    use super::*;

    #[test]
    fn every_shard_is_taken_once_however_many_workers_there_are() {
        for workers in [1, 2, 3, 16] {
            let executor = Executor::new(workers).expect("threads");
            let times: Vec<AtomicUsize> = (0..64).map(|_| AtomicUsize::new(0)).collect();
            executor.run(|| {
                own_first(times.len(), |shard| {
                    times[shard].fetch_add(1, Ordering::Relaxed);
                });
            });
            assert!(times.iter().all(|times| times.load(Ordering::Relaxed) == 1));
        }
    }
}
