//! The state map, and how it is read.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, Once};

use dashmap::DashMap;
use millrace_types::Lock;

use crate::data::{Data, Key};
use crate::durable::Recorder;
use crate::order::Earliest;
use crate::partition::Partitioner;
use crate::shuffle::{KeyHasher, SHARDS, shard_of};
use crate::store::Order;

use super::entry::StateEntry;
use super::head::{HEAD, Head};
use super::moves::Moves;
use super::placed::PlacesGiven;

/// Keys with their state; see the module head of [`state`](super).
pub struct StateStore<K: Key, S> {
    pub(super) map: DashMap<K, StateEntry<S>, KeyHasher>,
    pub(super) hasher: KeyHasher,
    pub(super) partitioner: Arc<dyn Partitioner<K>>,
    head: Lock<Head<K>>,
    /// The place that comes after all given ones.
    pub(super) next_place: AtomicU64,
    /// Batches folded in so far.
    generation: AtomicU64,
    pub(super) order: Lock<Order>,
    /// By shard, the slots of keys that are not in the order yet.
    placed: Vec<Lock<PlacesGiven>>,
    pub(super) recorder: Recorder,
    /// Done once the states here were read from a checkpoint, and not given by the program.
    pub(super) loaded: Once,
}

impl<K: Key, S: Data> StateStore<K, S> {
    /// A store without keys, with as many partitions as `partitioner` has.
    pub fn new(hasher: KeyHasher, partitioner: Arc<dyn Partitioner<K>>) -> StateStore<K, S> {
        let map = DashMap::with_capacity_and_hasher_and_shard_amount(0, hasher.clone(), SHARDS);
        StateStore {
            map,
            hasher,
            partitioner,
            head: Lock::new(Head::new()),
            next_place: AtomicU64::new(0),
            generation: AtomicU64::new(0),
            order: Lock::default(),
            placed: (0..SHARDS).map(|_| Lock::default()).collect(),
            recorder: Recorder::new(SHARDS),
            loaded: Once::new(),
        }
    }

    /// Puts a state in before the first batch, unless the key has one.
    pub fn seed(&self, key: K, state: S) {
        let key = millrace_text::detached(key);
        if !self.map.contains_key(&key) {
            let place = self.next_place.fetch_add(1, Ordering::Relaxed);
            self.head()
                .offer(place, &key, || self.partitioner.partition(&key));
            self.insert(key, millrace_text::detached(state), place);
        }
    }

    /// Puts an entry in that no batch has touched.
    pub(super) fn insert(&self, key: K, state: S, place: u64) {
        let mut entry = StateEntry::new(state, place);
        entry.untouch();
        self.placed(shard_of(self.hasher.hash(&key))).forget();
        self.map.insert(key, entry);
    }

    /// Ends a batch: all places below `next` are given, and the first keys are what `moves` made
    /// of them, which are those of all shards, or none.
    pub(super) fn moved(&self, moves: impl IntoIterator<Item = Moves<K>>, mut next: u64) {
        let forgets = Order::forgets(&self.order, self.generation());
        let mut head = self.head();
        for (shard, moves) in moves.into_iter().enumerate() {
            let mut placed = self.placed(shard);
            if forgets {
                placed.forget();
            } else {
                placed.note(moves.slots);
            }
            next = next.max(moves.places);
            for (place, key) in &moves.new {
                head.offer(*place, key, || self.partitioner.partition(key));
            }
            moves.removed.iter().for_each(|&place| head.forget(place));
        }
        self.next_place.store(next, Ordering::Relaxed);
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn head(&self) -> MutexGuard<'_, Head<K>> {
        self.head.lock()
    }

    pub(super) fn placed(&self, shard: usize) -> MutexGuard<'_, PlacesGiven> {
        self.placed[shard].lock()
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    pub(super) fn partitions(&self) -> usize {
        self.partitioner.partitions()
    }

    /// The number of keys.
    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// The first `count` keys with what `shown` makes of their states.
    pub(super) fn take<T>(&self, count: usize, shown: impl Fn(&S) -> T) -> Vec<(K, T)> {
        let mut head = self.head();
        if count <= HEAD && head.first(count).is_none() {
            let mut rebuilt = Head::new();
            for entry in &self.map {
                rebuilt.offer(entry.place(), entry.key(), || {
                    self.partitioner.partition(entry.key())
                });
            }
            *head = rebuilt;
        }
        if let Some(keys) = head.first(count) {
            let state = |key: &K| Some((key.clone(), shown(self.map.get(key)?.get()?)));
            return keys.filter_map(state).collect();
        }
        drop(head);
        let mut earliest = Earliest::new(count);
        for entry in &self.map {
            if let Some(state) = entry.get() {
                let record = || (entry.key().clone(), shown(state));
                let partition = || self.partitioner.partition(entry.key());
                earliest.offer_with(entry.place(), partition, record);
            }
        }
        earliest.into_records().collect()
    }
}

impl<K: Key, S> fmt::Debug for StateStore<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateStore").finish_non_exhaustive()
    }
}
