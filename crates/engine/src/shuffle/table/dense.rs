//! The keys of a shard in the order in which they came, and an index of words that finds them.
//!
//! A reader in the order of arrival walks forwards through every shard; and a new key is
//! written behind the others, where nothing has to be fetched. A word of the index is a fourth to
//! a sixth of a slot, so that the index stays in the cache while a shard is merged, and is soon
//! cleared.
//!
//! Words stand in the order of their tags, as the slots of a local table do: a run that was combined
//! comes in that order, and walks the index forwards.

use super::super::aggregate::Cell;
use super::super::hasher::bucket_of;
use super::super::pages::{prefetch, prefetch_whole, written_zeros};

/// The fewest words of an index.
const FEW: usize = 1 << 6;

struct Keyed<K, C> {
    stamp: u64,
    key: K,
    value: C,
}

/// Keys with their stamps and values, in the order in which they came; see the module head.
pub(crate) struct Dense<K, C> {
    /// A power of two of words: a tag over the number of its key plus one; zero is vacant. Every number
    /// of a key is in one of them.
    index: Vec<u64>,
    /// The shift that makes a word of a place.
    shift: u32,
    keys: Vec<Keyed<K, C>>,
}

/// The end of a search.
pub(crate) enum FoundKey {
    /// The number of the key.
    Key(u32),
    /// The word where a search for it ends.
    Vacant(usize),
}

#[inline(always)]
fn tag_of_word(word: u64) -> u32 {
    (word >> 32) as u32
}

#[inline(always)]
fn number_of(word: u64) -> u32 {
    (word as u32).wrapping_sub(1)
}

impl<K: Eq, C> Dense<K, C> {
    pub(crate) fn new() -> Dense<K, C> {
        Dense {
            index: vec![0; FEW],
            shift: u32::BITS - FEW.trailing_zeros(),
            keys: Vec::new(),
        }
    }

    /// The number of keys.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The number of keys that there is memory for.
    pub(crate) fn room(&self) -> usize {
        self.keys.capacity().max(self.index.len() / 2)
    }

    #[inline(always)]
    fn home(&self, tag: u32) -> usize {
        (bucket_of(tag) >> self.shift) as usize & self.mask()
    }

    #[inline(always)]
    fn mask(&self) -> usize {
        self.index.len() - 1
    }

    /// Asks the processor for the word at which a search for a tag begins.
    #[inline(always)]
    pub(crate) fn prefetch_word(&self, tag: u32) {
        prefetch(&raw const self.index[self.home(tag)]);
    }

    /// Asks for a key, if there is one of this number.
    #[inline(always)]
    pub(crate) fn prefetch_key(&self, number: u32) {
        prefetch_whole(self.keys.as_ptr().wrapping_add(number as usize));
    }

    /// Finds the number of a key that has this tag, nearly always the key that is sought, and prefetches
    /// the key, which the caller compares later.
    #[inline(always)]
    pub(crate) fn seek(&self, tag: u32) -> Option<u32> {
        let mut at = self.home(tag);
        loop {
            let word = self.index[at];
            if word == 0 {
                return None;
            }
            if tag_of_word(word) == tag {
                let number = number_of(word);
                self.prefetch_key(number);
                return Some(number);
            }
            at = (at + 1) & self.mask();
        }
    }

    /// True if the key of this number is the one that is meant.
    #[inline(always)]
    pub(crate) fn is(&self, number: u32, key: &K) -> bool {
        let keyed = self.keys.get(number as usize);
        keyed.is_some_and(|keyed| keyed.key == *key)
    }

    /// Looks for a key.
    #[inline(always)]
    pub(crate) fn find(&self, tag: u32, key: &K) -> FoundKey {
        let mut at = self.home(tag);
        loop {
            let word = self.index[at];
            if word == 0 {
                return FoundKey::Vacant(at);
            }
            if tag_of_word(word) == tag && self.is(number_of(word), key) {
                return FoundKey::Key(number_of(word));
            }
            at = (at + 1) & self.mask();
        }
    }

    /// Adds a key behind all others. There is [room](Dense::reserve), and a search for it ends at the
    /// word `at`.
    ///
    /// # Panics
    /// If there are as many keys as numbers.
    #[inline(always)]
    pub(crate) fn add(&mut self, at: usize, tag: u32, stamp: u64, key: K, value: C) {
        debug_assert_eq!(self.index[at], 0);
        let number = u32::try_from(self.keys.len() + 1).expect("a shard has fewer keys than that");
        self.keys.push(Keyed { stamp, key, value });
        self.index[at] = u64::from(tag) << 32 | u64::from(number);
    }

    /// Makes room for `more` keys. At most five eighths of the words are left filled; if most of
    /// what comes is new, seven eighths until the next call.
    pub(crate) fn reserve(&mut self, more: usize) {
        let (len, mut words) = (self.len(), self.index.len());
        while len > words / 8 * 5 || len + more > words / 8 * 7 {
            words *= 2;
        }
        if words > self.index.len() {
            self.resize(words);
        }
    }

    #[cold]
    fn resize(&mut self, words: usize) {
        assert!(words.trailing_zeros() <= u32::BITS, "a place has 32 bits");
        let old = std::mem::replace(&mut self.index, written_zeros(words));
        self.shift = u32::BITS - words.trailing_zeros();
        for word in old.into_iter().filter(|&word| word != 0) {
            let mut at = self.home(tag_of_word(word));
            while self.index[at] != 0 {
                at = (at + 1) & self.mask();
            }
            self.index[at] = word;
        }
    }

    /// Every key with its stamp and value, in the order in which they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &K, &C)> {
        let keys = self.keys.iter();
        keys.map(|Keyed { stamp, key, value }| (*stamp, key, value))
    }

    /// The key of a number, if there is one, with its stamp and value.
    #[inline(always)]
    pub(crate) fn get(&self, number: usize) -> Option<(u64, &K, &C)> {
        let keyed = self.keys.get(number);
        keyed.map(|Keyed { stamp, key, value }| (*stamp, key, value))
    }

    /// The value of a key, if it is there.
    pub(crate) fn value_of(&self, tag: u32, key: &K) -> Option<&C> {
        match self.find(tag, key) {
            FoundKey::Key(number) => self.get(number as usize).map(|(_, _, value)| value),
            FoundKey::Vacant(_) => None,
        }
    }

    /// The value of the key of a number, to be changed.
    ///
    /// # Panics
    /// If there is no such key.
    #[inline(always)]
    pub(crate) fn value(&mut self, number: u32) -> DenseCell<'_, K, C> {
        assert!((number as usize) < self.keys.len(), "a number of a key");
        DenseCell {
            keys: self,
            number: number as usize,
        }
    }

    /// Moves every key out with its stamp, in the order of the index, and leaves nothing but memory.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(u64, K, C)) {
        /// Words whose keys are asked for ahead.
        const AHEAD: usize = 16;
        let (keys, len) = (self.keys.as_ptr(), self.keys.len());
        let all = ForgetKeys(self);
        // SAFETY: no more than there are. The list has none from here on: what is not moved out
        // below is leaked.
        unsafe { all.0.keys.set_len(0) };
        for at in 0..all.0.index.len() {
            if let Some(&word) = all.0.index.get(at + AHEAD) {
                prefetch_whole(keys.wrapping_add((word as u32).saturating_sub(1) as usize));
            }
            let word = std::mem::take(&mut all.0.index[at]);
            if word != 0 {
                let number = number_of(word) as usize;
                assert!(number < len, "a number of a key");
                // SAFETY: an initialised key of the list, whose number was in this word alone: it is
                // moved out once.
                let Keyed { stamp, key, value } = unsafe { keys.add(number).read() };
                each(stamp, key, value);
            }
        }
        std::mem::forget(all);
    }

    /// Drops every key and keeps the memory.
    pub(crate) fn clear(&mut self) {
        if !self.keys.is_empty() {
            self.index.fill(0);
            self.keys.clear();
        }
    }
}

/// Leaks all keys, and has nothing found any more, if a function unwinds that had a key or a value.
struct ForgetKeys<'a, K, C>(&'a mut Dense<K, C>);

impl<K, C> Drop for ForgetKeys<'_, K, C> {
    #[cold]
    fn drop(&mut self) {
        self.0.index.fill(0);
        // SAFETY: no more than there are.
        unsafe { self.0.keys.set_len(0) };
    }
}

/// The value of a key in its place.
pub(crate) struct DenseCell<'a, K, C> {
    keys: &'a mut Dense<K, C>,
    /// In bounds.
    number: usize,
}

impl<K, C> Cell<C> for DenseCell<'_, K, C> {
    /// The keys are leaked if `merge` unwinds: its value is gone.
    #[inline(always)]
    fn replace(self, merge: impl FnOnce(C) -> C) {
        let unwinding = ForgetKeys(self.keys);
        let value: *mut C = &raw mut unwinding.0.keys[self.number].value;
        // SAFETY: the value is initialised and nothing else refers to it. It is written back, or
        // `merge` unwinds, and the list has no keys.
        unsafe { value.write(merge(value.read())) };
        std::mem::forget(unwinding);
    }

    #[inline(always)]
    fn change(self, change: impl FnOnce(&mut C)) {
        change(&mut self.keys.keys[self.number].value);
    }
}

#[cfg(test)]
mod tests {
    use std::cell;
    use std::collections::BTreeMap;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;

    use proptest::prelude::*;

    use super::*;

    /// A tag of few kinds, so that keys share tags and words.
    fn tag(key: u32) -> u32 {
        (key % 7) << 20 | 1
    }

    fn add(keys: &mut Dense<u32, Rc<u32>>, key: u32, value: Rc<u32>) {
        keys.reserve(1);
        match keys.find(tag(key), &key) {
            FoundKey::Key(number) => keys
                .value(number)
                .replace(|earlier| Rc::new(*earlier + *value)),
            FoundKey::Vacant(at) => keys.add(at, tag(key), u64::from(key) + 1, key, value),
        }
    }

    proptest! {
        #[test]
        fn equals_a_map(added in prop::collection::vec(0_u32..60, 0..300), rounds in 1_usize..3) {
            let mut keys = Dense::new();
            for _ in 0..rounds {
                let mut model = BTreeMap::new();
                let mut came = Vec::new();
                for &key in &added {
                    add(&mut keys, key, Rc::new(1));
                    if model.insert(key, model.get(&key).unwrap_or(&0) + 1).is_none() {
                        came.push(key);
                    }
                    let seen = keys.seek(tag(key));
                    prop_assert!(seen.is_some_and(|number| (number as usize) < came.len()));
                }
                prop_assert_eq!(keys.iter().map(|(_, key, _)| *key).collect::<Vec<_>>(), came);
                for key in 0..60 {
                    let value = keys.value_of(tag(key), &key).map(|value| **value);
                    prop_assert_eq!(value, model.get(&key).copied());
                }
                let mut drained = BTreeMap::new();
                keys.drain(|stamp, key, value| {
                    assert_eq!(stamp, u64::from(key) + 1);
                    assert!(drained.insert(key, *value).is_none());
                });
                prop_assert_eq!(drained, model);
                prop_assert_eq!(keys.len(), 0);
            }
        }
    }

    #[test]
    fn keys_are_moved_out_in_the_order_of_their_tags() {
        let mut keys = Dense::new();
        keys.reserve(1000);
        for key in 0..1000_u32 {
            let tag = key.wrapping_mul(0x9e37_79b9) | 1;
            let FoundKey::Vacant(at) = keys.find(tag, &key) else {
                panic!("{key} is there before it came");
            };
            keys.add(at, tag, u64::from(key), key, tag);
        }
        let mut places = Vec::new();
        keys.drain(|_, _, tag| places.push(bucket_of(tag) >> 20));
        // Keys of one word stand behind each other, and may come behind the one of the next.
        assert!(places.windows(2).all(|pair| pair[0] <= pair[1] + 8));
    }

    /// Counts that it is dropped, and has nothing that a leak would lose.
    struct Counted<'a>(&'a cell::Cell<u32>);

    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    /// Keys from zero on.
    fn counted(dropped: &cell::Cell<u32>, count: u32) -> Dense<u32, Counted<'_>> {
        let mut keys = Dense::new();
        add_counted(&mut keys, dropped, count);
        keys
    }

    fn add_counted<'a>(
        keys: &mut Dense<u32, Counted<'a>>,
        dropped: &'a cell::Cell<u32>,
        count: u32,
    ) {
        keys.reserve(count as usize);
        for key in 0..count {
            let FoundKey::Vacant(at) = keys.find(tag(key), &key) else {
                panic!("{key} is there before it came");
            };
            keys.add(at, tag(key), u64::from(key) + 1, key, Counted(dropped));
        }
    }

    /// A value that was taken out and not given back is not looked at, and not dropped again.
    #[test]
    fn keys_are_forgotten_if_a_function_unwinds() {
        let dropped = cell::Cell::new(0);
        let mut keys = counted(&dropped, 3);
        let merge = AssertUnwindSafe(|| keys.value(1).replace(|_| panic!("no value today")));
        assert!(catch_unwind(merge).is_err());
        assert_eq!((keys.len(), keys.seek(tag(1))), (0, None));
        // The others are leaked.
        assert_eq!(dropped.get(), 1);
        add_counted(&mut keys, &dropped, 2);
        let mut drained = 0;
        keys.drain(|_, _, _| drained += 1);
        assert_eq!((drained, dropped.get()), (2, 3));
    }

    #[test]
    fn a_key_is_moved_out_once_if_a_function_unwinds() {
        let dropped = cell::Cell::new(0);
        let mut keys = counted(&dropped, 3);
        let drain = AssertUnwindSafe(|| keys.drain(|_, _, _| panic!("not now")));
        assert!(catch_unwind(drain).is_err());
        assert_eq!((keys.len(), dropped.get()), (0, 1));
        keys.clear();
        add_counted(&mut keys, &dropped, 3);
        let mut drained = 0;
        keys.drain(|_, _, _| drained += 1);
        assert_eq!((drained, dropped.get()), (3, 4));
    }
}
