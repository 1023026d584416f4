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

/// Bits of an index slot that hold a position plus one; the rest hold a part of the hash.
const POSITION_BITS: u32 = 20;
const POSITION: u32 = (1 << POSITION_BITS) - 1;

/// Keys with their combined values, in insertion order.
pub(super) struct Dense<K, C> {
    /// Zero is vacant. Linear probing; a power of two long.
    index: Vec<u32>,
    entries: Vec<(K, C)>,
    /// The tag of every entry.
    tags: Vec<u32>,
}

/// The part of a hash that an index slot keeps.
#[inline(always)]
fn check_of(hash: u64) -> u32 {
    ((hash >> 32) as u32) & !POSITION
}

/// Asks the processor to fetch what is at `at`.
#[inline(always)]
fn prefetch<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: prefetching touches nothing that a program can see, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

impl<K, C> Dense<K, C> {
    /// An empty table with an index of `slots`, a power of two.
    pub(super) fn with_slots(slots: usize) -> Dense<K, C> {
        debug_assert!(slots.is_power_of_two());
        Dense {
            index: vec![0; slots],
            entries: Vec::new(),
            tags: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn slots(&self) -> usize {
        self.index.len()
    }

    /// Bytes that a table of `slots` slots takes when it is as full as it gets.
    pub(super) fn bytes_of(slots: usize) -> usize {
        slots * size_of::<u32>() + slots / 8 * 5 * (size_of::<(K, C)>() + size_of::<u32>())
    }

    /// Asks for the index slot where a probe from `hash` begins.
    #[inline(always)]
    pub(super) fn prefetch_slot(&self, hash: u64) {
        let slot = hash as usize & (self.index.len() - 1);
        prefetch(self.index.as_ptr().wrapping_add(slot));
    }

    /// Asks for the entry that a probe from `hash` is likely to end at.
    #[inline(always)]
    pub(super) fn prefetch_entry(&self, hash: u64) {
        let slot = self.index[hash as usize & (self.index.len() - 1)];
        let position = (slot & POSITION).wrapping_sub(1) as usize;
        prefetch(self.entries.as_ptr().wrapping_add(position));
    }

    /// The position of a key, or the vacant slot where it would be indexed.
    #[inline(always)]
    pub(super) fn find(&self, hash: u64, key: &K) -> Result<usize, usize>
    where
        K: Eq,
    {
        let mask = self.index.len() - 1;
        let check = check_of(hash);
        let mut at = hash as usize & mask;
        loop {
            let slot = self.index[at & mask];
            if slot == 0 {
                return Err(at);
            }
            if slot & !POSITION == check {
                let position = (slot & POSITION) as usize - 1;
                if let Some((present, _)) = self.entries.get(position)
                    && present == key
                {
                    return Ok(position);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// Appends a key that a probe did not find, indexed at the slot that it gave.
    #[inline(always)]
    pub(super) fn push(&mut self, slot: usize, hash: u64, tag: u32, key: K, value: C) {
        self.entries.push((key, value));
        self.tags.push(tag);
        self.index[slot] = check_of(hash) | self.entries.len() as u32 & POSITION;
    }

    /// The place of the value at a position.
    #[inline(always)]
    pub(super) fn place(&mut self, position: usize) -> DensePlace<'_, K, C> {
        DensePlace {
            entries: &mut self.entries,
            position,
        }
    }

    /// Whether there is room for another key: five eighths of the slots.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.entries.len() < (self.index.len() / 8 * 5).min(POSITION as usize - 1)
    }

    /// Indexes everything again, over `slots` slots.
    #[cold]
    pub(super) fn resize(&mut self, slots: usize, hash: impl Fn(&K) -> u64) {
        self.index = vec![0; slots];
        for (position, (key, _)) in self.entries.iter().enumerate() {
            let hash = hash(key);
            let mut at = hash as usize & (slots - 1);
            while self.index[at] != 0 {
                at = (at + 1) & (slots - 1);
            }
            self.index[at] = check_of(hash) | (position as u32 + 1);
        }
    }

    /// Moves everything out, in insertion order, with the tags.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (u32, (K, C))> {
        self.index.fill(0);
        self.tags.drain(..).zip(self.entries.drain(..))
    }
}

/// The place of one value in a table.
pub(super) struct DensePlace<'a, K, C> {
    entries: &'a mut Vec<(K, C)>,
    position: usize,
}

impl<K, C> Place<C> for DensePlace<'_, K, C> {
    #[inline(always)]
    fn replace(self, merge: impl FnOnce(C) -> C) {
        /// Forgets all entries if `merge` unwinds: one of them has lost its value.
        struct Forget<'a, K, C>(&'a mut Vec<(K, C)>);
        impl<K, C> Drop for Forget<'_, K, C> {
            #[cold]
            fn drop(&mut self) {
                // SAFETY: zero is within the capacity; the entries are leaked.
                unsafe { self.0.set_len(0) };
            }
        }
        let value: *mut C = &raw mut self.entries[self.position].1;
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
        change(&mut self.entries[self.position].1);
    }
}
