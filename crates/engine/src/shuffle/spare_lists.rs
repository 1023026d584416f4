//! The lists of entries that merges have emptied, for the runs to come.
//!
//! A run that passes its records makes a list for every shard, and the worker that merges the shard
//! empties the list. To free the list there would take the memory lock of the worker that made it, which
//! needs that lock for lists of its own (see [`own`](super::own)). So the list goes to a later run, which
//! then needs no new memory. Lists that no run of a whole batch has needed are freed.

use millrace_types::Lock;

use super::combiner::Entry;

/// Batches without a run that asks for lists, after which none are kept. Two, since the runs of a
/// batch may have asked before the one before it has ended.
const UNASKED: u32 = 2;

/// Empty lists with room.
pub(crate) struct SpareLists<K, C>(Lock<SpareOnes<K, C>>);

struct SpareOnes<K, C> {
    lists: Vec<Vec<Entry<K, C>>>,
    /// The fewest lists that there were at any time of this batch.
    fewest: usize,
    /// Batches that have ended since lists were asked for.
    unasked: u32,
}

impl<K, C> SpareLists<K, C> {
    pub(crate) fn new() -> SpareLists<K, C> {
        SpareLists(Lock::new(SpareOnes {
            lists: Vec::new(),
            fewest: 0,
            unasked: UNASKED,
        }))
    }

    /// At most `count` lists.
    pub(super) fn take(&self, count: usize) -> Vec<Vec<Entry<K, C>>> {
        let mut kept = self.0.lock();
        kept.unasked = 0;
        let left = kept.lists.len().saturating_sub(count);
        kept.fewest = kept.fewest.min(left);
        kept.lists.split_off(left)
    }

    /// Keeps lists that were emptied, if runs ask for lists.
    pub(crate) fn keep(&self, lists: impl IntoIterator<Item = Vec<Entry<K, C>>>) {
        let mut kept = self.0.lock();
        if kept.unasked < UNASKED {
            kept.lists.extend(lists);
            return;
        }
        // They are freed once the lock is let go.
        drop(kept);
        drop(lists);
    }

    /// Frees the lists that the batch which ends has not needed.
    pub(crate) fn end_batch(&self) {
        let mut kept = self.0.lock();
        let needed = kept.lists.len() - kept.fewest;
        let unneeded = kept.lists.split_off(needed);
        kept.fewest = needed;
        kept.unasked = kept.unasked.saturating_add(1);
        // Freed when the lock is.
        drop(kept);
        drop(unneeded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(room: usize) -> Vec<Entry<u32, String>> {
        Vec::with_capacity(room)
    }

    #[test]
    fn lists_that_a_whole_batch_has_not_needed_are_freed() {
        let spare = SpareLists::new();
        assert_eq!(spare.take(3).len(), 0);
        spare.keep((0..10).map(|_| list(8)));
        spare.end_batch();
        // Three at a time are needed, however often.
        for _ in 0..5 {
            let taken = spare.take(3);
            assert_eq!(taken.len(), 3);
            spare.keep(taken);
        }
        spare.end_batch();
        assert_eq!(spare.take(10).len(), 3);
        spare.end_batch();
        assert_eq!(spare.take(10).len(), 0);
    }

    #[test]
    fn lists_that_no_run_asks_for_are_not_kept() {
        let spare = SpareLists::new();
        spare.keep([list(8)]);
        assert_eq!(spare.take(1).len(), 0);
        // The last batch keeps none, and frees what the one before it has left.
        for (kept, left) in [(1, 1), (2, 1), (1, 0)] {
            spare.keep([list(8)]);
            assert_eq!(spare.0.lock().lists.len(), kept);
            spare.end_batch();
            assert_eq!(spare.0.lock().lists.len(), left);
        }
    }
}
