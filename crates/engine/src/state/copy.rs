//! A copy of a shard as of one batch, made while batches run.
//!
//! A batch must not wait until a hundred thousand keys are copied. So a shard is copied in
//! steps, and its lock let go of between them; if a batch has changed the shard meanwhile, the
//! copy is begun anew. A stream whose batches leave no time for that has its shard copied at
//! once, in the end.

#![expect(
    unsafe_code,
    reason = "DashMap's raw tables are walked slot by slot, under their lock"
)]

use std::ops::ControlFlow;
use std::time::Duration;

use crate::data::{Data, Key};
use crate::durable::Look;

use super::entry::StateEntry;
use super::store::StateStore;

/// Slots that are copied under the lock at a time: about a tenth of a millisecond. Few in tests,
/// whose shards are small.
const STEP: usize = if cfg!(test) { 32 } else { 1 << 12 };

/// The time that the lock is free between two steps. The lock has no queue: a thread that waits for it
/// has to find it free.
const PAUSE: Duration = Duration::from_micros(50);

/// The number of times that a copy is begun anew.
const TRIES: usize = 4;

/// A key with its place and state.
type Copied<K, S> = (K, u64, S);

impl<K: Key, S: Data> StateStore<K, S> {
    /// The entries of a shard, and the last batch whose changes are in them.
    pub(super) fn copy_shard(&self, shard: usize) -> (Vec<Copied<K, S>>, u64) {
        let mut copied = Vec::new();
        for _ in 0..TRIES {
            if let Some(number) = self.copy_in_steps(shard, &mut copied) {
                return (copied, number);
            }
            copied.clear();
        }
        let number = self.read_shard(shard, |key, entry| {
            copied.extend(copy(key, entry));
            ControlFlow::Continue(())
        });
        (copied, number)
    }

    /// Copies a shard unless a batch comes between; gives what it is as of.
    fn copy_in_steps(&self, shard: usize, copied: &mut Vec<Copied<K, S>>) -> Option<u64> {
        let mut version = None;
        let mut from = Look::default();
        loop {
            let mut now = (0, 0);
            // Whoever changes a shard says so first, under the lock: it is the table it was.
            let is_the_same = || {
                now = self.recorder.version(shard);
                *version.get_or_insert(now) == now
            };
            let copied = |key: &K, entry: &StateEntry<S>| copied.extend(copy(key, entry));
            match self.read_slots(shard, from, STEP, is_the_same, copied) {
                CopiedSlots::Changed => return None,
                CopiedSlots::Read(None) => return Some(now.0),
                CopiedSlots::Read(Some(next)) => from = next,
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Shows the entries in at most `most` slots of a shard, under its lock, if `first` says under
    /// the lock that they are to be shown.
    pub(super) fn read_slots(
        &self,
        shard: usize,
        from: Look,
        most: usize,
        first: impl FnOnce() -> bool,
        mut each: impl FnMut(&K, &StateEntry<S>),
    ) -> CopiedSlots {
        let table = self.map.shards()[shard].read();
        if !first() {
            return CopiedSlots::Changed;
        }
        let start = from.start(table.buckets());
        let end = table.buckets().min(start + most);
        for slot in start..end {
            // SAFETY: the slot is one of the table, which is held by its read lock.
            if unsafe { table.is_bucket_full(slot) } {
                // SAFETY: as above, and the slot is in use.
                let (key, entry) = unsafe { table.bucket(slot).as_ref() };
                each(key, entry.get());
            }
        }
        CopiedSlots::Read(Look::after(end, table.buckets()))
    }
}

/// The outcome of reading some slots of a shard.
pub(super) enum CopiedSlots {
    /// The slots were not to be shown.
    Changed,
    /// The slots were shown; the place of the next ones.
    Read(Option<Look>),
}

/// Nothing of a key whose update has panicked: its batch has failed.
fn copy<K: Key, S: Data>(key: &K, entry: &StateEntry<S>) -> Option<Copied<K, S>> {
    Some((key.clone(), entry.place(), entry.get()?.clone()))
}
