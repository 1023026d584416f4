//! The changes of a shard's keys between two windows: what several batches bring to a key and take
//! from it is merged before the key's value changes.
//!
//! Which change is a key's stands in a list beside the keys and not with them: a window that fires
//! with every batch has no changes, and its keys are the smaller.

use super::slots::UNSEEN;

/// The values that have left and entered since a window fired.
pub(super) struct Change<V> {
    pub(super) slot: u32,
    pub(super) left: Option<V>,
    pub(super) entered: Option<V>,
    /// When it first entered.
    pub(super) place: u64,
}

/// The changes of keys, each once.
pub(super) struct Changes<V> {
    all: Vec<Change<V>>,
    /// Which change is a slot's, plus one; zero, or nothing, if it has none.
    of_slot: Vec<u32>,
}

impl<V> Default for Changes<V> {
    fn default() -> Changes<V> {
        Changes {
            all: Vec::new(),
            of_slot: Vec::new(),
        }
    }
}

impl<V> Changes<V> {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The change of a slot, which is made if it has none.
    pub(super) fn of(&mut self, slot: u32) -> &mut Change<V> {
        let at = slot as usize;
        if at >= self.of_slot.len() {
            self.of_slot.resize(at + 1, 0);
        }
        if self.of_slot[at] == 0 {
            self.all.push(Change {
                slot,
                left: None,
                entered: None,
                place: UNSEEN,
            });
            self.of_slot[at] = self.all.len() as u32;
        }
        &mut self.all[self.of_slot[at] as usize - 1]
    }

    /// The change of a slot, if it has one.
    pub(super) fn get(&self, slot: u32) -> Option<&Change<V>> {
        let number = *self.of_slot.get(slot as usize)?;
        self.all.get(number.checked_sub(1)? as usize)
    }

    /// Takes all changes.
    pub(super) fn take(&mut self) -> Vec<Change<V>> {
        let all = std::mem::take(&mut self.all);
        for change in &all {
            self.of_slot[change.slot as usize] = 0;
        }
        all
    }

    /// Gives memory back when slots are numbered anew. There are no changes.
    pub(super) fn shrink(&mut self) {
        self.of_slot = Vec::new();
    }
}

/// Merges a value into what the earlier ones have come to.
#[inline]
pub(super) fn merge<V>(into: &mut Option<V>, value: V, function: impl FnOnce(V, V) -> V) {
    *into = Some(match into.take() {
        Some(earlier) => function(earlier, value),
        None => value,
    });
}
