//! `map_with_state` on the state map: the program's function once per record, then once per key that
//! timed out.

#![expect(
    unsafe_code,
    reason = "a bucket of DashMap's raw table is asked for its number"
)]

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use dashmap::SharedValue;
use millrace_text::detached;
use millrace_types::{BatchTime, Duration};
use rayon::prelude::*;

use crate::data::{Data, Key};
use crate::durable::{Record, StoreError};
use crate::exec::Executor;
use crate::rdd::Rdd;
use crate::shuffle::SHARDS;

use super::due::{Due, Ticket};
use super::entry::StateEntry;
use super::handle::{Outcome, State};
use super::home::{GROUP, prefetch_home};
use super::mapped_store::{MappedStore, Timed};
use super::moves::Moves;
use super::partition_cache::PartitionCache;
use super::scatter::{Emitted, Gathered, NumberedPair, gathered, scattered};
use super::update::WORTH_SHARING;

/// The function of `map_with_state`: the batch time, a key, one new value or none if the key
/// times out, and the key's state, into a record or none.
pub type Mapping<K, V, S, M> =
    Arc<dyn Fn(BatchTime, &K, Option<V>, &mut State<S>) -> Option<M> + Send + Sync>;

/// The work of a batch in one shard.
struct ShardWork<K, M> {
    /// By piece.
    emitted: Vec<Vec<Emitted<M>>>,
    timed_out: Vec<(u32, u64, M)>,
    moves: Moves<K>,
}

/// A batch, as a shard must know it.
struct Batch<'a, K, V, S, M> {
    mapping: &'a Mapping<K, V, S, M>,
    time: BatchTime,
    number: u64,
    /// The place of the first record of every piece.
    places: &'a [u64],
    /// The place that comes after those of all records.
    next_place: u64,
}

/// The shards that the records of a piece went to, and for each shard what the function gave there.
type Routed<M> = (Vec<u8>, Vec<Vec<Emitted<M>>>);

impl<K: Key, S: Data> MappedStore<K, S> {
    /// Calls `mapping` for every record of the batch, and for every key that is due, and gives
    /// what it gave.
    ///
    /// # Errors
    /// A breach of the rules of [`State`] by `mapping`, or a state that cannot be written down.
    ///
    /// # Panics
    /// If `mapping` does. After an error or a panic the store is good for nothing.
    pub fn map<V, M>(
        &self,
        rdd: &Rdd<(K, V)>,
        mapping: &Mapping<K, V, S, M>,
        time: BatchTime,
        number: u64,
        executor: &Executor,
    ) -> Result<Rdd<M>, StoreError>
    where
        V: Send + 'static,
        M: Clone + Send + Sync + 'static,
    {
        self.begin(time, number);
        let states = &self.states;
        let pieces = scattered(rdd, &states.hasher);
        let base = states.next_place.load(Ordering::Relaxed);
        let mut next = base;
        let mut places = Vec::with_capacity(pieces.len());
        let mut routes = Vec::with_capacity(pieces.len());
        let mut shards: Vec<Vec<Vec<NumberedPair<K, V>>>> =
            (0..SHARDS).map(|_| Vec::new()).collect();
        for piece in pieces {
            places.push(next);
            next += piece.route.len() as u64;
            routes.push(piece.route);
            for (shard, records) in shards.iter_mut().zip(piece.shards) {
                shard.push(records);
            }
        }
        let batch = Batch {
            mapping,
            time,
            number,
            places: &places,
            next_place: next,
        };
        let shared = (next - base) as usize >= WORTH_SHARING;
        let fold = |(index, pieces)| self.fold(index, pieces, &batch);
        let folded: Vec<ShardWork<K, M>> = on_all(shards, shared, executor, fold)
            .into_iter()
            .collect::<Result<_, _>>()?;
        states.recorder.check()?;

        let partitions = states.partitions();
        let (mut emitted, mut timed_out, mut moves) = (Vec::new(), Vec::new(), Vec::new());
        for shard in folded {
            emitted.push(shard.emitted.into_iter());
            timed_out.extend(shard.timed_out);
            moves.push(shard.moves);
        }
        states.moved(moves, next);
        let mut by_piece: Vec<Routed<M>> = Vec::new();
        for route in routes {
            by_piece.push((
                route,
                emitted.iter_mut().filter_map(Iterator::next).collect(),
            ));
        }
        let mut pieces = on_all(by_piece, shared, executor, |(_, (route, shards))| {
            gathered(&route, shards, partitions)
        });
        timed_out.sort_unstable_by_key(|&(_, place, _)| place);
        let mut last: Vec<Vec<M>> = (0..partitions).map(|_| Vec::new()).collect();
        for (partition, _, record) in timed_out {
            last[partition as usize].push(record);
        }
        pieces.push(last);
        let gathered = Gathered { pieces, partitions };
        Ok(Rdd::new(gathered, executor.clone()))
    }

    /// Calls the function for one shard's records in arrival order, then for its keys that are due.
    fn fold<V, M>(
        &self,
        index: usize,
        pieces: Vec<Vec<NumberedPair<K, V>>>,
        batch: &Batch<'_, K, V, S, M>,
    ) -> Result<ShardWork<K, M>, StoreError> {
        let states = &*self.states;
        let hasher = &states.hasher;
        let mut table = states.map.shards()[index].write();
        let mut shard = self.begin_shard(index, &pieces, batch);
        for (piece, records) in pieces.into_iter().enumerate() {
            let mut emitted = Vec::with_capacity(records.len());
            let mut records = records.into_iter();
            let mut group = Vec::with_capacity(GROUP);
            loop {
                let next = records.by_ref().take(GROUP);
                group.extend(next.map(|(at, key, value)| {
                    let hash = hasher.hash(&key);
                    prefetch_home(table.data_end(), table.buckets(), hash);
                    (hash, at, key, value)
                }));
                if group.is_empty() {
                    break;
                }
                for (hash, at, key, value) in group.drain(..) {
                    if let Some((own, entry)) = table.get_mut(hash, |(other, _)| *other == key) {
                        let (record, stays) = shard.known(hash, own, entry.get_mut(), value)?;
                        emitted.push(record);
                        if !stays {
                            drop(table.remove_entry(hash, |(other, _)| *other == key));
                        }
                        continue;
                    }
                    let key = detached(key);
                    let place = batch.places[piece] + u64::from(at);
                    let (record, timed) = shard.new_key(hash, &key, place, value)?;
                    emitted.push(record);
                    if let Some(timed) = timed {
                        let entry = SharedValue::new(StateEntry::new(timed, place));
                        let full = table.capacity() == table.len();
                        let bucket = table.insert(hash, (key, entry), |(key, _)| hasher.hash(key));
                        // SAFETY: the bucket is one of this table.
                        shard
                            .work
                            .moves
                            .put(unsafe { table.bucket_index(&bucket) }, full);
                    }
                }
            }
            shard.work.emitted.push(emitted);
        }
        let at = |place: u64| {
            move |(_, entry): &(K, SharedValue<StateEntry<Timed<S>>>)| entry.get().place() == place
        };
        if let Some(timeout) = self.timeout {
            let updated = |(hash, place): Ticket| {
                let entry = table.get(hash, at(place));
                entry.and_then(|(_, entry)| Some(entry.get().get()?.updated))
            };
            for (hash, place) in shard.idle(timeout, updated) {
                let Some((key, entry)) = table.remove_entry(hash, at(place)) else {
                    continue;
                };
                if let Some(timed) = entry.into_inner().take() {
                    shard.time_out(&key, place, timed.state)?;
                }
            }
        }
        for (hash, place) in std::mem::take(&mut shard.touched) {
            if let Some((key, entry)) = table.get_mut(hash, at(place)) {
                let entry = entry.get_mut();
                entry.untouch();
                if let Some(timed) = entry.get() {
                    shard.record.put(key, place, timed);
                }
            }
        }
        Ok(shard.work)
    }

    /// A shard whose lock the caller holds, before the first record of a batch.
    fn begin_shard<'a, V, M>(
        &'a self,
        index: usize,
        pieces: &[Vec<NumberedPair<K, V>>],
        batch: &'a Batch<'_, K, V, S, M>,
    ) -> OpenShard<'a, K, V, S, M> {
        let states = &*self.states;
        let records = pieces.iter().map(Vec::len).sum();
        OpenShard {
            batch,
            now: batch.time.as_millis(),
            times_out: self.timeout.is_some(),
            partition_of: PartitionCache::new(&*states.partitioner, records),
            due: self.due(index),
            record: states.recorder.begin(index, batch.number),
            touched: Vec::new(),
            work: ShardWork {
                emitted: Vec::with_capacity(pieces.len()),
                timed_out: Vec::new(),
                moves: Moves::none(batch.next_place),
            },
        }
    }
}

/// A shard during a batch, but for its table.
struct OpenShard<'a, K, V, S, M> {
    batch: &'a Batch<'a, K, V, S, M>,
    /// The time of the batch.
    now: i64,
    /// True if keys time out.
    times_out: bool,
    partition_of: PartitionCache<'a, K>,
    due: MutexGuard<'a, Due>,
    record: Record<'a>,
    /// Keys that are written down when the shard is done: a key may be touched by many records.
    touched: Vec<Ticket>,
    work: ShardWork<K, M>,
}

impl<K: Key, V, S: Data, M> OpenShard<'_, K, V, S, M> {
    /// Maps a record of a key that has a state; false if the key loses it.
    #[inline]
    fn known(
        &mut self,
        hash: u64,
        key: &K,
        entry: &mut StateEntry<Timed<S>>,
        value: V,
    ) -> Result<(Emitted<M>, bool), StoreError> {
        let place = entry.place();
        let old = entry.take();
        let updated = old.as_ref().map_or(self.now, |timed| timed.updated);
        let mut state = State::of(old.map(|timed| timed.state));
        let mapped = (self.batch.mapping)(self.batch.time, key, Some(value), &mut state);
        let record = (self.partition_of.of(place, key), mapped);
        // With a timeout every record is a touch (Spark 3.5).
        let state = match state.outcome() {
            Outcome::Left(Some(state)) if !self.times_out => {
                entry.put_back(Timed { state, updated });
                return Ok((record, true));
            }
            Outcome::Updated(state) => Some(detached(state)),
            Outcome::Left(state) => state,
            Outcome::Removed => None,
            Outcome::Broke(rule) => return Err(StoreError::Rule(rule.text())),
        };
        let Some(state) = state else {
            self.work.moves.removed.push(place);
            self.record.remove(key);
            return Ok((record, false));
        };
        if self.record.is_on() && !entry.is_touched() {
            self.touched.push((hash, place));
        }
        let updated = self.now;
        entry.put(Timed { state, updated });
        Ok((record, true))
    }

    /// Maps a record of a key that has no state, and gives the state that it is to have.
    #[inline]
    fn new_key(
        &mut self,
        hash: u64,
        key: &K,
        place: u64,
        value: V,
    ) -> Result<(Emitted<M>, Option<Timed<S>>), StoreError> {
        let mut state = State::of(None);
        let mapped = (self.batch.mapping)(self.batch.time, key, Some(value), &mut state);
        let record = (self.partition_of.of(place, key), mapped);
        let state = match state.outcome() {
            Outcome::Left(_) | Outcome::Removed => return Ok((record, None)),
            Outcome::Broke(rule) => return Err(StoreError::Rule(rule.text())),
            Outcome::Updated(state) => detached(state),
        };
        self.work.moves.new.push((place, key.clone()));
        if self.times_out {
            self.due.push(self.now, (hash, place));
        }
        if self.record.is_on() {
            self.touched.push((hash, place));
        }
        let updated = self.now;
        Ok((record, Some(Timed { state, updated })))
    }

    /// The keys that time out in this batch, by their places. `updated` gives the time of a key's
    /// last update, if the key has a state.
    fn idle(&mut self, timeout: Duration, updated: impl Fn(Ticket) -> Option<i64>) -> Vec<Ticket> {
        self.due.close(self.now);
        let threshold = (self.batch.time - timeout).as_millis();
        let mut idle = self.due.before(threshold);
        idle.retain(|&ticket| match updated(ticket) {
            Some(updated) if updated >= threshold => {
                self.due.push(updated, ticket);
                false
            }
            updated => updated.is_some(),
        });
        idle.sort_unstable_by_key(|&(_, place)| place);
        idle
    }

    /// Maps the end of a key that has timed out.
    fn time_out(&mut self, key: &K, place: u64, state: S) -> Result<(), StoreError> {
        self.work.moves.removed.push(place);
        self.record.remove(key);
        let mut state = State::timing_out(state);
        if let Some(mapped) = (self.batch.mapping)(self.batch.time, key, None, &mut state) {
            let partition = self.partition_of.of(place, key);
            self.work.timed_out.push((partition, place, mapped));
        }
        match state.outcome() {
            Outcome::Broke(rule) => Err(StoreError::Rule(rule.text())),
            _ => Ok(()),
        }
    }
}

/// Does `work` for every item, with its number; on the workers if it is worth it.
fn on_all<T: Send, R: Send>(
    items: Vec<T>,
    shared: bool,
    executor: &Executor,
    work: impl Fn((usize, T)) -> R + Sync + Send,
) -> Vec<R> {
    if !shared {
        return items.into_iter().enumerate().map(work).collect();
    }
    executor.run(|| {
        items
            .into_par_iter()
            .enumerate()
            .with_max_len(1)
            .map(work)
            .collect()
    })
}
