//! The keys of a shard, in numbered slots.
//!
//! A batch's value for a key is noted under the key's slot, so that it can leave again without a
//! hash, a comparison or a second copy of the key. A slot keeps its number until its key goes;
//! places stand apart from keys, because looking for the first few of a million reads places and
//! little else.

use std::ops::Range;

use crate::data::Key;
use crate::shuffle::{KeyHasher, prefetch, prefetch_whole, tag_of, written_zeros};

use super::first::First;

/// The place of a key that a reader does not see.
pub(super) const UNSEEN: u64 = u64::MAX;

/// The smallest index, and the fewest slots worth numbering anew.
const FEW: usize = 1 << 4;
const WORTH_COMPACTING: usize = 1 << 10;

/// Keys with an entry each.
pub(super) struct Slots<K, E> {
    /// Linear probing over a power of two of words: the tag of a key, and its slot plus one; zero
    /// is vacant.
    index: Vec<u64>,
    entries: Vec<Option<(K, E)>>,
    places: Vec<u64>,
    vacant: Vec<u32>,
    /// The number of keys that have a place.
    seen: usize,
    first: First,
    /// Slots whose keys were given places since somebody read them all in order; `None` if
    /// nobody did, or if there are more of them than it is worth to know.
    placed: Option<Vec<u32>>,
    hasher: KeyHasher,
}

/// The part of a key's hash that the index keeps: the one that travels with a record, so that what
/// a batch brings is not hashed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag(u32);

impl Tag {
    /// The tag that an entry of a shuffle has.
    pub(super) fn of_entry(tag: u32) -> Tag {
        Tag(tag)
    }

    fn of(word: u64) -> Tag {
        Tag((word >> 32) as u32)
    }

    /// The shard takes bits from the top of a tag and leaves these; the last one is always set.
    fn home(self) -> usize {
        (self.0 >> 1) as usize
    }

    fn word(self, slot: u32) -> u64 {
        u64::from(self.0) << 32 | u64::from(slot + 1)
    }
}

/// A key that is looked for: its tag, and the slot of a key with the same tag if one was seen ahead,
/// which is nearly always its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    tag: Tag,
    slot: Option<u32>,
}

impl Sought {
    pub(super) fn tag(self) -> Tag {
        self.tag
    }
}

impl From<Tag> for Sought {
    /// Nothing was seen ahead.
    fn from(tag: Tag) -> Sought {
        Sought { tag, slot: None }
    }
}

fn slot_of(word: u64) -> usize {
    (word as u32 - 1) as usize
}

/// Asks the processor for the entry of a slot.
#[inline(always)]
pub(super) fn prefetch_entry<T>(entries: &[T], slot: u32) {
    prefetch_whole(entries.as_ptr().wrapping_add(slot as usize));
}

impl<K: Key, E> Slots<K, E> {
    pub(super) fn new(hasher: KeyHasher) -> Slots<K, E> {
        Slots {
            index: vec![0; FEW],
            entries: Vec::new(),
            places: Vec::new(),
            vacant: Vec::new(),
            seen: 0,
            first: First::default(),
            placed: None,
            hasher,
        }
    }

    /// The number of keys, seen or not.
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.vacant.len()
    }

    /// The number of keys that a reader sees.
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    fn mask(&self) -> usize {
        self.index.len() - 1
    }

    /// True if the key has a slot.
    pub(super) fn has(&self, key: &K) -> bool {
        self.find(key).is_some()
    }

    /// The slot of a key, if it has one.
    pub(super) fn find(&self, key: &K) -> Option<u32> {
        let tag = self.tag(key);
        let mut at = tag.home() & self.mask();
        while self.index[at] != 0 {
            let word = self.index[at];
            if Tag::of(word) == tag
                && let Some((present, _)) = &self.entries[slot_of(word)]
                && present == key
            {
                return Some(word as u32 - 1);
            }
            at = (at + 1) & self.mask();
        }
        None
    }

    /// The place of a key.
    #[inline]
    pub(super) fn place(&self, slot: u32) -> u64 {
        self.places[slot as usize]
    }

    /// The slots that have a key.
    pub(super) fn used(&self) -> impl Iterator<Item = u32> {
        let used = (0_u32..).zip(&self.entries);
        used.filter(|(_, entry)| entry.is_some())
            .map(|(slot, _)| slot)
    }

    /// The tag of a key.
    #[inline]
    pub(super) fn tag(&self, key: &K) -> Tag {
        Tag(tag_of(self.hasher.hash(key)))
    }

    /// Asks the processor for the word of the index at which a search for the tag begins.
    #[inline]
    pub(super) fn prefetch_word(&self, tag: Tag) {
        prefetch(&raw const self.index[tag.home() & self.mask()]);
    }

    /// Looks for a slot whose key has this tag, and asks for its entry, and for its place if that may
    /// change. The key itself is looked at later, when it is there.
    #[inline]
    pub(super) fn seek(&self, tag: Tag, with_place: bool) -> Sought {
        let slot = self.with_tag(tag);
        if let Some(slot) = slot {
            self.prefetch_entry(slot);
            if with_place {
                self.prefetch_place(slot);
            }
        }
        Sought { tag, slot }
    }

    /// The first slot whose key has this tag.
    #[inline]
    fn with_tag(&self, tag: Tag) -> Option<u32> {
        // Nearly all keys are at home or behind it: which of both is no branch, since nobody foresees
        // it.
        let mut at = tag.home() & self.mask();
        let (home, behind) = (self.index[at], self.index[(at + 1) & self.mask()]);
        let word = if Tag::of(home) == tag { home } else { behind };
        if Tag::of(word) == tag {
            return Some(word as u32 - 1);
        }
        while self.index[at] != 0 {
            let word = self.index[at];
            if Tag::of(word) == tag {
                return Some(word as u32 - 1);
            }
            at = (at + 1) & self.mask();
        }
        None
    }

    /// Asks for the place of a slot.
    #[inline]
    pub(super) fn prefetch_place(&self, slot: u32) {
        prefetch(&raw const self.places[slot as usize]);
    }

    /// Asks for the entry of a slot.
    #[inline]
    pub(super) fn prefetch_entry(&self, slot: u32) {
        prefetch_entry(&self.entries, slot);
    }

    /// The slot of a key, which gets one if it has none.
    #[inline]
    pub(super) fn slot(
        &mut self,
        sought: impl Into<Sought>,
        key: K,
        entry: impl FnOnce() -> E,
    ) -> u32 {
        let Sought { tag, slot } = sought.into();
        if let Some(slot) = slot
            && let Some((present, _)) = &self.entries[slot as usize]
            && *present == key
        {
            return slot;
        }
        self.find_or_add(tag, key, entry)
    }

    #[inline(never)]
    fn find_or_add(&mut self, tag: Tag, key: K, entry: impl FnOnce() -> E) -> u32 {
        let mut at = tag.home() & self.mask();
        while self.index[at] != 0 {
            let word = self.index[at];
            if Tag::of(word) == tag
                && let Some((present, _)) = &self.entries[slot_of(word)]
                && *present == key
            {
                return word as u32 - 1;
            }
            at = (at + 1) & self.mask();
        }
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.entries.push(None);
            self.places.push(UNSEEN);
            u32::try_from(self.entries.len() - 1).expect("a shard has fewer keys than four billion")
        });
        self.entries[slot as usize] = Some((key, entry()));
        self.index[at] = tag.word(slot);
        if self.len() > self.index.len() / 8 * 5 {
            self.resize(self.index.len() * 2);
        }
        slot
    }

    /// Forgets which keys were given places.
    pub(super) fn forget_placed(&mut self) {
        self.placed = None;
    }

    /// Keys with their entries, by slot.
    pub(super) fn pairs(&self) -> &[Option<(K, E)>] {
        &self.entries
    }

    pub(super) fn key(&self, slot: u32) -> &K {
        &self.pair(slot).0
    }

    pub(super) fn entry(&self, slot: u32) -> &E {
        &self.pair(slot).1
    }

    /// A key with its entry.
    #[inline]
    pub(super) fn pair(&self, slot: u32) -> &(K, E) {
        let pair = self.entries[slot as usize].as_ref();
        pair.expect("a slot is used while its key is there")
    }

    pub(super) fn entry_mut(&mut self, slot: u32) -> &mut E {
        let pair = self.entries[slot as usize].as_mut();
        &mut pair.expect("a slot is used while its key is there").1
    }

    /// Puts a key where a reader sees it, or, with [`UNSEEN`], where none does.
    pub(super) fn set_place(&mut self, slot: u32, place: u64) {
        let before = std::mem::replace(&mut self.places[slot as usize], place);
        if before == place {
            return;
        }
        self.seen += usize::from(place != UNSEEN);
        self.seen -= usize::from(before != UNSEEN);
        self.first.moved(slot, before, place);
        if place != UNSEEN
            && let Some(placed) = &mut self.placed
        {
            placed.push(slot);
            if placed.len() > self.places.len().max(WORTH_COMPACTING) {
                self.placed = None;
            }
        }
    }

    /// The keys that come first, as far as they are known: their places and slots, in order, and
    /// whether there are others.
    pub(super) fn first(&self) -> (&[(u64, u32)], bool) {
        self.first.known()
    }

    /// Looks for the keys that come first if too few of them are known.
    pub(super) fn refresh_first(&mut self) {
        if self.first.has_few() {
            self.first = First::of(self.places());
        }
    }

    /// The slots whose keys were given places since this was called last, some of them twice and
    /// some of them gone. `None` if that is not known: then [`places`](Slots::places) has all.
    pub(super) fn take_placed(&mut self) -> Option<Vec<u32>> {
        self.placed.replace(Vec::new())
    }

    /// Every key that a reader sees: its place and slot, in no order that may be seen outside.
    pub(super) fn places(&self) -> impl Iterator<Item = (u64, u32)> {
        (0_u32..)
            .zip(&self.places)
            .filter(|&(_, &place)| place != UNSEEN)
            .map(|(slot, &place)| (place, slot))
    }

    /// The number of slots, vacant ones too.
    pub(super) fn slots(&self) -> usize {
        self.places.len()
    }

    /// [`places`](Slots::places) of some slots.
    pub(super) fn places_in(&self, slots: Range<usize>) -> impl Iterator<Item = (u64, u32)> {
        let places = (slots.start as u32..).zip(&self.places[slots]);
        places
            .filter(|&(_, &place)| place != UNSEEN)
            .map(|(slot, &place)| (place, slot))
    }

    /// Removes a key. Its slot may be another's from now on.
    pub(super) fn remove(&mut self, slot: u32) {
        self.set_place(slot, UNSEEN);
        let Some((key, _)) = self.entries[slot as usize].take() else {
            return;
        };
        self.vacant.push(slot);
        let mask = self.mask();
        let mut hole = self.tag(&key).home() & mask;
        while self.index[hole] as u32 != slot + 1 {
            hole = (hole + 1) & mask;
        }
        // What stands behind the hole moves up, unless it would come before its home.
        let mut next = (hole + 1) & mask;
        while self.index[next] != 0 {
            let from_home = next.wrapping_sub(Tag::of(self.index[next]).home()) & mask;
            if from_home >= (next.wrapping_sub(hole) & mask) {
                self.index[hole] = self.index[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        self.index[hole] = 0;
    }

    fn resize(&mut self, words: usize) {
        let old = std::mem::replace(&mut self.index, written_zeros(words));
        for word in old.into_iter().filter(|&word| word != 0) {
            let mut at = Tag::of(word).home() & (words - 1);
            while self.index[at] != 0 {
                at = (at + 1) & (words - 1);
            }
            self.index[at] = word;
        }
    }

    /// Gives memory back when most slots are vacant: numbers the keys anew, and gives the new
    /// number of every old slot that has one.
    pub(super) fn compacted(&mut self) -> Option<Vec<u32>> {
        let len = self.len();
        if self.entries.len() < WORTH_COMPACTING || len >= self.entries.len() / 4 {
            return None;
        }
        let mut numbers = vec![0; self.entries.len()];
        let (mut entries, mut places) = (Vec::with_capacity(len), Vec::with_capacity(len));
        let old = std::mem::take(&mut self.entries);
        for (slot, entry) in old.into_iter().enumerate() {
            if entry.is_some() {
                numbers[slot] = entries.len() as u32;
                entries.push(entry);
                places.push(self.places[slot]);
            }
        }
        (self.entries, self.places, self.vacant) = (entries, places, Vec::new());
        (self.first, self.placed) = (First::of(self.places()), None);
        for word in self.index.iter_mut().filter(|word| **word != 0) {
            *word = Tag::of(*word).word(numbers[slot_of(*word)]);
        }
        self.resize((len * 2).next_power_of_two().max(FEW));
        Some(numbers)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn equals_a_map(steps in prop::collection::vec((any::<bool>(), 0_u32..60), 0..300)) {
            let mut slots = Slots::new(KeyHasher::default());
            let mut model: BTreeMap<u32, (u32, u64)> = BTreeMap::new();
            for (time, (removes, key)) in (0_u64..).zip(steps) {
                if !removes {
                    let slot = slots.slot(slots.tag(&key), key, || key + 1);
                    slots.set_place(slot, if key % 3 == 0 { UNSEEN } else { time });
                    if let Some((before, _)) = model.insert(key, (slot, time)) {
                        prop_assert_eq!(before, slot, "a slot stays");
                    }
                } else if let Some((slot, _)) = model.remove(&key) {
                    slots.remove(slot);
                }
                prop_assert_eq!(slots.len(), model.len());
            }
            let mut seen: Vec<(u64, u32)> = slots.places().collect();
            seen.sort_unstable();
            let mut expected: Vec<(u64, u32)> = model
                .iter()
                .filter(|(key, _)| *key % 3 != 0)
                .map(|(_, &(slot, time))| (time, slot))
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(slots.seen(), seen.len());
            prop_assert_eq!(seen, expected);
            for (key, (slot, _)) in model {
                prop_assert_eq!((slots.key(slot), slots.entry(slot)), (&key, &(key + 1)));
                prop_assert_eq!(slots.find(&key), Some(slot));
                prop_assert_eq!(slots.slot(slots.tag(&key), key, || 0), slot, "it is found");
                let sought = slots.seek(slots.tag(&key), true);
                prop_assert_eq!(sought.slot, Some(slot));
                prop_assert_eq!(slots.slot(sought, key, || 0), slot, "it is found ahead");
            }
        }
    }

    #[test]
    fn another_key_with_the_same_tag_is_not_taken_for_the_one_that_is_sought() {
        let mut slots = Slots::new(KeyHasher::default());
        let tag = slots.tag(&1);
        assert_eq!(slots.seek(tag, false).slot, None);
        let (one, other) = (slots.slot(tag, 1, || 1), slots.slot(tag, 2, || 2));
        let sought = slots.seek(tag, false);
        assert_eq!(sought.slot, Some(one));
        assert_eq!(
            (slots.slot(sought, 2, || 0), *slots.entry(other)),
            (other, 2)
        );
        assert_eq!((slots.slot(sought, 1, || 0), *slots.entry(one)), (one, 1));
    }

    #[test]
    fn memory_of_many_keys_is_given_back() {
        let mut slots = Slots::new(KeyHasher::default());
        let numbers: Vec<u32> = (0..10_000_u32)
            .map(|key| slots.slot(slots.tag(&key), key, || ()))
            .collect();
        numbers[10..].iter().for_each(|&slot| slots.remove(slot));
        let renumbered = slots.compacted().unwrap();
        assert!(slots.entries.len() == 10 && slots.index.len() == 32);
        for key in 0..10 {
            let slot = renumbered[numbers[key as usize] as usize];
            assert_eq!(
                (*slots.key(slot), slots.slot(slots.tag(&key), key, || ())),
                (key, slot)
            );
        }
        assert!(slots.compacted().is_none());
    }
}
