//! The keys of a shard that come first, kept from batch to batch.
//!
//! `pprint` shows eleven records of a window of a million. Looking for them reads every place;
//! but a key that is new comes behind all others, so the first ones change only when one of them
//! leaves or moves.

use super::slots::UNSEEN;

/// Keys that are known to come first: as many as all shards together need for what is printed.
const FIRST: usize = 32;

/// The first keys of a shard: places and slots, in order.
pub(super) struct First {
    keys: Vec<(u64, u32)>,
    /// True if other keys come behind them, or may come behind them.
    others: bool,
}

impl Default for First {
    /// Of a shard without keys.
    fn default() -> First {
        First {
            keys: Vec::new(),
            others: false,
        }
    }
}

impl First {
    /// Of all keys that have a place.
    pub(super) fn of(places: impl Iterator<Item = (u64, u32)>) -> First {
        let mut first = First::default();
        places.for_each(|(place, slot)| first.add(place, slot));
        first
    }

    /// Notes that a slot has another place than before.
    #[inline]
    pub(super) fn moved(&mut self, slot: u32, before: u64, place: u64) {
        let last = self.keys.last().map_or(0, |&(last, _)| last);
        if before <= last {
            self.keys.retain(|&(_, known)| known != slot);
        }
        if place != UNSEEN {
            self.add(place, slot);
        }
    }

    #[inline]
    fn add(&mut self, place: u64, slot: u32) {
        let behind = self.keys.last().is_none_or(|&(last, _)| last < place);
        if behind && (self.others || self.keys.len() == FIRST) {
            self.others = true;
            return;
        }
        self.insert(place, slot);
    }

    #[cold]
    fn insert(&mut self, place: u64, slot: u32) {
        let at = self.keys.partition_point(|&(known, _)| known < place);
        self.keys.insert(at, (place, slot));
        if self.keys.len() > FIRST {
            self.keys.pop();
            self.others = true;
        }
    }

    /// The first keys in order, and whether there are others.
    pub(super) fn known(&self) -> (&[(u64, u32)], bool) {
        (&self.keys, self.others)
    }

    /// True if so few are known that it is time to look for them anew.
    pub(super) fn has_few(&self) -> bool {
        self.others && self.keys.len() < FIRST / 2
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However keys come, move and leave: those that are known are the first of all, and if
        /// no others are said to be there, they are all.
        #[test]
        fn known_keys_are_the_first_of_all(
            steps in prop::collection::vec((0_u32..90, prop::option::weighted(0.7, 0_u64..40)), 0..400),
            refreshed in 0_usize..400,
        ) {
            let (mut first, mut all) = (First::default(), BTreeMap::new());
            for (number, (slot, place)) in steps.into_iter().enumerate() {
                let place = place.map_or(UNSEEN, |place| place << 32 | number as u64);
                let before = all.insert(slot, place).unwrap_or(UNSEEN);
                first.moved(slot, before, place);
                let seen = all.iter().filter(|(_, place)| **place != UNSEEN);
                let mut seen: Vec<(u64, u32)> = seen.map(|(slot, place)| (*place, *slot)).collect();
                if number == refreshed {
                    first = First::of(seen.iter().copied());
                    prop_assert!(!first.has_few());
                }
                seen.sort_unstable();
                let (known, others) = first.known();
                prop_assert_eq!(known, &seen[..known.len()]);
                prop_assert!(others || known.len() == seen.len());
            }
        }
    }
}
