//! The table of a map task: entries in the order of their insertion, behind an index of four
//! bytes a slot.
//!
//! Two cache lines a probe instead of one, and yet the faster layout: entries leave no holes, the
//! index is small, and frequent keys, which arrive early, share the first few lines of the
//! entries. Insertion order is also the arrival order
//! that law 3 asks for, so nothing has to be stored for it, and spilling walks memory forwards.
//!
//! User code runs inside (a merge function, `Eq`) and may panic while a value is out of its
//! entry. The table then forgets all its entries, leaking them: nothing is dropped twice, and
//! the run has failed. Growing asks for hashes, which is user code too, while all entries are whole.

#![expect(unsafe_code, reason = "values are merged in place, by value")]

use std::mem::MaybeUninit;
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

/// A key and its combined value, and nothing else: the fewer bytes, the more keys a cache has.
/// Growing and spilling ask for the hash again, once a key; a record does so every time.
pub(super) struct Kept<K, C> {
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
        self.index
            .as_ptr()
            .wrapping_add(at & (self.index.len() - 1))
    }

    /// Asks for the index slot where a probe from `hash` begins.
    #[inline(always)]
    pub(super) fn prefetch_slot(&self, hash: u64) {
        prefetch(self.slot(hash as usize));
    }

    /// Where the key with this hash is likely to stand, and asks for what stands there.
    #[inline(always)]
    pub(super) fn guess(&self, hash: u64) -> u32 {
        // SAFETY: an index is never empty and as long as a power of two, so these are two of its
        // slots.
        let (home, next) = unsafe {
            (
                *self.slot(hash as usize),
                *self.slot((hash as usize).wrapping_add(1)),
            )
        };
        // A choice and not a branch, which nobody could foresee.
        let slot = std::hint::select_unpredictable(home & !POSITION == check_of(hash), home, next);
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
        self.entries.push(Kept { key, value });
        self.of_shard[shard_of(hash)] += 1;
        self.index[slot] = check_of(hash) | self.entries.len() as u32 & POSITION;
    }

    /// Folds records into the entries where their keys are guessed to be, up to the first that
    /// is not there; says how many that were.
    ///
    /// # Safety
    /// The items are initialised. Those that were folded have been moved out.
    #[inline(always)]
    pub(super) unsafe fn fold_guessed<V>(
        &mut self,
        items: &[MaybeUninit<(K, V)>],
        guesses: &[u32],
        fold: impl Fn(DensePlace<'_, C>, V),
    ) -> usize
    where
        K: Eq,
    {
        // SAFETY: what `lend` asks for; an item is moved out once, right before the next one is
        // looked at.
        unsafe {
            self.lend(|entries| {
                for (done, (item, guess)) in items.iter().zip(guesses).enumerate() {
                    let Some(entry) = entries.get_mut(*guess as usize) else {
                        return done;
                    };
                    if entry.key != item.assume_init_ref().0 {
                        return done;
                    }
                    let (_key, value) = item.assume_init_read();
                    fold(DensePlace(&mut entry.value), value);
                }
                items.len()
            })
        }
    }

    /// Folds a value into the entry at a position.
    #[inline(always)]
    pub(super) fn fold_at(&mut self, position: u32, fold: impl FnOnce(DensePlace<'_, C>)) {
        // SAFETY: `fold` is called where `lend` allows it.
        unsafe { self.lend(|entries| fold(DensePlace(&mut entries[position as usize].value))) }
    }

    /// Lends all entries to `work`. Until that returns the table has none: if it unwinds they
    /// are leaked, whatever state they are in.
    ///
    /// # Safety
    /// Makes [`DensePlace`]s sound, which may be made inside `work` only; and `work` drops no
    /// entry.
    #[inline(always)]
    unsafe fn lend<R>(&mut self, work: impl FnOnce(&mut [Kept<K, C>]) -> R) -> R {
        let len = self.entries.len();
        // SAFETY: zero is within the capacity; the length is restored when all of the entries
        // are known to be whole.
        unsafe {
            self.entries.set_len(0);
            let entries = std::slice::from_raw_parts_mut(self.entries.as_mut_ptr(), len);
            let result = work(entries);
            self.entries.set_len(len);
            result
        }
    }

    /// Whether there is room for another key.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.entries.len() < room_of(self.index.len())
    }

    /// Indexes everything again, over `slots` slots; `hash` is that of a key.
    #[cold]
    pub(super) fn resize(&mut self, slots: usize, hash: impl Fn(&K) -> u64) {
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
            let hash = hash(&entry.key);
            let mut at = hash as usize & (slots - 1);
            while self.index[at] != 0 {
                at = (at + 1) & (slots - 1);
            }
            self.index[at] = check_of(hash) | (position as u32 + 1);
        }
    }

    /// Moves everything out, in insertion order.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Kept<K, C>> {
        self.index.fill(0);
        self.of_shard = [0; SHARDS];
        self.entries.drain(..)
    }
}

/// The place of one value in a table that has lent its entries.
pub(super) struct DensePlace<'a, C>(&'a mut C);

impl<C> Place<C> for DensePlace<'_, C> {
    #[inline(always)]
    fn replace(self, merge: impl FnOnce(C) -> C) {
        let value: *mut C = self.0;
        // SAFETY: the value is initialised and nothing else refers to it. It is written back, or
        // `merge` unwinds through the table, which then has no entries.
        unsafe { ptr::write(value, merge(ptr::read(value))) };
    }

    #[inline(always)]
    fn change(self, change: impl FnOnce(&mut C)) {
        change(self.0);
    }
}
