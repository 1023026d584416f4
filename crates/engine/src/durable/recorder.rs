//! A record of what a batch has changed in a store, shard by shard, if a checkpoint asked for
//! it.
//!
//! A change is written down where it is made, by the worker that makes it, while key and value
//! are at hand; nothing is looked for afterwards. If nobody asked, a change costs a branch.
//!
//! A shard also says which batch it is of. It says so before it takes the batch's first change:
//! of a batch that fails half done there is no commit, so nothing that was read of its shards can
//! be taken for the state before it.

use std::ops::Range;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_types::Lock;
use serde::Serialize;

use super::entry;
use super::error::StoreError;

/// The changes of a store since they were last taken.
pub(crate) struct Recorder {
    on: AtomicBool,
    shards: Vec<Lock<ShardLog>>,
}

#[derive(Default)]
struct ShardLog {
    entries: Vec<u8>,
    /// The last batch that changed the shard or could have.
    as_of: u64,
    /// The number of times that changes were begun.
    begun: u64,
    /// Why something could not be written down.
    failed: Option<StoreError>,
}

impl Recorder {
    pub(crate) fn new(shards: usize) -> Recorder {
        Recorder {
            on: AtomicBool::new(false),
            shards: (0..shards).map(|_| Lock::default()).collect(),
        }
    }

    pub(crate) fn start(&self) {
        self.on.store(true, Ordering::Relaxed);
    }

    /// True if a checkpoint has asked for changes.
    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Begins the changes of batch `number` to a shard, whose lock the caller holds.
    pub(crate) fn begin(&self, shard: usize, number: u64) -> Record<'_> {
        let mut log = self.shards[shard].lock();
        log.as_of = number;
        log.begun += 1;
        Record {
            log,
            on: self.is_on(),
        }
    }

    /// The last batch whose changes are in the shard, whose lock the caller holds.
    pub(crate) fn as_of(&self, shard: usize) -> u64 {
        self.shards[shard].lock().as_of
    }

    /// [`as_of`](Recorder::as_of), and a number that is another one when the shard was changed.
    pub(crate) fn version(&self, shard: usize) -> (u64, u64) {
        let log = self.shards[shard].lock();
        (log.as_of, log.begun)
    }

    /// Says that `number` is the last batch whose changes are in the shards.
    pub(crate) fn loaded(&self, number: u64) {
        for shard in &self.shards {
            shard.lock().as_of = number;
        }
    }

    /// Takes what was recorded, of shards where there is something.
    pub(crate) fn take(&self) -> Vec<(u32, Vec<u8>)> {
        let taken = (0..).zip(&self.shards).map(|(shard, log)| {
            let entries = std::mem::take(&mut log.lock().entries);
            (shard, entries)
        });
        taken.filter(|(_, entries)| !entries.is_empty()).collect()
    }

    /// # Errors
    /// The first thing that could not be written down, in words for the program's author.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let failed = |shard: &Lock<ShardLog>| shard.lock().failed.clone();
        match self.shards.iter().find_map(failed) {
            None => Ok(()),
            Some(error) => Err(StoreError::unwritable("what is kept of a key", error)),
        }
    }
}

/// The changes of one batch to one shard.
pub struct Record<'a> {
    log: MutexGuard<'a, ShardLog>,
    on: bool,
}

impl Record<'_> {
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    /// The key has this value now.
    #[inline]
    pub fn put<K: Serialize, V: Serialize>(&mut self, key: &K, place: u64, value: &V) {
        if self.on {
            self.write(|entries| entry::put(entries, key, place, value));
        }
    }

    /// The key is gone.
    #[inline]
    pub fn remove<K: Serialize>(&mut self, key: &K) {
        if self.on {
            self.write(|entries| entry::remove(entries, key));
        }
    }

    /// Takes entries that were written down already.
    pub(crate) fn extend(&mut self, entries: &[u8]) {
        if self.on {
            self.log.entries.extend_from_slice(entries);
        }
    }

    /// Writes an entry as it is before the program's function sees it, for
    /// `put_if_changed`.
    pub fn before<K: Serialize, V: Serialize>(
        &mut self,
        old: &mut Vec<u8>,
        key: &K,
        place: u64,
        value: &V,
    ) -> Range<usize> {
        let start = old.len();
        if self.on
            && let Err(error) = entry::put(old, key, place, value)
        {
            self.log.failed.get_or_insert(error);
        }
        start..old.len()
    }

    /// The key has this value now. Nothing is written if the entry equals `before`: the function of a
    /// program sees every key in every batch and leaves most of them unchanged.
    pub(crate) fn put_if_changed<K: Serialize, V: Serialize>(
        &mut self,
        key: &K,
        place: u64,
        value: &V,
        before: &[u8],
    ) {
        if !self.on {
            return;
        }
        let start = self.log.entries.len();
        self.put(key, place, value);
        if self.log.entries[start..] == *before {
            self.log.entries.truncate(start);
        }
    }

    #[inline(never)]
    fn write(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), StoreError>) {
        let start = self.log.entries.len();
        if let Err(error) = write(&mut self.log.entries) {
            self.log.entries.truncate(start);
            self.log.failed.get_or_insert(error);
        }
    }
}
