//! The state in order, as a dataset reads it.

#![expect(
    unsafe_code,
    reason = "DashMap's raw tables are read slot by slot, under their lock"
)]

use std::sync::Arc;

use millrace_types::Lock;

use crate::data::{Data, Key};
use crate::durable::Look;
use crate::exec::Executor;
use crate::shuffle::SHARDS;
use crate::store::{AHEAD, CHUNK, EachKey, Handle, Order, StoreView, Stored};

use super::copy::CopiedSlots;
use super::entry::StateEntry;
use super::home::prefetch_slot;
use super::store::StateStore;

/// The states of a store as a reader sees them; `T` is what is shown of a key's state `S`.
pub struct ShownStates<K: Key, S, T> {
    states: Arc<StateStore<K, S>>,
    shown: fn(&S) -> T,
}

/// The state as one batch left it.
pub type StateView<K, S, T> = StoreView<ShownStates<K, S, T>>;

/// The states as they are now, each as it is.
pub fn state_view<K: Key, S: Data>(
    states: Arc<StateStore<K, S>>,
    executor: Executor,
) -> StateView<K, S, S> {
    view(states, S::clone, executor)
}

/// The states as they are now, with what `shown` makes of each.
pub(super) fn view<K: Key, S: Data, T: Data>(
    states: Arc<StateStore<K, S>>,
    shown: fn(&S) -> T,
    executor: Executor,
) -> StateView<K, S, T> {
    StoreView::new(Arc::new(ShownStates { states, shown }), executor)
}

impl<K: Key, S: Data, T: Data> Stored for ShownStates<K, S, T> {
    type Record = (K, T);

    const NAME: &'static str = "state";

    fn generation(&self) -> u64 {
        self.states.generation()
    }

    fn len(&self) -> usize {
        self.states.len()
    }

    fn partitions(&self) -> usize {
        self.states.partitions()
    }

    fn order(&self) -> &Lock<Order> {
        &self.states.order
    }

    fn take_placed(&self, shard: usize) -> Option<Vec<u32>> {
        self.states.placed(shard).take()
    }

    fn each_key(&self, shard: usize, slots: Option<&[u32]>, each: &mut EachKey<'_>) {
        let table = self.states.map.shards()[shard].read();
        let show = |slot: usize| {
            // SAFETY: the slot is one of the table, which is held by its read lock.
            if slot < table.buckets() && unsafe { table.is_bucket_full(slot) } {
                // SAFETY: as above, and the slot is in use.
                let (key, entry) = unsafe { table.bucket(slot).as_ref() };
                let handle = Handle::new(entry.get().place(), shard, slot as u32);
                each(self.states.partitioner.partition(key), handle);
            }
        };
        match slots {
            None => (0..table.buckets()).for_each(show),
            Some(slots) => slots.iter().map(|&slot| slot as usize).for_each(show),
        }
    }

    fn close_holes(&self, handles: &mut Vec<Handle>) {
        let shards = self.states.map.shards();
        let tables: Vec<_> = (0..SHARDS).map(|index| shards[index].read()).collect();
        handles.retain(|handle| {
            let (table, slot) = (&tables[handle.shard as usize], handle.slot as usize);
            // SAFETY: the slot is one of the table, which is held by its read lock, and is read
            // only if it is in use.
            slot < table.buckets()
                && unsafe {
                    table.is_bucket_full(slot)
                        && table.bucket(slot).as_ref().1.get().place() == handle.place
                }
        });
    }

    fn visit(
        &self,
        handles: &[Handle],
        _holes: bool,
        generation: u64,
        each: &mut dyn FnMut((K, T)),
    ) {
        let shards = self.states.map.shards();
        let mut records = Vec::with_capacity(handles.len().min(CHUNK));
        for handles in handles.chunks(CHUNK) {
            let tables: Vec<_> = (0..SHARDS).map(|index| shards[index].read()).collect();
            self.check(generation);
            for (number, handle) in handles.iter().enumerate() {
                if let Some(ahead) = handles.get(number + AHEAD) {
                    let table = &tables[ahead.shard as usize];
                    prefetch_slot(table.data_end(), ahead.slot as usize);
                }
                let (table, slot) = (&tables[handle.shard as usize], handle.slot as usize);
                // SAFETY: the slot is one of the table, which is held by its read lock.
                if slot >= table.buckets() || !unsafe { table.is_bucket_full(slot) } {
                    continue;
                }
                // SAFETY: as above, and the slot is in use.
                let (key, entry) = unsafe { table.bucket(slot).as_ref() };
                let entry = entry.get();
                if entry.place() == handle.place
                    && let Some(state) = entry.get()
                {
                    records.push((key.clone(), (self.shown)(state)));
                }
            }
            drop(tables);
            records.drain(..).for_each(&mut *each);
        }
    }

    fn visit_shard(&self, index: usize, generation: u64, each: &mut dyn FnMut((K, T))) {
        let (mut records, mut next) = (Vec::with_capacity(CHUNK), Some(Look::default()));
        while let Some(from) = next {
            let is_as_it_was = || {
                self.check(generation);
                true
            };
            let record = |key: &K, entry: &StateEntry<S>| {
                let state = entry.get();
                records.extend(state.map(|state| (key.clone(), (self.shown)(state))));
            };
            next = match self
                .states
                .read_slots(index, from, CHUNK, is_as_it_was, record)
            {
                CopiedSlots::Read(next) => next,
                CopiedSlots::Changed => None,
            };
            records.drain(..).for_each(&mut *each);
        }
    }

    fn take(&self, count: usize) -> Vec<(K, T)> {
        self.states.take(count, self.shown)
    }
}
