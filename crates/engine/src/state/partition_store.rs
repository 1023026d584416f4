//! The state of a program that updates whole partitions: Spark's shape of `updateStateByKey` with
//! an iterator.
//!
//! The function sees every key of a partition in order; the keys that it gives, in the order in which
//! it gives them, are the partition from then on. There is nothing to look up, so a partition is a
//! list, which its task replaces by a new one. The stream shows the same list, shared; a list that a
//! reader still holds when the next batch comes is copied.
//!
//! A key keeps its place as long as the function leaves the order alone. From the first key that
//! it moves or makes up, the keys that follow get new places.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, OnceLock};

use millrace_text::detached;
use millrace_types::Lock;
use rayon::prelude::*;

use crate::data::{Data, Key};
use crate::durable::{Durable, EntryReader, Look, Origin, Record, Recorder, StoreError, put, show};
use crate::exec::Executor;
use crate::partition::Partitioner;
use crate::rdd::{Rdd, RddSource};
use crate::shuffle::{KeyHasher, Shard, Values};

use super::key_order::{KeyOrder, Standing};

/// Makes of the keys of a partition, with their new values and states, those that live on.
pub type PartitionUpdate<K, V, S> =
    Arc<dyn Fn(Vec<(K, Values<V>, Option<S>)>) -> Vec<(K, S)> + Send + Sync>;

/// A key with its place and state.
type StatedKey<K, S> = (K, u64, S);

/// The keys of every partition; see the module head.
pub struct PartitionStore<K: Key, S> {
    partitioner: Arc<dyn Partitioner<K>>,
    hasher: KeyHasher,
    /// The program's initial states, until it is known how many partitions there are.
    initial: Lock<Vec<(K, S)>>,
    /// Made when it is first asked for, which is after the start.
    kept: OnceLock<Parts<K, S>>,
    /// The checkpoint's states, while they are being read.
    loading: Lock<HashMap<K, (u64, S), KeyHasher>>,
    loaded: AtomicBool,
}

struct Parts<K, S> {
    parts: Vec<Lock<KeptPart<K, S>>>,
    recorder: Recorder,
}

struct KeptPart<K, S> {
    records: Arc<Vec<StatedKey<K, S>>>,
    next_place: u64,
}

/// The keys of a partition that arrived, with their stamps and values.
type Arrived<K, V> = Vec<(u64, K, Values<V>)>;

/// The records that the function is given of a partition.
struct Given<K, V, S> {
    records: Vec<(K, Values<V>, Option<S>)>,
    order: KeyOrder<K>,
    /// The entries of the keys that have a state, as they were.
    written: Vec<u8>,
}

impl<K: Key, S: Data> PartitionStore<K, S> {
    /// With a state before the first batch. Of two for one key the first counts (PySpark).
    pub fn new(
        hasher: KeyHasher,
        partitioner: Arc<dyn Partitioner<K>>,
        initial: Vec<(K, S)>,
    ) -> PartitionStore<K, S> {
        PartitionStore {
            partitioner,
            initial: Lock::new(initial),
            kept: OnceLock::new(),
            loading: Lock::new(HashMap::with_hasher(hasher.clone())),
            hasher,
            loaded: AtomicBool::new(false),
        }
    }

    fn kept(&self) -> &Parts<K, S> {
        self.kept.get_or_init(|| {
            let mut seen = HashMap::with_hasher(self.hasher.clone());
            let partitions = self.partitioner.partitions();
            let mut parts: Vec<Vec<StatedKey<K, S>>> =
                (0..partitions).map(|_| Vec::new()).collect();
            for (key, state) in std::mem::take(&mut *self.initial.lock()) {
                let key = detached(key);
                if seen.insert(key.clone(), ()).is_none() {
                    let part = &mut parts[self.partitioner.partition(&key)];
                    part.push((key, part.len() as u64, detached(state)));
                }
            }
            let part = |part| Lock::new(KeptPart::of(part));
            Parts {
                recorder: Recorder::new(partitions),
                parts: parts.into_iter().map(part).collect(),
            }
        })
    }

    fn parts(&self) -> &[Lock<KeptPart<K, S>>] {
        &self.kept().parts
    }

    fn recorder(&self) -> &Recorder {
        &self.kept().recorder
    }

    /// Folds the values of batch `number` in, on the workers, and gives what was taken apart and
    /// what there is now.
    ///
    /// # Errors
    /// If the function gives a key of another partition, or a state cannot be written down.
    ///
    /// # Panics
    /// If the function does. After an error or a panic the store is good for nothing.
    #[expect(clippy::type_complexity, reason = "named where it is taken apart")]
    pub fn update<V: Data>(
        &self,
        delta: Option<Vec<Shard<K, Values<V>>>>,
        function: &PartitionUpdate<K, V, S>,
        number: u64,
        executor: &Executor,
    ) -> Result<(Vec<Shard<K, Values<V>>>, Rdd<(K, S)>), StoreError> {
        let mut delta = delta.unwrap_or_default();
        let parts = self.parts().len();
        let updated = executor.run(|| {
            let by_shard: Vec<Vec<Arrived<K, V>>> = delta
                .par_iter_mut()
                .with_max_len(1)
                .map(|shard| {
                    let mut arrived: Vec<Arrived<K, V>> = (0..parts).map(|_| Vec::new()).collect();
                    shard.drain(|stamp, key, values| {
                        let partition = self.partitioner.partition(&key);
                        arrived[partition].push((stamp, key, values));
                    });
                    arrived
                })
                .collect();
            let mut arrived: Vec<Arrived<K, V>> = (0..parts).map(|_| Vec::new()).collect();
            for shard in by_shard {
                for (all, mut own) in arrived.iter_mut().zip(shard) {
                    all.append(&mut own);
                }
            }
            arrived
                .into_par_iter()
                .enumerate()
                .with_max_len(1)
                .map(|(partition, arrived)| self.update_part(partition, arrived, function, number))
                .collect::<Result<Vec<_>, StoreError>>()
        })?;
        self.recorder().check()?;
        let lists = Lists { parts: updated };
        Ok((delta, Rdd::new(lists, executor.clone())))
    }

    /// Puts together the function's argument: the keys that have a state, in their order, then the new
    /// keys, in the order of their arrival.
    fn given<V: Data>(
        &self,
        old: Vec<StatedKey<K, S>>,
        arrived: Arrived<K, V>,
        next_place: &mut u64,
        record: &mut Record<'_>,
    ) -> Given<K, V, S> {
        let mut new: HashMap<K, (u64, Values<V>), KeyHasher> =
            HashMap::with_capacity_and_hasher(arrived.len(), self.hasher.clone());
        let pair = |(stamp, key, values)| (key, (stamp, values));
        new.extend(arrived.into_iter().map(pair));

        let mut records = Vec::with_capacity(old.len() + new.len());
        let mut order = KeyOrder::new(self.hasher.clone(), records.capacity());
        let mut written = Vec::new();
        for (key, place, state) in old {
            let values = new.remove(&key).map(|(_, values)| values);
            let before = record.before(&mut written, &key, place, &state);
            order.add(key.clone(), place, Some(before), values.is_some());
            records.push((key, values.unwrap_or_default(), Some(state)));
        }
        let mut new: Vec<_> = new.into_iter().collect();
        new.sort_unstable_by_key(|&(_, (stamp, _))| stamp);
        for (key, (_, values)) in new {
            order.add(key.clone(), *next_place, None, true);
            *next_place += 1;
            records.push((key, values, None));
        }
        Given {
            records,
            order,
            written,
        }
    }

    fn update_part<V: Data>(
        &self,
        partition: usize,
        arrived: Arrived<K, V>,
        function: &PartitionUpdate<K, V, S>,
        number: u64,
    ) -> Result<Arc<Vec<StatedKey<K, S>>>, StoreError> {
        let mut part = self.parts()[partition].lock();
        let mut record = self.recorder().begin(partition, number);
        let old = std::mem::take(&mut part.records);
        let old = Arc::try_unwrap(old).unwrap_or_else(|shared| (*shared).clone());
        let Given {
            records: given,
            mut order,
            written,
        } = self.given(old, arrived, &mut part.next_place, &mut record);

        let mut records = Vec::with_capacity(given.len());
        for (mut key, state) in function(given) {
            let known = match order.find(&key) {
                Standing::Again => continue,
                Standing::InPlace(known) => known,
                Standing::Moved(known) => {
                    known.place = part.next_place;
                    part.next_place += 1;
                    known
                }
                Standing::Unknown => {
                    let own = self.partitioner.partition(&key);
                    if own != partition {
                        return Err(StoreError::OtherPartition {
                            given: partition,
                            own,
                        });
                    }
                    key = detached(key);
                    part.next_place += 1;
                    order.make_up(key.clone(), part.next_place - 1)
                }
            };
            let state = if known.touched {
                detached(state)
            } else {
                state
            };
            let before = known
                .before
                .clone()
                .map_or(&[][..], |range| &written[range]);
            record.put_if_changed(&key, known.place, &state, before);
            records.push((key, known.place, state));
        }
        order.removed().for_each(|key| record.remove(key));
        part.records = Arc::new(records);
        Ok(Arc::clone(&part.records))
    }
}

/// The partitions as one batch left them.
struct Lists<K, S> {
    parts: Vec<Arc<Vec<StatedKey<K, S>>>>,
}

impl<K: Key, S: Data> RddSource<(K, S)> for Lists<K, S> {
    fn partitions(&self) -> usize {
        self.parts.len()
    }

    fn visit(&self, partition: usize, _piece: usize, each: &mut dyn FnMut((K, S))) {
        let pair = |(key, _, state): &StatedKey<K, S>| (key.clone(), state.clone());
        self.parts[partition].iter().map(pair).for_each(each);
    }

    fn is_materialized(&self) -> bool {
        true
    }

    fn take(&self, count: usize) -> Vec<(K, S)> {
        let records = self.parts.iter().flat_map(|part| part.iter()).take(count);
        records
            .map(|(key, _, state)| (key.clone(), state.clone()))
            .collect()
    }

    fn known_count(&self) -> Option<u64> {
        Some(self.parts.iter().map(|part| part.len() as u64).sum())
    }
}

impl<K: Key, S: Data> PartitionStore<K, S> {
    /// Forgets what the program gave when the first of what a checkpoint has comes.
    fn begin_loading(&self) -> MutexGuard<'_, HashMap<K, (u64, S), KeyHasher>> {
        if !self.loaded.swap(true, Ordering::Relaxed) {
            drop(self.recorder().take());
        }
        self.loading.lock()
    }
}

impl<K: Key, S: Data> Durable for PartitionStore<K, S> {
    fn is_divisible(&self) -> bool {
        true
    }

    fn record(&self) {
        self.recorder().start();
        if self.loaded.load(Ordering::Relaxed) {
            return;
        }
        for (partition, part) in self.parts().iter().enumerate() {
            let part = part.lock();
            let mut record = self.recorder().begin(partition, 0);
            for (key, place, state) in part.records.iter() {
                record.put(key, *place, state);
            }
        }
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        self.recorder().take()
    }

    fn shards(&self) -> u32 {
        self.parts().len() as u32
    }

    fn snapshot(&self, shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let (records, number) = {
            let part = self.parts()[shard as usize].lock();
            (
                Arc::clone(&part.records),
                self.recorder().as_of(shard as usize),
            )
        };
        let mut entries = Vec::new();
        for (key, place, state) in records.iter() {
            let start = entries.len();
            // What cannot be written down has failed the batch that brought it.
            if put(&mut entries, key, *place, state).is_err() {
                entries.truncate(start);
            }
        }
        Ok((entries, number))
    }

    fn load(&self, _origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        let mut loading = self.begin_loading();
        let mut reader = EntryReader::new(entries);
        while let Some(entry) = reader.next::<K, S>() {
            match entry? {
                (key, Some(kept)) => drop(loading.insert(key, kept)),
                (key, None) => drop(loading.remove(&key)),
            }
        }
        Ok(())
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        let loading = std::mem::take(&mut *self.begin_loading());
        let mut parts: Vec<Vec<StatedKey<K, S>>> =
            self.parts().iter().map(|_| Vec::new()).collect();
        for (key, (place, state)) in loading {
            parts[self.partitioner.partition(&key)].push((key, place, state));
        }
        for (part, mut records) in self.parts().iter().zip(parts) {
            records.sort_unstable_by_key(|&(_, place, _)| place);
            *part.lock() = KeptPart::of(records);
        }
        self.recorder().loaded(number);
        Ok(())
    }

    fn keys(&self) -> Option<u64> {
        let keys = |part: &Lock<KeptPart<K, S>>| part.lock().records.len() as u64;
        Some(self.parts().iter().map(keys).sum())
    }

    fn look(&self, shard: u32, from: Look, most: usize, out: &mut Vec<u8>) -> Option<Look> {
        let part = self.parts()[shard as usize].lock();
        let start = from.start(part.records.len());
        let end = part.records.len().min(start + most);
        for (key, place, state) in &part.records[start..end] {
            show(out, key, *place, state);
        }
        Look::after(end, part.records.len())
    }
}

impl<K, S> KeptPart<K, S> {
    fn of(records: Vec<StatedKey<K, S>>) -> KeptPart<K, S> {
        KeptPart {
            next_place: records.last().map_or(0, |&(_, place, _)| place + 1),
            records: Arc::new(records),
        }
    }
}
