//! The readers of a window: of its first few keys, or of all in order.

use std::sync::atomic::Ordering;

use millrace_types::Lock;

use crate::data::Key;
use crate::order::Earliest;
use crate::shuffle::SHARDS;
use crate::store::{AHEAD, CHUNK, EachKey, Handle, Order, Stored};

use super::slots::{UNSEEN, prefetch_entry};
use super::store::{KeyedRule, WindowShard, WindowStore};

/// Records that are read of a shard before a reader sees them: few enough that they stay in the
/// innermost cache.
const BY_SHARD: usize = if cfg!(test) { 32 } else { 1 << 9 };

impl<K: Key, S: KeyedRule<K>> Stored for WindowStore<K, S> {
    type Record = (K, S::Value);

    const NAME: &'static str = "window";

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    fn len(&self) -> usize {
        (0..SHARDS).map(|index| self.read(index).slots.seen()).sum()
    }

    fn partitions(&self) -> usize {
        self.partitioner.partitions()
    }

    fn order(&self) -> &Lock<Order> {
        &self.order
    }

    fn take_placed(&self, shard: usize) -> Option<Vec<u32>> {
        self.write(shard).slots.take_placed()
    }

    fn each_key(&self, index: usize, slots: Option<&[u32]>, each: &mut EachKey<'_>) {
        let shard = self.read(index);
        let mut show = |place, slot| {
            let partition = self.partitioner.partition(shard.slots.key(slot));
            each(partition, Handle::new(place, index, slot));
        };
        match slots {
            None => shard
                .slots
                .places()
                .for_each(|(place, slot)| show(place, slot)),
            Some(slots) => {
                for &slot in slots {
                    let place = shard.slots.place(slot);
                    if place != UNSEEN {
                        show(place, slot);
                    }
                }
            }
        }
    }

    fn close_holes(&self, handles: &mut Vec<Handle>) {
        let shards: Vec<_> = (0..SHARDS).map(|index| self.read(index)).collect();
        handles.retain(|handle| {
            shards[handle.shard as usize].slots.place(handle.slot) == handle.place
        });
    }

    fn visit(
        &self,
        handles: &[Handle],
        holes: bool,
        generation: u64,
        each: &mut dyn FnMut((K, S::Value)),
    ) {
        let mut records = Vec::with_capacity(handles.len().min(CHUNK));
        for handles in handles.chunks(CHUNK) {
            let locked: Vec<_> = (0..SHARDS).map(|index| self.read(index)).collect();
            self.check(generation);
            // Side by side, so that a handle is looked up in one step.
            let shards: Vec<_> = locked
                .iter()
                .map(|shard| (shard.slots.pairs(), &**shard))
                .collect();
            for (number, handle) in handles.iter().enumerate() {
                if let Some(ahead) = handles.get(number + AHEAD) {
                    let (pairs, shard) = shards[ahead.shard as usize];
                    prefetch_entry(pairs, ahead.slot);
                    if holes {
                        shard.slots.prefetch_place(ahead.slot);
                    }
                }
                let (pairs, shard) = shards[handle.shard as usize];
                // A place stands apart from its key: to look at it is another miss of the cache.
                if (!holes || shard.slots.place(handle.slot) == handle.place)
                    && let Some((key, entry)) = &pairs[handle.slot as usize]
                    && let Some(value) = self.rule.value(&shard.batches, entry)
                {
                    records.push((key.clone(), value));
                }
            }
            drop(locked);
            records.drain(..).for_each(&mut *each);
        }
    }

    fn visit_shard(&self, index: usize, generation: u64, each: &mut dyn FnMut((K, S::Value))) {
        let (mut records, mut from) = (Vec::with_capacity(BY_SHARD), 0);
        loop {
            let shard = self.read(index);
            self.check(generation);
            let slots = shard.slots.slots();
            let end = slots.min(from + BY_SHARD);
            // A loop, and no chain of iterators: those are not always made one by the compiler. And
            // places are not looked at: a key without one has no value.
            for pair in &shard.slots.pairs()[from..end] {
                if let Some((key, entry)) = pair
                    && let Some(value) = self.rule.value(&shard.batches, entry)
                {
                    records.push((key.clone(), value));
                }
            }
            drop(shard);
            records.drain(..).for_each(&mut *each);
            if end == slots {
                return;
            }
            from = end;
        }
    }

    fn take(&self, count: usize) -> Vec<(K, S::Value)> {
        let first = self.known_first(count).unwrap_or_else(|| {
            self.wants_first.store(true, Ordering::Relaxed);
            self.looked_up_first(count)
        });
        let record = |(index, slot)| self.record_of(&self.read(index), slot);
        first.into_iter().filter_map(record).collect()
    }
}

impl<K: Key, S: KeyedRule<K>> WindowStore<K, S> {
    #[inline]
    fn record_of(&self, shard: &WindowShard<K, S>, slot: u32) -> Option<(K, S::Value)> {
        let (key, entry) = shard.slots.pair(slot);
        let value = self.rule.value(&shard.batches, entry)?;
        Some((key.clone(), value))
    }

    /// The first `count` keys, if those that the shards know to come first have them.
    fn known_first(&self, count: usize) -> Option<Vec<(usize, u32)>> {
        // Up to here no key is missing.
        let mut horizon = u64::MAX;
        for index in 0..SHARDS {
            let shard = self.read(index);
            let (first, others) = shard.slots.first();
            if others {
                horizon = horizon.min(first.last()?.0);
            }
        }
        let mut earliest = Earliest::new(count);
        for index in 0..SHARDS {
            let shard = self.read(index);
            for &(place, slot) in shard.slots.first().0 {
                if place <= horizon {
                    let partition = || self.partitioner.partition(shard.slots.key(slot));
                    earliest.offer(place, partition, (index, slot));
                }
            }
        }
        // A key of the first partition that is not among them may stand before all of another.
        let whole = horizon == u64::MAX || earliest.is_full_of_first_partition();
        whole.then(|| earliest.into_records().collect())
    }

    /// The first `count` keys, by their places.
    fn looked_up_first(&self, count: usize) -> Vec<(usize, u32)> {
        let mut earliest = Earliest::new(count);
        for index in 0..SHARDS {
            let shard = self.read(index);
            for (place, slot) in shard.slots.places() {
                let partition = || self.partitioner.partition(shard.slots.key(slot));
                earliest.offer(place, partition, (index, slot));
            }
        }
        earliest.into_records().collect()
    }
}
