//! `reduce_by_key_and_window` of a function with an inverse: one value a key, from which what
//! leaves is taken and to which what enters is added.
//!
//! Spark's steps, for every key that left or entered (Spark 3.5, `ReducedWindowedDStream`): the
//! inverse once, with all values that left merged; the function once, with all that entered
//! merged; then the filter. A key whose value the filter refuses is gone, but what its batches
//! brought is still in the window and will leave; without a value to leave from, the window
//! cannot be made, and the batch fails in Spark's words.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::data::{Data, Key};
use crate::durable::StoreError;
use crate::store::AHEAD;

use super::frame::WindowSpec;
use super::slots::UNSEEN;
use super::store::{Arrival, Sliding, WindowShard};

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
    /// In how many batches of the window it is.
    batches: u32,
    /// Which change of the shard is its, plus one; zero if it has not changed.
    change: u32,
}

/// The values that have left and entered since a window fired.
struct Change<V> {
    slot: u32,
    left: Option<V>,
    entered: Option<V>,
    /// When it first entered.
    place: u64,
}

/// The values that each of the batches brought, by slot.
pub struct BatchValues<V> {
    batches: VecDeque<(u64, Vec<(u32, V)>)>,
    changes: Vec<Change<V>>,
}

impl<V> Default for BatchValues<V> {
    fn default() -> BatchValues<V> {
        BatchValues {
            batches: VecDeque::new(),
            changes: Vec::new(),
        }
    }
}

/// The saved form of a key: its value; what every batch of the window brought, with the batch's
/// number; and, if it has changed since a window fired, what has left and entered, and when.
/// Lists of one or none stand for what may not be there.
pub(crate) type SavedInvertedKey<V> = (Vec<V>, Vec<(u64, V)>, Vec<(Vec<V>, Vec<V>, u64)>);

/// The change of a key, which is made if it has none.
fn change_of<'a, V>(
    slot: u32,
    key: &mut InvertedKey<V>,
    changes: &'a mut Vec<Change<V>>,
) -> &'a mut Change<V> {
    if key.change == 0 {
        changes.push(Change {
            slot,
            left: None,
            entered: None,
            place: UNSEEN,
        });
        key.change = changes.len() as u32;
    }
    &mut changes[key.change as usize - 1]
}

impl<K, V, F, G> Sliding<K> for Inverting<K, V, F, G>
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

    fn leaving(&self, kept: &BatchValues<V>, forgotten: u64) -> usize {
        let leaving = kept
            .batches
            .iter()
            .take_while(|(batch, _)| *batch <= forgotten);
        leaving.map(|(_, keys)| keys.len()).sum()
    }

    fn leave(&self, shard: &mut WindowShard<K, Self>, forgotten: u64) {
        let BatchValues { batches, changes } = &mut shard.batches;
        while batches
            .front()
            .is_some_and(|(batch, _)| *batch <= forgotten)
        {
            let (_, keys) = batches.pop_front().unwrap_or_default();
            let mut keys = keys.into_iter();
            while let Some((slot, value)) = keys.next() {
                if let Some((ahead, _)) = keys.as_slice().get(AHEAD) {
                    shard.slots.prefetch_slot(*ahead);
                }
                let key = shard.slots.entry_mut(slot);
                key.batches -= 1;
                let left = &mut change_of(slot, key, changes).left;
                *left = Some(match left.take() {
                    Some(earlier) => (self.function)(earlier, value),
                    None => value,
                });
            }
        }
    }

    fn enter(&self, shard: &mut WindowShard<K, Self>, batch: u64, arrival: Arrival<K, V>) {
        let Arrival {
            place,
            tag,
            key,
            value,
        } = arrival;
        let BatchValues { batches, changes } = &mut shard.batches;
        let new = || InvertedKey {
            value: None,
            batches: 0,
            change: 0,
        };
        let slot = shard.slots.slot(tag, key, new);
        let key = shard.slots.entry_mut(slot);
        let value = millrace_text::detached(value);
        key.batches += 1;
        let change = change_of(slot, key, changes);
        change.place = change.place.min(place);
        change.entered = Some(match change.entered.take() {
            Some(earlier) => (self.function)(earlier, value.clone()),
            None => value.clone(),
        });
        if batches.back().is_none_or(|(last, _)| *last != batch) {
            batches.push_back((batch, Vec::new()));
        }
        if let Some((_, keys)) = batches.back_mut() {
            keys.push((slot, value));
        }
    }

    fn settle(&self, shard: &mut WindowShard<K, Self>, _due: u64) -> Result<(), StoreError> {
        let WindowShard { slots, batches, .. } = shard;
        if let Some((_, keys)) = batches.batches.back_mut() {
            keys.shrink_to_fit();
        }
        for change in batches.changes.drain(..) {
            let Change { slot, place, .. } = change;
            let key = slots.entry_mut(slot);
            key.change = 0;
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
            let stays = match &self.filter {
                Some(filter) => filter(slots.key(slot), &value),
                None => true,
            };
            let key = slots.entry_mut(slot);
            if stays {
                key.value = Some(value);
                if is_new {
                    slots.set_place(slot, place);
                }
            } else if key.batches == 0 {
                slots.remove(slot);
            } else {
                slots.set_place(slot, UNSEEN);
            }
        }
        Ok(())
    }

    fn value(&self, _kept: &BatchValues<V>, key: &InvertedKey<V>) -> Option<V> {
        key.value.clone()
    }

    fn renumber(&self, kept: &mut BatchValues<V>, numbers: &[u32]) {
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
            let change = key.change.checked_sub(1);
            let change = change.map(|change| &batches.changes[change as usize]);
            let change = change.map(|change| {
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
            let entry = InvertedKey {
                value: value.into_iter().next(),
                batches: brought.len() as u32,
                change: 0,
            };
            let slot = slots.slot(slots.tag(&key), key, || entry);
            slots.set_place(slot, place);
            if let Some((left, entered, place)) = change.into_iter().next() {
                let change = change_of(slot, slots.entry_mut(slot), &mut batches.changes);
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
