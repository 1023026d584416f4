//! The hash table of a shard: inline slots, linear probing, one cache line a probe, and a stamp
//! in every slot that remembers the key's arrival in its batch (law 3). The stamp is written
//! when a key is inserted and never again.
//!
//! User code runs inside (a merge function, `Eq`, `Hash`) and may panic. A slot whose value is
//! out for merging is made vacant on the way out, so that nothing is dropped twice; the table
//! is then good for nothing but dropping, which is what a failed task does with it.

#![expect(
    unsafe_code,
    reason = "slots are uninitialised memory until their stamp says otherwise"
)]

use std::alloc::{Layout, dealloc};
use std::fmt;
use std::marker::PhantomData;
use std::mem::{MaybeUninit, needs_drop};
use std::ptr::NonNull;

use super::pages::{self, prefetch};

/// The stamp of a slot with nothing in it.
const VACANT: u64 = 0;

#[repr(C)]
struct Slot<K, C> {
    stamp: u64,
    value: MaybeUninit<C>,
    key: MaybeUninit<K>,
}

/// Keys with their combined values; see the module head.
pub(crate) struct Table<K, C> {
    slots: NonNull<Slot<K, C>>,
    /// Slots less one; a power of two less one.
    mask: usize,
    len: usize,
    owns: PhantomData<(K, C)>,
}

// SAFETY: the table owns its keys and values like a Vec of them.
unsafe impl<K: Send, C: Send> Send for Table<K, C> {}
// SAFETY: `&Table` gives only `&K` and `&C`.
unsafe impl<K: Sync, C: Sync> Sync for Table<K, C> {}

/// What a probe found: a slot of the table it was made on.
pub(crate) enum Found {
    /// The key's slot.
    Occupied(usize),
    /// Where the key would go.
    Vacant(usize),
}

impl<K, C> Table<K, C> {
    /// An empty table of `slots` slots, rounded up to a power of two.
    pub(crate) fn with_slots(slots: usize) -> Table<K, C> {
        let slots = slots.next_power_of_two().max(2);
        Table {
            // Zeroed memory is a table of vacant slots.
            slots: pages::zeroed(Self::layout(slots)).cast(),
            mask: slots - 1,
            len: 0,
            owns: PhantomData,
        }
    }

    fn layout(slots: usize) -> Layout {
        pages::aligned(Layout::array::<Slot<K, C>>(slots).expect("a table fits in memory"))
    }

    /// How many keys are in it.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many slots it has.
    #[inline(always)]
    pub(crate) fn slots(&self) -> usize {
        self.mask + 1
    }

    #[inline(always)]
    fn slot(&self, index: usize) -> NonNull<Slot<K, C>> {
        debug_assert!(index <= self.mask);
        // SAFETY: every index is masked or came from a probe of this table.
        unsafe { self.slots.add(index) }
    }

    /// Asks the processor to fetch the slot where a probe from `hash` begins.
    #[inline(always)]
    pub(crate) fn prefetch(&self, hash: u64) {
        prefetch(self.slot(hash as usize & self.mask).as_ptr());
    }

    /// Looks for a key: begins at the slot that the low bits of `hash` name and asks `same`
    /// about every occupied slot (its stamp, its key) up to the first vacant one.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64, mut same: impl FnMut(u64, &K) -> bool) -> Found {
        let mut index = hash as usize & self.mask;
        loop {
            // SAFETY: an in-bounds slot; stamps are always initialised.
            let slot = unsafe { self.slot(index).as_ref() };
            if slot.stamp == VACANT {
                return Found::Vacant(index);
            }
            // SAFETY: the stamp says that key and value are there.
            if same(slot.stamp, unsafe { slot.key.assume_init_ref() }) {
                return Found::Occupied(index);
            }
            index = (index + 1) & self.mask;
        }
    }

    /// The value of a slot that a probe found occupied.
    pub(crate) fn value(&self, occupied: usize) -> &C {
        // SAFETY: an in-bounds slot.
        let slot = unsafe { self.slot(occupied).as_ref() };
        assert_ne!(slot.stamp, VACANT, "a slot that a probe found occupied");
        // SAFETY: the stamp says that the value is there.
        unsafe { slot.value.assume_init_ref() }
    }

    /// Fills a slot that a probe found vacant. The caller keeps the table from filling up.
    #[inline(always)]
    pub(crate) fn fill(&mut self, vacant: usize, stamp: u64, key: K, value: C) {
        debug_assert_ne!(stamp, VACANT);
        assert!(
            self.len < self.mask,
            "a probe needs a vacant slot to end at"
        );
        // SAFETY: an in-bounds slot, vacant, so nothing is overwritten that needs dropping.
        unsafe {
            self.slot(vacant).write(Slot {
                stamp,
                key: MaybeUninit::new(key),
                value: MaybeUninit::new(value),
            });
        }
        self.len += 1;
    }

    /// Replaces the value of a slot that a probe found occupied by what `merge` makes of it.
    #[inline(always)]
    pub(crate) fn update(&mut self, occupied: usize, merge: impl FnOnce(C) -> C) {
        /// Vacates the slot if `merge` unwinds: its value is gone.
        struct Vacate<'a, K, C>(&'a mut Table<K, C>, usize);
        impl<K, C> Drop for Vacate<'_, K, C> {
            #[cold]
            fn drop(&mut self) {
                // SAFETY: the slot was occupied; its key is still there, its value is not.
                unsafe {
                    let slot = self.0.slot(self.1).as_mut();
                    slot.stamp = VACANT;
                    self.0.len -= 1;
                    slot.key.assume_init_drop();
                }
            }
        }
        let mut slot = self.slot(occupied);
        // SAFETY: the slot is occupied, so its value is initialised; it is written back below,
        // or the slot is vacated before anything else can look at it.
        let value = unsafe { slot.as_ref().value.assume_init_read() };
        let vacate = Vacate(self, occupied);
        let merged = merge(value);
        std::mem::forget(vacate);
        // SAFETY: as above.
        unsafe { slot.as_mut().value = MaybeUninit::new(merged) };
    }

    /// Moves every key out, slot by slot, and leaves the table empty with its memory.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(u64, K, C)) {
        for index in 0..=self.mask {
            // SAFETY: an in-bounds slot.
            let slot = unsafe { self.slot(index).as_mut() };
            let stamp = std::mem::replace(&mut slot.stamp, VACANT);
            if stamp != VACANT {
                self.len -= 1;
                // SAFETY: the slot was occupied and is marked vacant now: moved out once.
                unsafe {
                    each(
                        stamp,
                        slot.key.assume_init_read(),
                        slot.value.assume_init_read(),
                    )
                };
            }
        }
    }

    /// Drops every key and leaves the table empty with its memory.
    pub(crate) fn clear(&mut self) {
        if needs_drop::<K>() || needs_drop::<C>() {
            self.drain(|_, key, value| drop((key, value)));
        } else if self.len > 0 {
            // SAFETY: nothing needs dropping, and zeroed slots are vacant.
            unsafe { self.slots.as_ptr().write_bytes(0, self.slots()) };
            self.len = 0;
        }
    }

    /// Every key with its stamp and value, in no order that may be seen outside.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &K, &C)> {
        (0..=self.mask).filter_map(|index| {
            // SAFETY: an in-bounds slot, borrowed as long as the table.
            let slot = unsafe { self.slot(index).as_ref() };
            // SAFETY: an occupied slot has key and value.
            (slot.stamp != VACANT).then(|| unsafe {
                (
                    slot.stamp,
                    slot.key.assume_init_ref(),
                    slot.value.assume_init_ref(),
                )
            })
        })
    }

    /// Moves everything into a table of `slots` slots; `hash` names where a probe for a key
    /// (its stamp, the key) begins.
    #[cold]
    pub(crate) fn resize(&mut self, slots: usize, mut hash: impl FnMut(u64, &K) -> u64) {
        let mut larger = Table::with_slots(slots);
        self.drain(|stamp, key, value| {
            let begin = hash(stamp, &key);
            match larger.find(begin, |_, _| false) {
                Found::Vacant(index) => larger.fill(index, stamp, key, value),
                Found::Occupied(_) => unreachable!("no slot was accepted"),
            }
        });
        *self = larger;
    }
}

impl<K, C> Drop for Table<K, C> {
    fn drop(&mut self) {
        if self.len > 0 && (needs_drop::<K>() || needs_drop::<C>()) {
            self.drain(|_, key, value| drop((key, value)));
        }
        // SAFETY: the memory came from `with_slots` with this layout.
        unsafe { dealloc(self.slots.as_ptr().cast(), Self::layout(self.slots())) };
    }
}

impl<K, C> fmt::Debug for Table<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("len", &self.len)
            .field("slots", &self.slots())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Large enough for huge pages before it grows, and after.
    #[test]
    fn a_large_table_begins_empty_and_grows() {
        let same = |key: u64| move |_, present: &u64| *present == key;
        let place = |key: u64| key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8;
        let mut table = Table::with_slots(1 << 17);
        assert_eq!(table.iter().count(), 0);
        for key in 0..60_000 {
            let Found::Vacant(slot) = table.find(place(key), same(key)) else {
                panic!("{key} is there before it came");
            };
            table.fill(slot, key + 1, key, 2 * key);
        }
        table.resize(1 << 18, |_, key| place(*key));
        assert_eq!((table.len(), table.slots()), (60_000, 1 << 18));
        for key in 0..60_000 {
            let Found::Occupied(slot) = table.find(place(key), same(key)) else {
                panic!("{key} is lost");
            };
            assert_eq!(*table.value(slot), 2 * key);
        }
        table.clear();
        assert_eq!(table.iter().count(), 0);
    }
}
