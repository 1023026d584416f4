//! `update_state_by_key` on the state map: one visit per shard and batch. Keys are looked for in groups,
//! whose buckets are fetched before.

#![expect(
    unsafe_code,
    reason = "DashMap's raw tables are walked in place, under their lock"
)]

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use dashmap::SharedValue;
use millrace_text::detached;
use rayon::prelude::*;

use crate::data::{Data, Key};
use crate::durable::{Record, StoreError};
use crate::exec::Executor;
use crate::shuffle::{SHARDS, Shard, Values, identical, shard_of};

use super::entry::StateEntry;
use super::home::{GROUP, prefetch_home};
use super::moves::Moves;
use super::store::StateStore;

/// Below so many keys another thread would wake up for nothing.
pub(super) const WORTH_SHARING: usize = 1 << 12;

impl<K: Key, S: Data> StateStore<K, S> {
    /// Folds the values of batch `number` in, on the workers. `every` says whether `update` sees
    /// keys without new values too.
    ///
    /// # Errors
    /// If a changed state cannot be written down, or if in a debug build the function is seen to
    /// change the state of a key without new values though `every` is false.
    ///
    /// # Panics
    /// If `update` does. After an error or a panic the store is good for nothing.
    pub fn update<V, U>(
        &self,
        delta: Option<Vec<Shard<K, Values<V>>>>,
        update: &U,
        every: bool,
        number: u64,
        executor: &Executor,
    ) -> Result<Vec<Shard<K, Values<V>>>, StoreError>
    where
        V: Data,
        U: Fn(&K, &Values<V>, Option<S>) -> Option<S> + Sync,
    {
        let mut delta = delta.unwrap_or_default();
        let touched: usize = delta.iter().map(Shard::len).sum();
        let base = self.next_place.load(Ordering::Relaxed);
        if touched > 0 || every {
            let mut shards: Vec<Option<&mut Shard<K, Values<V>>>> =
                delta.iter_mut().map(Some).collect();
            shards.resize_with(SHARDS, || None);
            let one = |(index, delta): (usize, Option<&mut Shard<K, Values<V>>>)| {
                self.update_shard(index, delta, update, every, base, number)
            };
            let few = touched + if every { self.map.len() } else { 0 } < WORTH_SHARING;
            let moves: Vec<Moves<K>> = if few {
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
            self.moved(moves, base);
        } else {
            self.moved([], base);
        }
        if cfg!(debug_assertions) && !every {
            self.check_idle(update)?;
        }
        self.recorder.check()?;
        Ok(delta)
    }

    fn update_shard<V, U>(
        &self,
        index: usize,
        delta: Option<&mut Shard<K, Values<V>>>,
        update: &U,
        every: bool,
        base: u64,
        number: u64,
    ) -> Moves<K>
    where
        V: Data,
        U: Fn(&K, &Values<V>, Option<S>) -> Option<S>,
    {
        let mut moves = Moves::none(base);
        let mut table = self.map.shards()[index].write();
        let mut record = self.recorder.begin(index, number);
        let mut group = Vec::with_capacity(GROUP);
        // Without an arrival those that wait are the last.
        let mut take = |arrival: Option<(u64, K, Values<V>)>| {
            if let Some((stamp, key, values)) = arrival {
                let hash = self.hasher.hash(&key);
                debug_assert_eq!(
                    shard_of(hash),
                    index,
                    "delta and state have the same shards"
                );
                prefetch_home(table.data_end(), table.buckets(), hash);
                group.push((stamp, hash, key, values));
                if group.len() < GROUP {
                    return;
                }
            }
            for (stamp, hash, key, values) in group.drain(..) {
                if let Some((_, entry)) = table.get_mut(hash, |(present, _)| *present == key) {
                    let entry = entry.get_mut();
                    match update(&key, &values, entry.take()).map(detached) {
                        Some(state) => {
                            record.put(&key, entry.place(), &state);
                            entry.put(state);
                        }
                        None => {
                            moves.removed.push(entry.place());
                            record.remove(&key);
                            drop(table.remove_entry(hash, |(present, _)| *present == key));
                        }
                    }
                } else if let Some(state) = update(&key, &values, None).map(detached) {
                    let place = base + stamp;
                    moves.places = moves.places.max(place + 1);
                    moves.new.push((place, key.clone()));
                    record.put(&key, place, &state);
                    let entry = SharedValue::new(StateEntry::new(state, place));
                    let full = table.capacity() == table.len();
                    let bucket = table.insert(hash, (key, entry), |(key, _)| self.hasher.hash(key));
                    // SAFETY: the bucket is one of this table.
                    moves.put(unsafe { table.bucket_index(&bucket) }, full);
                }
            }
        };
        if let Some(delta) = delta {
            delta.drain(|stamp, key, values| take(Some((stamp, key, values))));
        }
        take(None);
        if !every {
            return moves;
        }
        let nothing = Values::new();
        let mut old = Vec::new();
        // SAFETY: the table is held by its write lock and not grown while it is walked; erasing
        // the bucket that the walk stands on is allowed.
        unsafe {
            for bucket in table.iter() {
                let (key, entry) = bucket.as_mut();
                let entry = entry.get_mut();
                if entry.untouch() {
                    continue;
                }
                let stays = update_idle(key, entry, &mut record, &mut old, |state| {
                    update(key, &nothing, state)
                });
                if !stays {
                    moves.removed.push(entry.place());
                    table.erase(bucket);
                }
            }
        }
        moves
    }

    /// Shows the entries of a shard, under its lock, until `each` breaks off; gives the number of
    /// the last batch whose changes are in them.
    pub(super) fn read_shard(
        &self,
        index: usize,
        mut each: impl FnMut(&K, &StateEntry<S>) -> ControlFlow<()>,
    ) -> u64 {
        let table = self.map.shards()[index].read();
        // SAFETY: the table is held by its read lock while it is walked.
        let _all_or_enough = unsafe { table.iter() }.try_for_each(|bucket| {
            // SAFETY: as above.
            let (key, entry) = unsafe { bucket.as_ref() };
            each(key, entry.get())
        });
        self.recorder.as_of(index)
    }
}

/// Updates the state of a key that the batch has not brought; false if the key loses it.
/// `written` is memory for the entry as it was.
#[inline]
fn update_idle<K: Key, S: Data>(
    key: &K,
    entry: &mut StateEntry<S>,
    record: &mut Record<'_>,
    written: &mut Vec<u8>,
    update: impl FnOnce(Option<S>) -> Option<S>,
) -> bool {
    written.clear();
    let (place, state) = (entry.place(), entry.take());
    // Most states stay as they are. A state that can be compared directly is not written down for the
    // comparison.
    let plain = |state: &&S| record.is_on() && identical(*state, *state);
    let known = state.as_ref().filter(plain).cloned();
    if let (None, Some(state)) = (&known, &state) {
        record.before(written, key, place, state);
    }
    let Some(state) = update(state) else {
        record.remove(key);
        return false;
    };
    match &known {
        Some(known) if identical(known, &state) => {}
        Some(_) => record.put(key, place, &state),
        None => record.put_if_changed(key, place, &state, written),
    }
    entry.put(state);
    entry.untouch();
    true
}
