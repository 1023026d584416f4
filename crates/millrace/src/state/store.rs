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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicI64;

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::partition::HashPartitioner;
    use crate::shuffle::{Combiner, Exchange, Group, LocalTable};

    fn store<S: Data>(partitions: u32) -> StateStore<u32, S> {
        let partitioner = HashPartitioner::new(NonZeroU32::new(partitions).unwrap());
        StateStore::new(KeyHasher::default(), Arc::new(partitioner))
    }

    /// The shards of a batch that has these records, a run for each slice.
    fn delta<S: Data, V: Data>(
        store: &StateStore<u32, S>,
        runs: &[Vec<(u32, V)>],
    ) -> Option<Vec<Shard<u32, Values<V>>>> {
        let exchange = Exchange::new(1);
        for run in runs {
            exchange.expect(0);
            let number = exchange.claim(0, 1);
            let mut combiner = Combiner::new(&Group, &store.hasher, LocalTable::new());
            run.iter().cloned().for_each(|record| combiner.push(record));
            let (spilled, _) = combiner.finish();
            exchange.publish(0, number, spilled, &Group, &store.hasher, Shard::new);
        }
        exchange
            .finish(&Group, &store.hasher, |work| work())
            .unwrap()
    }

    /// Keys and states in the order of their places, changed as the contract is written.
    fn model(
        state: &mut Vec<(u32, String)>,
        records: &[(u32, u8)],
        update: impl Fn(&[u8], Option<String>) -> Option<String>,
        every: bool,
    ) {
        let values = |key: u32| -> Vec<u8> {
            let of_key = records.iter().filter(|record| record.0 == key);
            of_key.map(|record| record.1).collect()
        };
        let old: Vec<u32> = state.iter().map(|(key, _)| *key).collect();
        *state = std::mem::take(state)
            .into_iter()
            .filter_map(|(key, state)| match values(key) {
                values if values.is_empty() && !every => Some((key, state)),
                values => Some((key, update(&values, Some(state))?)),
            })
            .collect();
        let mut seen = old;
        for &(key, _) in records {
            if !seen.contains(&key) {
                seen.push(key);
                state.extend(update(&values(key), None).map(|state| (key, state)));
            }
        }
    }

    /// Nines remove a key, and so do idle batches in the end.
    fn append(values: &[u8], state: Option<String>) -> Option<String> {
        let mut state = state.unwrap_or_default();
        if values.is_empty() {
            state.push('.');
        }
        state.extend(values.iter().map(|value| char::from(b'0' + value)));
        (!values.contains(&9) && !state.ends_with("....")).then_some(state)
    }

    /// Batches of runs of records.
    fn batches() -> impl Strategy<Value = Vec<Vec<Vec<(u32, u8)>>>> {
        let run = prop::collection::vec((0_u32..150, 0_u8..10), 0..80);
        prop::collection::vec(prop::collection::vec(run, 0..4), 1..8)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.min(64)))]

        #[test]
        fn equals_a_list_of_keys(
            batches in batches(), partitions in 1_u32..4, every: bool,
            seeds in prop::collection::vec(0_u32..200, 0..20), read: u8,
        ) {
            let (executor, store) = (Executor::new(2).unwrap(), store::<String>(partitions));
            let mut expected: Vec<(u32, String)> = Vec::new();
            store.seed(seeds.iter().map(|&key| (key, "s".to_owned())));
            for key in seeds {
                if !expected.iter().any(|(other, _)| *other == key) {
                    expected.push((key, "s".to_owned()));
                }
            }
            let update: Update<u8, String> =
                Arc::new(|values: &Values<u8>, state| append(&values.to_vec(), state));
            for runs in batches {
                let records = runs.concat();
                model(&mut expected, &records, append, every);
                let generation = store.generation();
                let spent = store.update(delta(&store, &runs), &update, every, &executor);
                prop_assert_eq!(store.generation(), generation + 1);
                prop_assert!(spent.iter().all(|shard| shard.len() == 0), "shards are spent");
                prop_assert_eq!(store.len(), expected.len());
                let mut in_order = expected.clone();
                in_order.sort_by_key(|(key, _)| store.partitioner.partition(key));
                // What is known without a full read must be right at all times; sometimes more
                // is asked for, which may rebuild what is known.
                let some = usize::from(read) % (HEAD + 10);
                for count in [0, 1, 11, some] {
                    let first = &in_order[..count.min(in_order.len())];
                    prop_assert_eq!(store.take(count), first, "the first {}", count);
                }
                if read % 4 == 0 {
                    prop_assert_eq!(store.take(usize::MAX), in_order.clone());
                    prop_assert_eq!(store.ordered().concat(), in_order);
                }
            }
        }
    }

    /// States that are alive.
    static ALIVE: AtomicI64 = AtomicI64::new(0);

    #[derive(Serialize, Deserialize)]
    struct Counted(Box<u32>);

    impl Counted {
        fn new(value: u32) -> Counted {
            ALIVE.fetch_add(1, Ordering::SeqCst);
            Counted(Box::new(value))
        }
    }

    impl Clone for Counted {
        fn clone(&self) -> Counted {
            Counted::new(*self.0)
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_panic_amid_an_update_drops_every_state_once() {
        let executor = Executor::new(2).unwrap();
        // Few keys are updated by the caller, many by the workers.
        for keys in [20, 20_000] {
            for every in [false, true] {
                let store = store::<Counted>(1);
                let records: Vec<(u32, u8)> = (0..keys).map(|key| (key, 1)).collect();
                let good: Update<u8, Counted> = Arc::new(|values: &Values<u8>, state| {
                    let before = state.map_or(0, |state: Counted| *state.0);
                    Some(Counted::new(before + values.len() as u32))
                });
                store.update(delta(&store, &[records]), &good, every, &executor);
                assert_eq!(ALIVE.load(Ordering::SeqCst), i64::from(keys));
                let bad: Update<u8, Counted> = Arc::new(move |values: &Values<u8>, state| {
                    let is_the_one = values.iter().any(|&value| value == 7);
                    assert!(!is_the_one, "seven");
                    state
                });
                let records = (0..keys / 2).map(|key| (key, if key == 7 { 7 } else { 1 }));
                let delta = delta(&store, &[records.collect()]);
                let update = || drop(store.update(delta, &bad, every, &executor));
                catch_unwind(AssertUnwindSafe(update)).expect_err("the update panics");
                drop(store);
                assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
            }
        }
    }

    #[test]
    fn readers_see_the_map_while_no_batch_runs() {
        let (executor, store) = (Executor::new(1).unwrap(), store::<String>(1));
        let update: Update<u8, String> =
            Arc::new(|values: &Values<u8>, state| append(&values.to_vec(), state));
        store.update(
            delta(&store, &[vec![(1, 1), (2, 2)]]),
            &update,
            true,
            &executor,
        );
        assert_eq!(store.map.get(&1).unwrap().get(), Some(&"1".to_owned()));
        store.update(delta(&store, &[vec![(1, 9)]]), &update, true, &executor);
        assert!(store.map.get(&1).is_none());
        // An empty batch, without any block, is a batch.
        store.update::<u8>(None, &update, true, &executor);
        assert_eq!(store.map.get(&2).unwrap().get(), Some(&"2..".to_owned()));
    }
}
