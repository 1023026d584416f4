//! `group_by_key_and_window`: the lists of the batches, one behind the other.

use std::marker::PhantomData;

use crate::data::{Data, Key};
use crate::durable::{Record, StoreError};
use crate::shuffle::Values;
use crate::store::AHEAD;

use super::frame::{SlideStep, WindowSpec};
use super::ring::{Chain, Ring};
use super::slots::UNSEEN;
use super::store::{Arrival, KeyedRule, WindowShard};

/// Keeps the values of every batch; a reader sees them put together.
pub struct Grouping<V>(PhantomData<fn() -> V>);

impl<V> Grouping<V> {
    /// Windows that keep every value of a key.
    #[must_use]
    pub fn new() -> Grouping<V> {
        Grouping(PhantomData)
    }
}

impl<K: Key, V: Data> KeyedRule<K> for Grouping<V> {
    type Brought = Values<V>;
    type Entry = Chain;
    type History = Ring<Values<V>>;
    type Value = Values<V>;
    type Saved = Vec<(u64, u64, Values<V>)>;

    const MOVES_PLACES: bool = true;
    const TAKES_UNMERGED: bool = false;

    fn leaving(&self, kept: &Ring<Values<V>>, forgotten: u64) -> usize {
        kept.count_leaving(forgotten)
    }

    fn leave(&self, shard: &mut WindowShard<K, Self>, step: SlideStep) {
        let WindowShard { slots, batches, .. } = shard;
        while let Some(slot) = batches.leaving(step.forgotten) {
            if let Some(ahead) = batches.ahead(AHEAD) {
                slots.prefetch_entry(ahead);
                slots.prefetch_place(ahead);
            }
            let chain = slots.entry_mut(slot);
            batches.pop(chain);
            if chain.len() == 0 {
                slots.remove(slot);
            } else {
                let place = batches.get(chain.head()).place;
                slots.set_place(slot, place);
            }
        }
    }

    fn enter(
        &self,
        shard: &mut WindowShard<K, Self>,
        batch: u64,
        arrival: Arrival<K, Values<V>>,
    ) -> bool {
        let Arrival {
            place,
            sought,
            key,
            value,
        } = arrival;
        let WindowShard { slots, batches, .. } = shard;
        let slot = slots.slot(sought, key, Chain::default);
        let chain = slots.entry_mut(slot);
        let value = millrace_text::detached(value);
        if let Some(item) = batches.of_batch(batch, chain) {
            item.value.append(value);
            return false;
        }
        batches.push(batch, chain, slot, place, value);
        if chain.len() == 1 {
            debug_assert_ne!(place, UNSEEN);
            slots.set_place(slot, place);
        }
        true
    }

    fn entered(
        &self,
        shard: &mut WindowShard<K, Self>,
        step: SlideStep,
        record: Option<&mut Record<'_>>,
    ) {
        if let Some(record) = record {
            shard.batches.put_batch(step.batch, &shard.slots, record);
        }
    }

    fn settle(&self, _shard: &mut WindowShard<K, Self>, _due: u64) -> Result<(), StoreError> {
        Ok(())
    }

    fn value(&self, kept: &Ring<Values<V>>, chain: &Chain) -> Option<Values<V>> {
        let mut all = Values::new();
        for number in kept.numbers(chain) {
            all.append(kept.get(number).value.clone());
        }
        Some(all)
    }

    fn renumber(&self, kept: &mut Ring<Values<V>>, numbers: &[u32]) {
        kept.renumber(numbers);
    }

    fn saved(
        &self,
        shard: &WindowShard<K, Self>,
        frame: &WindowSpec,
    ) -> Vec<(K, u64, Self::Saved)> {
        let WindowShard { slots, batches, .. } = shard;
        let of_items = batches.batch_of_items();
        let saved = |slot| {
            let items = batches.chained(slots.entry(slot), &of_items);
            let items =
                items.map(|(batch, item)| (frame.number(batch), item.place, item.value.clone()));
            let key = slots.key(slot).clone();
            (key, slots.place(slot), items.collect())
        };
        slots.used().map(saved).collect()
    }

    fn restore(
        &self,
        shard: &mut WindowShard<K, Self>,
        frame: &WindowSpec,
        keys: Vec<(K, u64, Self::Saved)>,
    ) -> Result<(), StoreError> {
        let WindowShard { slots, batches, .. } = shard;
        let mut all = Vec::new();
        for (key, place, items) in keys {
            if items.is_empty() {
                return Err(StoreError::Malformed("a key of a window has no batch"));
            }
            let slot = slots.slot(slots.tag(&key), key, Chain::default);
            slots.set_place(slot, place);
            let items = items.into_iter();
            all.extend(
                items.map(|(number, place, value)| (frame.batch(number), slot, place, value)),
            );
        }
        all.sort_by_key(|&(batch, ..)| batch);
        for (batch, slot, place, value) in all {
            batches.push(batch, slots.entry_mut(slot), slot, place, value);
        }
        Ok(())
    }
}
