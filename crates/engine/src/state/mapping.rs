//! `map_with_state` on the state map: the program's function once a record, then once a key that
//! timed out.

#![expect(
    unsafe_code,
    reason = "a bucket of DashMap's raw table is asked for its number"
)]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dashmap::SharedValue;
use millrace_types::BatchTime;
use rayon::prelude::*;

use crate::data::{Data, Key};
use crate::durable::StoreError;
use crate::exec::Executor;
use crate::rdd::Rdd;
use crate::shuffle::SHARDS;

use super::due::Ticket;
use super::entry::StateEntry;
use super::handle::{Outcome, State};
use super::home::{GROUP, prefetch_home};
use super::mapped_store::{MappedStore, Timed};
use super::moves::Moves;
use super::partition_cache::PartitionCache;
use super::scatter::{Emitted, Gathered, NumberedPair, gathered, scattered};
use super::update::WORTH_SHARING;
use millrace_text::detached;

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

/// The shards that the records of a piece went to, and what came of them there.
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

    /// One shard's records in arrival order, then its keys that are due.
    fn fold<V, M>(
        &self,
        index: usize,
        pieces: Vec<Vec<NumberedPair<K, V>>>,
        batch: &Batch<'_, K, V, S, M>,
    ) -> Result<ShardWork<K, M>, StoreError> {
        let states = &*self.states;
        let hasher = &states.hasher;
        let (time, now) = (batch.time, batch.time.as_millis());
        let records = pieces.iter().map(Vec::len).sum();
        let mut partition_of = PartitionCache::new(&*states.partitioner, records);
        let mut folded = ShardWork {
            emitted: Vec::with_capacity(pieces.len()),
            timed_out: Vec::new(),
            moves: Moves::none(batch.next_place),
        };
        let moves = &mut folded.moves;
        // Written down when the shard is done: a key may be touched by many records.
        let mut touched: Vec<Ticket> = Vec::new();
        let mut table = states.map.shards()[index].write();
        let mut record = states.recorder.begin(index, batch.number);
        let mut due = self.due(index);
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
                        let entry = entry.get_mut();
                        let place = entry.place();
                        let old = entry.take();
                        let updated = old.as_ref().map_or(now, |timed| timed.updated);
                        let mut state = State::of(old.map(|timed| timed.state));
                        let mapped = (batch.mapping)(time, own, Some(value), &mut state);
                        emitted.push((partition_of.of(place, own), mapped));
                        // With a timeout every record is a touch (Spark 3.5).
                        let state = match state.outcome() {
                            Outcome::Left(Some(state)) if self.timeout.is_none() => {
                                entry.put_back(Timed { state, updated });
                                continue;
                            }
                            Outcome::Updated(state) => Some(detached(state)),
                            Outcome::Left(state) => state,
                            Outcome::Removed => None,
                            Outcome::Broke(rule) => return Err(StoreError::Rule(rule.text())),
                        };
                        if let Some(state) = state {
                            if record.is_on() && !entry.is_touched() {
                                touched.push((hash, place));
                            }
                            entry.put(Timed {
                                state,
                                updated: now,
                            });
                        } else {
                            moves.removed.push(place);
                            record.remove(own);
                            drop(table.remove_entry(hash, |(other, _)| *other == key));
                        }
                        continue;
                    }
                    let key = millrace_text::detached(key);
                    let mut state = State::of(None);
                    let mapped = (batch.mapping)(time, &key, Some(value), &mut state);
                    let place = batch.places[piece] + u64::from(at);
                    emitted.push((partition_of.of(place, &key), mapped));
                    match state.outcome() {
                        Outcome::Left(_) | Outcome::Removed => {}
                        Outcome::Broke(rule) => return Err(StoreError::Rule(rule.text())),
                        Outcome::Updated(state) => {
                            moves.new.push((place, key.clone()));
                            if self.timeout.is_some() {
                                due.push(now, (hash, place));
                            }
                            if record.is_on() {
                                touched.push((hash, place));
                            }
                            let timed = Timed {
                                state: detached(state),
                                updated: now,
                            };
                            let entry = SharedValue::new(StateEntry::new(timed, place));
                            let full = table.capacity() == table.len();
                            let bucket =
                                table.insert(hash, (key, entry), |(key, _)| hasher.hash(key));
                            // SAFETY: the bucket is one of this table.
                            moves.put(unsafe { table.bucket_index(&bucket) }, full);
                        }
                    }
                }
            }
            folded.emitted.push(emitted);
        }
        let at = |place: u64| {
            move |(_, entry): &(K, SharedValue<StateEntry<Timed<S>>>)| entry.get().place() == place
        };
        if let Some(timeout) = self.timeout {
            due.close(now);
            let threshold = (time - timeout).as_millis();
            let mut idle = due.before(threshold);
            idle.retain(|&(hash, place)| {
                let entry = table.get(hash, at(place));
                let updated = entry.and_then(|(_, entry)| Some(entry.get().get()?.updated));
                if let Some(updated) = updated
                    && updated >= threshold
                {
                    due.push(updated, (hash, place));
                    return false;
                }
                updated.is_some()
            });
            idle.sort_unstable_by_key(|&(_, place)| place);
            for (hash, place) in idle {
                let Some((key, entry)) = table.remove_entry(hash, at(place)) else {
                    continue;
                };
                let Some(timed) = entry.into_inner().take() else {
                    continue;
                };
                moves.removed.push(place);
                record.remove(&key);
                let mut state = State::timing_out(timed.state);
                if let Some(mapped) = (batch.mapping)(time, &key, None, &mut state) {
                    let partition = partition_of.of(place, &key);
                    folded.timed_out.push((partition, place, mapped));
                }
                if let Outcome::Broke(rule) = state.outcome() {
                    return Err(StoreError::Rule(rule.text()));
                }
            }
        }
        for (hash, place) in touched {
            if let Some((key, entry)) = table.get_mut(hash, at(place)) {
                let entry = entry.get_mut();
                entry.untouch();
                if let Some(timed) = entry.get() {
                    record.put(key, place, timed);
                }
            }
        }
        Ok(folded)
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
