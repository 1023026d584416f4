//! `reduce_by_key_and_window` of a function with an inverse: one value per key, from which values that
//! leave the window are taken, and to which values that enter it are added.
//!
//! Spark's steps, for every key that left or entered (Spark 3.5, `ReducedWindowedDStream`): the
//! inverse once, with all values that left merged; the function once, with all that entered
//! merged; then the filter. A key whose value the filter refuses is gone, but what its batches
//! brought is still in the window and will leave; without a value to leave from, the window
//! cannot be made, and the batch fails in Spark's words.
//!
//! A window that fires with every batch lets one batch leave and one enter: there is nothing to
//! merge, and the steps are taken where the value stands. The sum of what several batches bring to
//! or take from a key before the window fires is kept as a *change* of the key.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::data::{Data, Key};
use crate::durable::{Record, StoreError};
use crate::store::AHEAD;

use super::change::{Change, Changes, merge};
use super::frame::{SlideStep, WindowSpec};
use super::slots::{Slots, UNSEEN};
use super::store::{Arrival, KeyedRule, WindowShard};

/// Spark's words.
const NO_VALUE: &str = "Neither previous window has value for key, nor new values found. Are you \
                        sure your key class hashes consistently?";

/// Decides whether a key with its value stays.
pub type KeyFilter<K, V> = Arc<dyn Fn(&K, &V) -> bool + Send + Sync>;

/// Keeps the value of every key.
pub struct Inverting<K, V, F, G> {
    /// Adds what enters the window.
    pub function: F,
    /// Takes away what leaves it.
    pub inverse: G,
    /// The filter that decides which keys stay; without one, every key does.
    pub filter: Option<KeyFilter<K, V>>,
}

/// The entry of a key.
pub struct InvertedKey<V> {
    /// `None` before the first window that has it, and after the filter refused it.
    value: Option<V>,
    /// The number of batches of the window that have the key.
    batches: u32,
    /// The index of the key's item among those of the batch that enters; valid only if the item there
    /// has the key's slot.
    item: u32,
}

impl<V> InvertedKey<V> {
    fn new(value: Option<V>, batches: u32) -> InvertedKey<V> {
        InvertedKey {
            value,
            batches,
            item: 0,
        }
    }

    /// True if the key has an item in the batch that enters.
    #[inline]
    fn is_in<T>(&self, slot: u32, items: &[(u32, T)]) -> bool {
        let item = items.get(self.item as usize);
        item.is_some_and(|(own, _)| *own == slot)
    }
}

/// The values that each of the batches brought, by slot.
pub struct BatchValues<V> {
    batches: VecDeque<(u64, Vec<(u32, V)>)>,
    changes: Changes<V>,
    /// The items of the batch that enters, and the places at which it first had their keys.
    items: Vec<(u32, V)>,
    places: Vec<u64>,
    /// The slots from whose values the batch that leaves was taken, for the filter.
    left: Vec<u32>,
}

impl<V> Default for BatchValues<V> {
    fn default() -> BatchValues<V> {
        BatchValues {
            batches: VecDeque::new(),
            changes: Changes::default(),
            items: Vec::new(),
            places: Vec::new(),
            left: Vec::new(),
        }
    }
}

/// The saved form of a key: its value; what every batch of the window brought, with the batch's
/// number; and, if it has changed since a window fired, what has left and entered, and when.
/// Lists of one or none stand for what may not be there.
pub(crate) type SavedInvertedKey<V> = (Vec<V>, Vec<(u64, V)>, Vec<(Vec<V>, Vec<V>, u64)>);

impl<K, V, F, G> Inverting<K, V, F, G>
where
    K: Key,
    V: Data,
    F: Fn(V, V) -> V,
    G: Fn(V, V) -> V,
{
    /// Keeps a key with its value, or lets it go if the filter refuses it.
    #[inline]
    fn keep_or_remove(&self, slots: &mut Slots<K, InvertedKey<V>>, slot: u32) {
        let Some(filter) = &self.filter else { return };
        let (key, entry) = slots.pair(slot);
        if entry.value.as_ref().is_none_or(|value| filter(key, value)) {
            return;
        }
        let entry = slots.entry_mut(slot);
        entry.value = None;
        if entry.batches == 0 {
            slots.remove(slot);
        } else {
            slots.set_place(slot, UNSEEN);
        }
    }

    /// Adds the values that entered to those of a window that fires with this batch, in place.
    fn add_in_place(
        &self,
        slots: &mut Slots<K, InvertedKey<V>>,
        (items, places): (&[(u32, V)], &[u64]),
        left: Vec<u32>,
    ) {
        for ((slot, value), place) in items.iter().zip(places) {
            let key = slots.entry_mut(*slot);
            let is_new = key.value.is_none();
            merge(&mut key.value, value.clone(), &self.function);
            if is_new {
                slots.set_place(*slot, *place);
            }
            self.keep_or_remove(slots, *slot);
        }
        for slot in left {
            if !slots.entry(slot).is_in(slot, items) {
                self.keep_or_remove(slots, slot);
            }
        }
    }
}

impl<K, V, F, G> KeyedRule<K> for Inverting<K, V, F, G>
where
    K: Key,
    V: Data,
    F: Fn(V, V) -> V + Send + Sync + 'static,
    G: Fn(V, V) -> V + Send + Sync + 'static,
{
    type Brought = V;
    type Entry = InvertedKey<V>;
    type History = BatchValues<V>;
    type Value = V;
    type Saved = SavedInvertedKey<V>;

    const MOVES_PLACES: bool = false;
    const TAKES_UNMERGED: bool = true;

    fn leaving(&self, kept: &BatchValues<V>, forgotten: u64) -> usize {
        let leaving = kept
            .batches
            .iter()
            .take_while(|(batch, _)| *batch <= forgotten);
        leaving.map(|(_, keys)| keys.len()).sum()
    }

    fn leave(&self, shard: &mut WindowShard<K, Self>, step: SlideStep) {
        let BatchValues {
            batches,
            changes,
            items: emptied,
            left,
            ..
        } = &mut shard.batches;
        let leaving = |batches: &VecDeque<(u64, Vec<(u32, V)>)>, at| {
            let batch = batches.get(at);
            batch.is_some_and(|(batch, _)| *batch <= step.forgotten)
        };
        let in_place = step.due.is_some() && changes.is_empty() && !leaving(batches, 1);
        while leaving(batches, 0) {
            let (_, mut items) = batches.pop_front().unwrap_or_default();
            if in_place && self.filter.is_some() {
                left.reserve(items.len());
            }
            let mut leaves = items.drain(..);
            while let Some((slot, value)) = leaves.next() {
                if let Some((ahead, _)) = leaves.as_slice().get(AHEAD) {
                    shard.slots.prefetch_entry(*ahead);
                }
                let key = shard.slots.entry_mut(slot);
                key.batches -= 1;
                if in_place && let Some(all) = key.value.take() {
                    key.value = Some((self.inverse)(all, value));
                    if self.filter.is_some() {
                        left.push(slot);
                    }
                } else {
                    merge(&mut changes.of(slot).left, value, &self.function);
                }
            }
            drop(leaves);
            // The batch that enters brings about as much as the one that leaves.
            if items.capacity() > emptied.capacity() {
                *emptied = items;
            }
        }
    }

    fn expect(&self, shard: &mut WindowShard<K, Self>, entries: usize) {
        let BatchValues { items, places, .. } = &mut shard.batches;
        items.reserve_exact(entries);
        places.reserve_exact(entries);
    }

    fn enter(&self, shard: &mut WindowShard<K, Self>, _batch: u64, arrival: Arrival<K, V>) -> bool {
        let Arrival {
            place,
            sought,
            key,
            value,
        } = arrival;
        let BatchValues { items, places, .. } = &mut shard.batches;
        let slot = shard.slots.slot(sought, key, || InvertedKey::new(None, 0));
        let key = shard.slots.entry_mut(slot);
        let value = millrace_text::detached(value);
        if key.is_in(slot, items) {
            let all = &mut items[key.item as usize].1;
            *all = (self.function)(all.clone(), value);
            return false;
        }
        key.batches += 1;
        key.item = items.len() as u32;
        items.push((slot, value));
        places.push(place);
        true
    }

    fn entered(
        &self,
        shard: &mut WindowShard<K, Self>,
        step: SlideStep,
        record: Option<&mut Record<'_>>,
    ) {
        let WindowShard { slots, batches, .. } = shard;
        let mut items = std::mem::take(&mut batches.items);
        let mut places = std::mem::take(&mut batches.places);
        let left = std::mem::take(&mut batches.left);
        if let Some(record) = record {
            for ((slot, value), place) in items.iter().zip(&places) {
                record.put(slots.key(*slot), *place, value);
            }
        }
        if step.due.is_some() && batches.changes.is_empty() {
            self.add_in_place(slots, (&items, &places), left);
        } else {
            // The filter is to see them.
            for slot in left {
                batches.changes.of(slot);
            }
            for ((slot, value), &place) in items.iter().zip(&places) {
                let change = batches.changes.of(*slot);
                change.place = change.place.min(place);
                merge(&mut change.entered, value.clone(), &self.function);
            }
        }
        places.clear();
        places.shrink_to(2 * items.len());
        batches.places = places;
        if !items.is_empty() {
            items.shrink_to_fit();
            batches.batches.push_back((step.batch, items));
        }
    }

    fn settle(&self, shard: &mut WindowShard<K, Self>, _due: u64) -> Result<(), StoreError> {
        let WindowShard { slots, batches, .. } = shard;
        for change in batches.changes.take() {
            let Change { slot, place, .. } = change;
            let key = slots.entry_mut(slot);
            let (value, is_new) = match (key.value.take(), change.entered) {
                (None, None) => return Err(StoreError::Rule(NO_VALUE)),
                (None, Some(entered)) => (entered, true),
                (Some(value), entered) => {
                    let value = match change.left {
                        Some(left) => (self.inverse)(value, left),
                        None => value,
                    };
                    let value = match entered {
                        Some(entered) => (self.function)(value, entered),
                        None => value,
                    };
                    (value, false)
                }
            };
            key.value = Some(value);
            if is_new {
                slots.set_place(slot, place);
            }
            self.keep_or_remove(slots, slot);
        }
        Ok(())
    }

    fn value(&self, _kept: &BatchValues<V>, key: &InvertedKey<V>) -> Option<V> {
        key.value.clone()
    }

    fn renumber(&self, kept: &mut BatchValues<V>, numbers: &[u32]) {
        kept.changes.shrink();
        let keys = kept.batches.iter_mut().flat_map(|(_, keys)| keys);
        keys.for_each(|(slot, _)| *slot = numbers[*slot as usize]);
    }

    fn saved(
        &self,
        shard: &WindowShard<K, Self>,
        frame: &WindowSpec,
    ) -> Vec<(K, u64, SavedInvertedKey<V>)> {
        let WindowShard { slots, batches, .. } = shard;
        let mut saved: Vec<(K, u64, SavedInvertedKey<V>)> = Vec::with_capacity(slots.len());
        let mut at = Vec::new();
        for slot in slots.used() {
            let key = slots.entry(slot);
            let change = batches.changes.get(slot).map(|change| {
                let list = |value: &Option<V>| value.iter().cloned().collect();
                (list(&change.left), list(&change.entered), change.place)
            });
            let value = key.value.iter().cloned().collect();
            let brought = Vec::with_capacity(key.batches as usize);
            at.resize(slot as usize + 1, 0);
            at[slot as usize] = saved.len();
            let change = change.into_iter().collect();
            let (key, place) = (slots.key(slot).clone(), slots.place(slot));
            saved.push((key, place, (value, brought, change)));
        }
        for (batch, keys) in &batches.batches {
            for (slot, value) in keys {
                let (_, _, (_, brought, _)) = &mut saved[at[*slot as usize]];
                brought.push((frame.number(*batch), value.clone()));
            }
        }
        saved
    }

    fn restore(
        &self,
        shard: &mut WindowShard<K, Self>,
        frame: &WindowSpec,
        keys: Vec<(K, u64, SavedInvertedKey<V>)>,
    ) -> Result<(), StoreError> {
        let WindowShard { slots, batches, .. } = shard;
        let mut all = Vec::new();
        for (key, place, (value, brought, change)) in keys {
            let entry = InvertedKey::new(value.into_iter().next(), brought.len() as u32);
            let slot = slots.slot(slots.tag(&key), key, || entry);
            slots.set_place(slot, place);
            if let Some((left, entered, place)) = change.into_iter().next() {
                let change = batches.changes.of(slot);
                change.left = left.into_iter().next();
                change.entered = entered.into_iter().next();
                change.place = place;
            }
            let brought = brought.into_iter();
            all.extend(brought.map(|(number, value)| (frame.batch(number), (slot, value))));
        }
        all.sort_by_key(|&(batch, _)| batch);
        for (batch, item) in all {
            match batches.batches.back_mut() {
                Some((last, keys)) if *last == batch => keys.push(item),
                _ => batches.batches.push_back((batch, vec![item])),
            }
        }
        Ok(())
    }
}
