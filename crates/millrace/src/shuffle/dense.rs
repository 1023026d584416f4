//! The table of a map task: entries in the order of their insertion, behind an index of four
//! bytes a slot.
//!
//! Two cache lines a probe instead of one, and yet the faster layout for a table that is to
//! stay in the cache: entries leave no holes, the index is small, and frequent keys, which
//! arrive early, share the first few lines of both. Insertion order is also the arrival order
//! that law 3 asks for, so nothing has to be stored for it, and spilling walks memory forwards.
//!
//! User code runs inside (a merge function, `Eq`) and may panic while a value is out of its
//! entry. The table then forgets all its entries, leaking them: nothing is dropped twice, and
//! the run has failed.

#![expect(unsafe_code, reason = "values are merged in place, by value")]

use std::ptr;

use super::aggregate::Place;
use super::hasher::{SHARDS, shard_of};
use super::pages::{advise_huge, prefetch};

/// Bits of an index slot that hold a position plus one; the rest hold a part of the hash.
const POSITION_BITS: u32 = 20;
const POSITION: u32 = (1 << POSITION_BITS) - 1;

/// Slots of the largest index that is kept sparse.
const SPARSE_SLOTS: usize = 1 << 18;

/// Keys with their combined values, in insertion order.
pub(super) struct Dense<K, C> {
    /// Zero is vacant. Linear probing; a power of two long, never empty.
    index: Vec<u32>,
    entries: Vec<Kept<K, C>>,
    /// How many entries each shard has.
    of_shard: [u32; SHARDS],
}

/// A key, its combined value, and the hash that neither growing nor spilling has to ask for
/// again.
pub(super) struct Kept<K, C> {
    pub(super) hash: u64,
    pub(super) key: K,
    pub(super) value: C,
}

/// The part of a hash that an index slot keeps.
#[inline(always)]
fn check_of(hash: u64) -> u32 {
    ((hash >> 32) as u32) & !POSITION
}

/// The most entries behind an index of `slots`: a quarter of them as long as the cache holds the
/// index, so that nearly every key is where its hash says; five eighths of them in a larger one.
const fn room_of(slots: usize) -> usize {
    let room = if slots <= SPARSE_SLOTS {
        slots / 4
    } else {
        slots / 8 * 5
    };
    if room < POSITION as usize {
        room
    } else {
        POSITION as usize - 1
    }
}

impl<K, C> Dense<K, C> {
    /// An empty table with an index of `slots`, a power of two.
    pub(super) fn with_slots(slots: usize) -> Dense<K, C> {
        assert!(slots.is_power_of_two());
        Dense {
            index: vec![0; slots],
            entries: Vec::new(),
            of_shard: [0; SHARDS],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn slots(&self) -> usize {
        self.index.len()
    }

    /// How many of the entries belong to each shard.
    pub(super) fn of_shard(&self) -> &[u32; SHARDS] {
        &self.of_shard
    }

    /// Bytes that a table of `slots` slots takes when it is as full as it gets.
    pub(super) fn bytes_of(slots: usize) -> usize {
        slots * size_of::<u32>() + room_of(slots) * size_of::<Kept<K, C>>()
    }

    /// The index slot at `at`, counted around.
    #[inline(always)]
    fn slot(&self, at: usize) -> *const u32 {
        // The index is never empty and a power of two long.
        self.index.as_ptr().wrapping_add(at & (self.index.len() - 1))
    }

    /// Asks for the index slot where a probe from `hash` begins.
    #[inline(always)]
    pub(super) fn prefetch_slot(&self, hash: u64) {
        prefetch(self.slot(hash as usize));
    }

    /// Where the key with this hash is likely to stand, and asks for what stands there.
    #[inline(always)]
    pub(super) fn guess(&self, hash: u64) -> u32 {
        // SAFETY: an index is never empty and as long as a power of two, so this is one of its
        // slots.
        let slot = unsafe { *self.slot(hash as usize) };
        let position = (slot & POSITION).wrapping_sub(1);
        prefetch(self.entries.as_ptr().wrapping_add(position as usize));
        position
    }

    /// Whether it is this key that stands at a position.
    #[inline(always)]
    pub(super) fn is_at(&self, position: u32, key: &K) -> bool
    where
        K: Eq,
    {
        let entry = self.entries.get(position as usize);
        entry.is_some_and(|entry| entry.key == *key)
    }

    /// The position of a key, or the vacant slot where it would be indexed.
    #[inline(always)]
    pub(super) fn find(&self, hash: u64, key: &K) -> Result<u32, usize>
    where
        K: Eq,
    {
        let check = check_of(hash);
        let mut at = hash as usize;
        loop {
            // SAFETY: as in `guess`.
            let slot = unsafe { *self.slot(at) };
            if slot == 0 {
                return Err(at & (self.index.len() - 1));
            }
            let position = (slot & POSITION) - 1;
            if slot & !POSITION == check && self.is_at(position, key) {
                return Ok(position);
            }
            at += 1;
        }
    }

    /// Appends a key that a probe did not find, indexed at the slot that it gave.
    #[inline(always)]
    pub(super) fn push(&mut self, slot: usize, hash: u64, key: K, value: C) {
        self.entries.push(Kept { hash, key, value });
        self.of_shard[shard_of(hash)] += 1;
        self.index[slot] = check_of(hash) | self.entries.len() as u32 & POSITION;
    }

    /// The place of the value at a position.
    #[inline(always)]
    pub(super) fn place(&mut self, position: u32) -> DensePlace<'_, K, C> {
        DensePlace {
            entries: &mut self.entries,
            position: position as usize,
        }
    }

    /// Whether there is room for another key.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.entries.len() < room_of(self.index.len())
    }

    /// Indexes everything again, over `slots` slots.
    #[cold]
    pub(super) fn resize(&mut self, slots: usize) {
        assert!(slots.is_power_of_two());
        self.index = vec![0; slots];
        advise_huge(self.index.as_ptr(), slots * size_of::<u32>());
        let entries = &mut self.entries;
        entries.reserve_exact(room_of(slots).saturating_sub(entries.len()));
        advise_huge(
            entries.as_ptr(),
            entries.capacity() * size_of::<Kept<K, C>>(),
        );
        for (position, entry) in self.entries.iter().enumerate() {
            let mut at = entry.hash as usize & (slots - 1);
            while self.index[at] != 0 {
                at = (at + 1) & (slots - 1);
            }
            self.index[at] = check_of(entry.hash) | (position as u32 + 1);
        }
    }

    /// Moves everything out, in insertion order.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Kept<K, C>> {
        self.index.fill(0);
        self.of_shard = [0; SHARDS];
        self.entries.drain(..)
    }
}

/// The place of one value in a table.
pub(super) struct DensePlace<'a, K, C> {
    entries: &'a mut Vec<Kept<K, C>>,
    position: usize,
}

impl<K, C> Place<C> for DensePlace<'_, K, C> {
    #[inline(always)]
    fn replace(self, merge: impl FnOnce(C) -> C) {
        /// Forgets all entries if `merge` unwinds: one of them has lost its value.
        struct Forget<'a, K, C>(&'a mut Vec<Kept<K, C>>);
        impl<K, C> Drop for Forget<'_, K, C> {
            #[cold]
            fn drop(&mut self) {
                // SAFETY: zero is within the capacity; the entries are leaked.
                unsafe { self.0.set_len(0) };
            }
        }
        let value: *mut C = &raw mut self.entries[self.position].value;
        let forget = Forget(self.entries);
        // SAFETY: the value is initialised and nothing else refers to it. It is written back
        // below, or all entries are forgotten before anything can look at it.
        unsafe {
            let merged = merge(ptr::read(value));
            ptr::write(value, merged);
        }
        std::mem::forget(forget);
    }

    #[inline(always)]
    fn change(self, change: impl FnOnce(&mut C)) {
        change(&mut self.entries[self.position].value);
    }
}
