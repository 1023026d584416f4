//! `reduce_by_key_and_window` of a function without an inverse: two stacks per key.
//!
//! A key's items stand in the ring, oldest first. Each of the older ones, its *front*, holds the merged
//! value of itself and all later items of the front; the newer ones, its *back*, hold their own values,
//! and their merged value is kept beside. So the window's value is front and back merged, an item that
//! enters is merged into the back, and one that leaves the front leaves the next one in its place. When
//! the front has left, the back is *turned* into a front, newest item first. An item is merged twice in
//! its life, and a key once for every window that it changes in; arguments stand in the order of their
//! batches.
//!
//! A key that every batch brings would be turned once in a window's length, together with all
//! others that came when it did. So a key that changes is also turned when its turn comes, by
//! the place at which it first came, and the work is spread over the windows.

use std::marker::PhantomData;

use crate::data::{Data, Key};
use crate::durable::{Record, StoreError};
use crate::store::AHEAD;

use super::frame::{SlideStep, WindowSpec};
use super::ring::{Chain, Ring};
use super::slots::UNSEEN;
use super::store::{Arrival, KeyedRule, WindowShard};

/// Merges the batches of a window by an associative function.
pub struct Reducing<V, F> {
    function: F,
    value: PhantomData<fn(V) -> V>,
    /// After so many windows a key that changes is turned; zero if all of a window leaves with
    /// the next one.
    lifetime: u64,
}

impl<V, F> Reducing<V, F> {
    /// Reduces by `function` over the batches of `frame`.
    pub fn new(function: F, frame: &WindowSpec) -> Reducing<V, F> {
        Reducing {
            function,
            value: PhantomData,
            lifetime: frame.lifetime(),
        }
    }
}

/// The entry of a key.
pub struct ReducedKey<V> {
    chain: Chain,
    /// The number of items of the chain that are its front.
    front: u32,
    /// The others merged, unless there are none or the key is to be turned.
    back: Option<V>,
    /// Which of the windows of a lifetime are its turn, by the remainder.
    phase: u32,
    /// An item has left that was not of the front: the back must be turned.
    turns: bool,
    /// True if it is among the shard's changed keys.
    changed: bool,
    /// The value that a reader sees.
    value: Option<V>,
}

/// The items of the batches.
pub struct Batches<V> {
    ring: Ring<V>,
    /// The slots of the keys that entered or left since a window fired.
    changed: Vec<u32>,
    /// Room for the numbers of a chain.
    numbers: Vec<u32>,
}

impl<V> Default for Batches<V> {
    fn default() -> Batches<V> {
        Batches {
            ring: Ring::default(),
            changed: Vec::new(),
            numbers: Vec::new(),
        }
    }
}

/// The saved form of a key: the items with the numbers of their batches and their places, oldest
/// first; how many of them are the front; the back; the phase; whether the back must be turned,
/// and whether the key has changed since a window fired; what a reader sees. Lists of one or
/// none stand for what may not be there: the program's value may itself be an `Option`.
pub(crate) type SavedReducedKey<V> = (Vec<(u64, u64, V)>, u32, Vec<V>, u32, bool, bool, Vec<V>);

impl<V> ReducedKey<V> {
    fn new(place: u64) -> ReducedKey<V> {
        ReducedKey {
            chain: Chain::default(),
            front: 0,
            back: None,
            phase: place as u32,
            turns: false,
            changed: false,
            value: None,
        }
    }

    fn note(&mut self, slot: u32, changed: &mut Vec<u32>) {
        if !std::mem::replace(&mut self.changed, true) {
            changed.push(slot);
        }
    }
}

impl<V: Data, F: Fn(V, V) -> V> Reducing<V, F> {
    /// Makes all items of a key its front.
    fn turn(&self, key: &mut ReducedKey<V>, ring: &mut Ring<V>, numbers: &mut Vec<u32>) {
        numbers.clear();
        numbers.extend(ring.numbers(&key.chain));
        let (front, back) = numbers.split_at(key.front as usize);
        if let Some(back) = key.back.take() {
            for &number in front {
                let value = &mut ring.get_mut(number).value;
                *value = (self.function)(value.clone(), back.clone());
            }
        }
        for pair in back.windows(2).rev() {
            let later = ring.get(pair[1]).value.clone();
            let value = &mut ring.get_mut(pair[0]).value;
            *value = (self.function)(value.clone(), later);
        }
        key.front = key.chain.len();
        key.turns = false;
    }
}

impl<K, V, F> KeyedRule<K> for Reducing<V, F>
where
    K: Key,
    V: Data,
    F: Fn(V, V) -> V + Send + Sync + 'static,
{
    type Brought = V;
    type Entry = ReducedKey<V>;
    type History = Batches<V>;
    type Value = V;
    type Saved = SavedReducedKey<V>;

    const MOVES_PLACES: bool = true;
    const TAKES_UNMERGED: bool = false;

    fn leaving(&self, kept: &Batches<V>, forgotten: u64) -> usize {
        kept.ring.count_leaving(forgotten)
    }

    fn leave(&self, shard: &mut WindowShard<K, Self>, step: SlideStep) {
        let Batches { ring, changed, .. } = &mut shard.batches;
        while let Some(slot) = ring.leaving(step.forgotten) {
            if let Some(ahead) = ring.ahead(AHEAD) {
                shard.slots.prefetch_entry(ahead);
            }
            let key = shard.slots.entry_mut(slot);
            ring.pop(&mut key.chain);
            if key.front > 0 {
                key.front -= 1;
            } else {
                key.back = None;
                key.turns = key.chain.len() > 0;
            }
            key.note(slot, changed);
        }
    }

    fn enter(&self, shard: &mut WindowShard<K, Self>, batch: u64, arrival: Arrival<K, V>) -> bool {
        let Arrival {
            place,
            sought,
            key,
            value,
        } = arrival;
        debug_assert_ne!(place, UNSEEN);
        let Batches { ring, changed, .. } = &mut shard.batches;
        let slot = shard.slots.slot(sought, key, || ReducedKey::new(place));
        let key = shard.slots.entry_mut(slot);
        let value = millrace_text::detached(value);
        if let Some(item) = ring.of_batch(batch, &key.chain) {
            item.value = (self.function)(item.value.clone(), value);
            return false;
        }
        ring.push(batch, &mut key.chain, slot, place, value);
        key.note(slot, changed);
        true
    }

    /// Merges what the batch has of a key into the key's back.
    fn entered(
        &self,
        shard: &mut WindowShard<K, Self>,
        step: SlideStep,
        record: Option<&mut Record<'_>>,
    ) {
        let WindowShard { slots, batches, .. } = shard;
        if let Some(record) = record {
            batches.ring.put_batch(step.batch, slots, record);
        }
        for item in batches.ring.items_of(step.batch) {
            let key = slots.entry_mut(item.slot);
            if !key.turns {
                key.back = Some(match key.back.take() {
                    Some(back) => (self.function)(back, item.value.clone()),
                    None => item.value.clone(),
                });
            }
        }
    }

    fn settle(&self, shard: &mut WindowShard<K, Self>, due: u64) -> Result<(), StoreError> {
        let WindowShard { slots, batches, .. } = shard;
        for slot in batches.changed.drain(..) {
            let key = slots.entry_mut(slot);
            key.changed = false;
            if key.chain.len() == 0 {
                slots.remove(slot);
                continue;
            }
            let has_turn =
                self.lifetime > 0 && (due + u64::from(key.phase)).is_multiple_of(self.lifetime);
            if key.turns || has_turn {
                self.turn(key, &mut batches.ring, &mut batches.numbers);
            }
            let head = batches.ring.get(key.chain.head());
            key.value = match &key.back {
                None => Some(head.value.clone()),
                Some(back) if key.front == 0 => Some(back.clone()),
                Some(back) => Some((self.function)(head.value.clone(), back.clone())),
            };
            let place = head.place;
            slots.set_place(slot, place);
        }
        Ok(())
    }

    fn value(&self, _kept: &Batches<V>, key: &ReducedKey<V>) -> Option<V> {
        key.value.clone()
    }

    fn renumber(&self, kept: &mut Batches<V>, numbers: &[u32]) {
        kept.ring.renumber(numbers);
    }

    fn saved(
        &self,
        shard: &WindowShard<K, Self>,
        frame: &WindowSpec,
    ) -> Vec<(K, u64, SavedReducedKey<V>)> {
        let WindowShard { slots, batches, .. } = shard;
        let of_items = batches.ring.batch_of_items();
        let saved = |slot| {
            let key = slots.entry(slot);
            let items = batches.ring.chained(&key.chain, &of_items);
            let items =
                items.map(|(batch, item)| (frame.number(batch), item.place, item.value.clone()));
            let saved = (
                items.collect(),
                key.front,
                key.back.iter().cloned().collect(),
                key.phase,
                key.turns,
                key.changed,
                key.value.iter().cloned().collect(),
            );
            (slots.key(slot).clone(), slots.place(slot), saved)
        };
        slots.used().map(saved).collect()
    }

    fn restore(
        &self,
        shard: &mut WindowShard<K, Self>,
        frame: &WindowSpec,
        keys: Vec<(K, u64, SavedReducedKey<V>)>,
    ) -> Result<(), StoreError> {
        let WindowShard { slots, batches, .. } = shard;
        let mut all = Vec::new();
        for (key, place, saved) in keys {
            let (items, front, back, phase, turns, changed, value) = saved;
            // Without a change to come, a key without an item would stay for good.
            if front as usize > items.len() || (items.is_empty() && !changed) {
                return Err(StoreError::Malformed(
                    "a key of a window has fewer batches than it says",
                ));
            }
            let slot = slots.slot(slots.tag(&key), key, || ReducedKey::new(place));
            let key = slots.entry_mut(slot);
            (key.front, key.phase, key.turns) = (front, phase, turns);
            (key.back, key.value) = (back.into_iter().next(), value.into_iter().next());
            if changed {
                key.note(slot, &mut batches.changed);
            }
            slots.set_place(slot, place);
            let items = items.into_iter();
            all.extend(
                items.map(|(number, place, value)| (frame.batch(number), slot, place, value)),
            );
        }
        all.sort_by_key(|&(batch, ..)| batch);
        for (batch, slot, place, value) in all {
            let chain = &mut slots.entry_mut(slot).chain;
            batches.ring.push(batch, chain, slot, place, value);
        }
        Ok(())
    }
}
