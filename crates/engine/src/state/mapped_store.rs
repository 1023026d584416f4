//! The state of `map_with_state`: the state map, with the time of every key's last update.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};

use millrace_types::{BatchTime, Duration, Lock};
use serde::{Deserialize, Serialize};

use crate::data::{Data, Key};
use crate::durable::{Durable, Loaded, Look, Origin, StoreError};
use crate::exec::Executor;
use crate::partition::Partitioner;
use crate::shuffle::{KeyHasher, SHARDS, shard_of};

use super::due::Due;
use super::read::{StateView, view};
use super::store::StateStore;

/// A state, and the time of the batch that updated it last, in milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timed<S> {
    pub(super) state: S,
    pub(super) updated: i64,
}

impl<S: Clone> Timed<S> {
    pub(super) fn state(&self) -> S {
        self.state.clone()
    }
}

/// Stands for the time of the first batch, which is not known before it.
const FIRST_BATCH: i64 = i64::MAX;

/// Keys with their states, and a queue of those that may have been idle for too long.
pub struct MappedStore<K: Key, S> {
    pub(super) states: Arc<StateStore<K, Timed<S>>>,
    pub(super) timeout: Option<Duration>,
    due: Vec<Lock<Due>>,
    /// True while states wait for the time of the first batch.
    initial: AtomicBool,
}

impl<K: Key, S: Data> MappedStore<K, S> {
    /// With a state before the first batch. Of two states for one key the last counts (Scala);
    /// the key's place is that of the first.
    pub fn new(
        partitioner: Arc<dyn Partitioner<K>>,
        timeout: Option<Duration>,
        initial: Vec<(K, S)>,
    ) -> MappedStore<K, S> {
        let states: StateStore<K, Timed<S>> = StateStore::new(KeyHasher::default(), partitioner);
        let some = !initial.is_empty();
        for (key, state) in initial {
            let updated = FIRST_BATCH;
            if let Some(mut entry) = states.map.get_mut(&key)
                && let Some(timed) = entry.get_mut()
            {
                timed.state = millrace_text::detached(state);
                continue;
            }
            states.seed(key, Timed { state, updated });
        }
        MappedStore {
            states: Arc::new(states),
            timeout,
            due: (0..SHARDS).map(|_| Lock::default()).collect(),
            initial: AtomicBool::new(some),
        }
    }

    /// The states as they are now.
    pub fn view(&self, executor: Executor) -> StateView<K, Timed<S>, S> {
        view(Arc::clone(&self.states), Timed::state, executor)
    }

    pub(super) fn due(&self, shard: usize) -> MutexGuard<'_, Due> {
        self.due[shard].lock()
    }

    /// The initial states count as updated by the first batch (Spark 3.5).
    pub(super) fn begin(&self, time: BatchTime, number: u64) {
        if !self.initial.swap(false, Ordering::Relaxed) {
            return;
        }
        for mut entry in self.states.map.iter_mut() {
            let (key, entry) = entry.pair_mut();
            let (hash, place) = (self.states.hasher.hash(key), entry.place());
            let Some(timed) = entry.get_mut().filter(|timed| timed.updated == FIRST_BATCH) else {
                continue;
            };
            timed.updated = time.as_millis();
            let mut record = self.states.recorder.begin(shard_of(hash), number);
            record.put(key, place, timed);
            if self.timeout.is_some() {
                self.due(shard_of(hash)).push(timed.updated, (hash, place));
            }
        }
    }

    /// Queues what was read from a checkpoint.
    fn queue_all(&self) {
        (0..SHARDS).for_each(|shard| self.due(shard).clear());
        let mut initial = false;
        for entry in &self.states.map {
            let hash = self.states.hasher.hash(entry.key());
            match entry.get().map(|timed| timed.updated) {
                Some(FIRST_BATCH) => initial = true,
                Some(updated) if self.timeout.is_some() => {
                    self.due(shard_of(hash))
                        .push(updated, (hash, entry.place()));
                }
                _ => {}
            }
        }
        self.initial.store(initial, Ordering::Relaxed);
    }
}

impl<K: Key, S: Data> Durable for MappedStore<K, S> {
    fn is_divisible(&self) -> bool {
        true
    }

    fn record(&self) {
        self.states.record();
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        self.states.take_changes()
    }

    fn shards(&self) -> u32 {
        self.states.shards()
    }

    fn snapshot(&self, shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        self.states.snapshot(shard)
    }

    fn load(&self, origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        self.states.load(origin, entries)
    }

    fn load_all(&self, sections: &[Loaded], apart: bool) -> Result<(), StoreError> {
        self.states.load_all(sections, apart)
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        self.states.loaded(number)?;
        self.queue_all();
        Ok(())
    }

    fn keys(&self) -> Option<u64> {
        Some(self.states.len() as u64)
    }

    fn look(&self, shard: u32, from: Look, most: usize, out: &mut Vec<u8>) -> Option<Look> {
        self.states
            .look_at(shard, from, most, out, |timed| &timed.state)
    }

    fn find(&self, key: &[u8], out: &mut Vec<u8>) -> bool {
        self.states.find_shown(key, out, |timed| &timed.state)
    }
}
