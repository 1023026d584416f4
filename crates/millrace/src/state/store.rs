//! The state map and its one update a batch.

#![expect(
    unsafe_code,
    reason = "DashMap's raw tables are walked in place, under their lock"
)]

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::{DashMap, SharedValue};
use rayon::prelude::*;

use crate::data::{Data, Key};
use crate::exec::Executor;
use crate::order::Earliest;
use crate::partition::Partitioner;
use crate::shuffle::{KeyHasher, SHARDS, Shard, Values, shard_of};

use super::Update;
use super::entry::Entry;
use super::head::{HEAD, Head};

/// Keys with their state; see the module head of [`state`](super).
pub(crate) struct StateStore<K: Key, S> {
    map: DashMap<K, Entry<S>, KeyHasher>,
    hasher: KeyHasher,
    partitioner: Arc<dyn Partitioner<K>>,
    head: Mutex<Head<K>>,
    /// The place that comes after all given ones.
    next_place: AtomicU64,
    /// Batches folded in so far.
    generation: AtomicU64,
}

/// What a shard's update did to the order of keys.
struct Changes<K> {
    new: Vec<(u64, K)>,
    removed: Vec<u64>,
    /// The greatest place given, plus one.
    places: u64,
}

impl<K: Key, S: Data> StateStore<K, S> {
    pub(crate) fn new(hasher: KeyHasher, partitioner: Arc<dyn Partitioner<K>>) -> StateStore<K, S> {
        let map = DashMap::with_capacity_and_hasher_and_shard_amount(0, hasher.clone(), SHARDS);
        StateStore {
            map,
            hasher,
            partitioner,
            head: Mutex::new(Head::new()),
            next_place: AtomicU64::new(0),
            generation: AtomicU64::new(0),
        }
    }

    /// Puts states in before the first batch. Of two for one key the first stays (PySpark).
    pub(crate) fn seed(&self, initial: impl IntoIterator<Item = (K, S)>) {
        for (key, state) in initial {
            let key = millrace_text::detached(key);
            if !self.map.contains_key(&key) {
                let place = self.next_place.fetch_add(1, Ordering::Relaxed);
                self.head()
                    .offer(place, &key, || self.partitioner.partition(&key));
                let mut entry = Entry::new(state, place);
                // The first batch updates it like any other key.
                entry.untouch();
                self.map.insert(key, entry);
            }
        }
    }

    /// Folds the values of a batch in, on the workers. `every` says whether the update function
    /// sees keys without new values too.
    ///
    /// # Panics
    /// If the update function does; the store is good for nothing then.
    pub(crate) fn update<V: Data>(
        &self,
        delta: Option<Vec<Shard<K, Values<V>>>>,
        update: &Update<V, S>,
        every: bool,
        executor: &Executor,
    ) -> Vec<Shard<K, Values<V>>> {
        let mut delta = delta.unwrap_or_default();
        let touched: usize = delta.iter().map(Shard::len).sum();
        if touched == 0 && !every {
            self.generation.fetch_add(1, Ordering::Relaxed);
            return delta;
        }
        let base = self.next_place.load(Ordering::Relaxed);
        let mut shards: Vec<Option<&mut Shard<K, Values<V>>>> =
            delta.iter_mut().map(Some).collect();
        shards.resize_with(SHARDS, || None);
        let one = |(index, delta): (usize, Option<&mut Shard<K, Values<V>>>)| {
            self.update_shard(index, delta, update, every, base)
        };
        let few = touched + if every { self.map.len() } else { 0 } < 1 << 12;
        let changes: Vec<Changes<K>> = if few {
            shards.into_iter().enumerate().map(one).collect()
        } else {
            executor.run(|| {
                shards
                    .into_par_iter()
                    .enumerate()
                    .with_max_len(1)
                    .map(one)
                    .collect()
            })
        };
        let mut head = self.head();
        let mut next = base;
        for change in changes {
            next = next.max(change.places);
            for (place, key) in &change.new {
                head.offer(*place, key, || self.partitioner.partition(key));
            }
            change.removed.iter().for_each(|&place| head.forget(place));
        }
        self.next_place.store(next, Ordering::Relaxed);
        self.generation.fetch_add(1, Ordering::Relaxed);
        drop(head);
        delta
    }

    fn update_shard<V: Data>(
        &self,
        index: usize,
        delta: Option<&mut Shard<K, Values<V>>>,
        update: &Update<V, S>,
        every: bool,
        base: u64,
    ) -> Changes<K> {
        let mut changes = Changes {
            new: Vec::new(),
            removed: Vec::new(),
            places: base,
        };
        let mut table = self.map.shards()[index].write();
        if let Some(delta) = delta {
            delta.drain(|stamp, key, values| {
                let hash = self.hasher.hash(&key);
                debug_assert_eq!(
                    shard_of(hash),
                    index,
                    "delta and state have the same shards"
                );
                if let Some((_, entry)) = table.get_mut(hash, |(present, _)| *present == key) {
                    let entry = entry.get_mut();
                    match update(&values, entry.take()) {
                        Some(state) => entry.put(state),
                        None => {
                            changes.removed.push(entry.place());
                            drop(table.remove_entry(hash, |(present, _)| *present == key));
                        }
                    }
                } else if let Some(state) = update(&values, None) {
                    let place = base + stamp;
                    changes.places = changes.places.max(place + 1);
                    changes.new.push((place, key.clone()));
                    let entry = SharedValue::new(Entry::new(state, place));
                    table.insert(hash, (key, entry), |(key, _)| self.hasher.hash(key));
                }
            });
        }
        if !every {
            return changes;
        }
        let nothing = Values::new();
        // SAFETY: the table is held by its write lock and not grown while it is walked; erasing
        // the bucket that the walk stands on is allowed.
        unsafe {
            for bucket in table.iter() {
                let (_, entry) = bucket.as_mut();
                let entry = entry.get_mut();
                if entry.untouch() {
                    continue;
                }
                match update(&nothing, entry.take()) {
                    Some(state) => {
                        entry.put(state);
                        entry.untouch();
                    }
                    None => {
                        changes.removed.push(entry.place());
                        table.erase(bucket);
                    }
                }
            }
        }
        changes
    }

    fn head(&self) -> MutexGuard<'_, Head<K>> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    pub(super) fn partitions(&self) -> usize {
        self.partitioner.partitions()
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// The first `count` keys with their states.
    pub(super) fn take(&self, count: usize) -> Vec<(K, S)> {
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
            let state = |key: &K| Some((key.clone(), self.map.get(key)?.get()?.clone()));
            return keys.filter_map(state).collect();
        }
        drop(head);
        let mut earliest = Earliest::new(count);
        for entry in &self.map {
            if let Some(state) = entry.get() {
                let record = || (entry.key().clone(), state.clone());
                let partition = || self.partitioner.partition(entry.key());
                earliest.offer_with(entry.place(), partition, record);
            }
        }
        earliest.into_records().collect()
    }

    /// All keys with their states, by partition, in order.
    pub(super) fn ordered(&self) -> Vec<Vec<(K, S)>> {
        let mut partitions: Vec<Vec<(u64, (K, S))>> =
            (0..self.partitions()).map(|_| Vec::new()).collect();
        for entry in &self.map {
            if let Some(state) = entry.get() {
                let partition = self.partitioner.partition(entry.key());
                partitions[partition].push((entry.place(), (entry.key().clone(), state.clone())));
            }
        }
        let order = |mut records: Vec<(u64, (K, S))>| {
            records.sort_unstable_by_key(|&(place, _)| place);
            records.into_iter().map(|(_, record)| record).collect()
        };
        partitions.into_iter().map(order).collect()
    }
}

impl<K: Key, S> fmt::Debug for StateStore<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateStore").finish_non_exhaustive()
    }
}
