//! The order of a partition's keys, as far as a function that updates whole partitions keeps to it.
//!
//! As long as the function gives keys in the order in which it was given them, a key is found by walking
//! on from the last one. The first key that is out of order has all keys put into a map.

use std::collections::HashMap;
use std::ops::Range;

use crate::data::Key;
use crate::shuffle::KeyHasher;

/// The keys that the function was given, in order, and how far it has kept to it.
pub(super) struct KeyOrder<K> {
    known: Vec<Known<K>>,
    /// The index at which the next key is looked for as long as the order is kept.
    next: usize,
    /// The index of every key, when the order is not kept any more.
    by_key: Option<HashMap<K, usize, KeyHasher>>,
    hasher: KeyHasher,
}

pub(super) struct Known<K> {
    key: K,
    pub(super) place: u64,
    /// The bytes at which its old entry was written, if it had a state.
    pub(super) before: Option<Range<usize>>,
    /// True if it had new values.
    pub(super) touched: bool,
    lives: bool,
}

/// The standing of a key that the function gave.
pub(super) enum Standing<'a, K> {
    InPlace(&'a mut Known<K>),
    /// Known, but given after a key that came later.
    Moved(&'a mut Known<K>),
    /// Given before: of two states the first counts.
    Again,
    Unknown,
}

impl<K: Key> KeyOrder<K> {
    pub(super) fn new(hasher: KeyHasher, keys: usize) -> KeyOrder<K> {
        KeyOrder {
            known: Vec::with_capacity(keys),
            next: 0,
            by_key: None,
            hasher,
        }
    }

    pub(super) fn add(&mut self, key: K, place: u64, before: Option<Range<usize>>, touched: bool) {
        self.known.push(Known {
            key,
            place,
            before,
            touched,
            lives: false,
        });
    }

    pub(super) fn make_up(&mut self, key: K, place: u64) -> &mut Known<K> {
        let at = self.known.len();
        if let Some(by_key) = &mut self.by_key {
            by_key.insert(key.clone(), at);
        }
        self.add(key, place, None, true);
        self.known[at].lives = true;
        &mut self.known[at]
    }

    pub(super) fn find(&mut self, key: &K) -> Standing<'_, K> {
        if self.by_key.is_none() {
            let mut rest = self.known[self.next..].iter();
            if let Some(skipped) = rest.position(|known| known.key == *key) {
                let at = self.next + skipped;
                self.next = at + 1;
                self.known[at].lives = true;
                return Standing::InPlace(&mut self.known[at]);
            }
        }
        let by_key = self.by_key.get_or_insert_with(|| {
            let mut by_key = HashMap::with_hasher(self.hasher.clone());
            by_key.extend(
                (0..)
                    .zip(&self.known)
                    .map(|(at, known)| (known.key.clone(), at)),
            );
            by_key
        });
        match by_key.get(key) {
            None => Standing::Unknown,
            Some(&at) if self.known[at].lives => Standing::Again,
            Some(&at) => {
                self.known[at].lives = true;
                Standing::Moved(&mut self.known[at])
            }
        }
    }

    /// The keys that had a state and have none any more.
    pub(super) fn removed(&self) -> impl Iterator<Item = &K> {
        let removed = |known: &&Known<K>| !known.lives && known.before.is_some();
        self.known.iter().filter(removed).map(|known| &known.key)
    }
}
