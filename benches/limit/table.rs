//! Counts of words of one length class: open addressing, the key inside the
//! slot, one comparison a probe.
//!
//! Slots are ordered by the hash's leading bits, so that two tables can be
//! merged nearly front to back whatever their sizes are.

use crate::slots::{Ring, Slot, Slots};

/// Words whose slots are being fetched while the ones before are counted.
const GROUP: usize = 32;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Counts by keys of `K` machine words, whose hashes have the first `SKIP`
/// bits in common. No key is all zeroes.
#[derive(Debug)]
pub(crate) struct Table<const K: usize, const SKIP: u32 = 0> {
    slots: Slots<K>,
    length: usize,
    /// The bits of a hash that do not say where its key belongs.
    shift: u32,
}

/// Words on their way into the table.
struct Group<const K: usize> {
    keys: [[u64; K]; GROUP],
    homes: [usize; GROUP],
}

impl<const K: usize, const SKIP: u32> Table<K, SKIP> {
    /// An empty table.
    pub(crate) fn new() -> Self {
        Self::with_bits(14)
    }

    fn with_bits(bits: u32) -> Self {
        Self {
            slots: Slots::free(1 << bits),
            length: 0,
            shift: 64 - bits,
        }
    }

    /// The number of keys.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Forgets all keys and keeps the memory.
    pub(crate) fn clear(&mut self) {
        if self.length > 0 {
            self.slots.fill(Slot {
                key: [0; K],
                count: 0,
            });
            self.length = 0;
        }
    }

    /// Makes room for so many more keys.
    #[inline(always)]
    pub(crate) fn reserve(&mut self, more: usize) {
        while (self.length + more) * 5 > self.slots.len() * 3 {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let mut larger = Self::with_bits(64 - self.shift + 1);
        for slot in self.slots.iter().filter(|slot| slot.key != [0; K]) {
            larger.add(slot.key, slot.count);
        }
        *self = larger;
    }

    /// Counts the first `words` of a list, whose keys `key` knows. May look at the keys of
    /// what follows them in the list too.
    #[inline(always)]
    pub(crate) fn count(&mut self, list: &[u16], words: usize, key: impl Fn(u16) -> [u64; K]) {
        if words == 0 {
            return;
        }
        self.reserve(words);
        let shift = self.shift;
        let mut ring = self.slots.ring();
        let mut fresh = 0;
        let fetch = |ring: &Ring<'_, K>, group: &mut Group<K>, at: usize| {
            let words: &[u16; GROUP] = list[at..].first_chunk().expect("lists are padded");
            for (index, &word) in words.iter().enumerate() {
                let key = key(word);
                let home = home::<K, SKIP>(key, shift);
                group.keys[index] = key;
                group.homes[index] = home;
                ring.prefetch(home);
            }
        };
        let mut groups = [const {
            Group {
                keys: [[0; K]; GROUP],
                homes: [0; GROUP],
            }
        }; 2];
        let [ready, next] = &mut groups;
        let (mut ready, mut next) = (ready, next);
        let mut at = 0;
        fetch(&ring, ready, at);
        while at + GROUP < words {
            fetch(&ring, next, at + GROUP);
            for index in 0..GROUP {
                fresh += add(&mut ring, ready.homes[index], ready.keys[index], 1);
            }
            std::mem::swap(&mut ready, &mut next);
            at += GROUP;
        }
        for index in 0..words - at {
            fresh += add(&mut ring, ready.homes[index], ready.keys[index], 1);
        }
        self.length += fresh;
    }

    /// Adds to a key's count. There must be room.
    #[inline(always)]
    pub(crate) fn add(&mut self, key: [u64; K], count: u64) {
        let home = home::<K, SKIP>(key, self.shift);
        self.length += add(&mut self.slots.ring(), home, key, count);
    }

    /// The keys whose hash begins with `bit`.
    pub(crate) fn half(&self, bit: usize) -> impl Iterator<Item = &Slot<K>> {
        let middle = self.slots.len() / 2;
        let (mine, other) = self.slots.split_at(middle);
        let (mine, other) = if bit == 0 {
            (mine, other)
        } else {
            (other, mine)
        };
        // Some that found their half full at its end are at the front of the other.
        let spilt = other.iter().take_while(|slot| slot.key != [0; K]);
        mine.iter()
            .chain(spilt)
            .filter(move |slot| slot.key != [0; K] && hash(slot.key) >> 63 == bit as u64)
    }

    /// All keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot<K>> {
        self.slots.iter().filter(|slot| slot.key != [0; K])
    }
}

/// The slot that a key belongs into.
#[inline(always)]
fn home<const K: usize, const SKIP: u32>(key: [u64; K], shift: u32) -> usize {
    ((hash(key) << SKIP) >> shift) as usize
}

/// Adds to a key's count and returns how many keys that has added.
#[inline(always)]
fn add<const K: usize>(ring: &mut Ring<'_, K>, home: usize, key: [u64; K], count: u64) -> usize {
    let mut index = home;
    loop {
        let slot = ring.at(index);
        if slot.key == key {
            slot.count = slot.count.wrapping_add(count);
            return 0;
        }
        if slot.key == [0; K] {
            *slot = Slot { key, count };
            return 1;
        }
        index += 1;
    }
}

#[inline(always)]
fn hash<const K: usize>(key: [u64; K]) -> u64 {
    key.into_iter()
        .fold(0, |state, part| (state ^ part).wrapping_mul(MULTIPLIER))
}
