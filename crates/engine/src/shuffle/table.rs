//! The hash table of a shuffle: inline slots, a pair of them and then linear probing, and a stamp
//! in every slot that remembers the key's arrival in its batch (law 3). The stamp is written
//! when a key is inserted and never again.
//!
//! Keys stand in the order of their places, which are 32 bits of their hashes: where a probe
//! begins are the leading bits. Two tables whose places go by the same bits have their keys in
//! the same order, whatever their sizes are, and moving one into the other walks both forwards.
//! The index of a shard has its words in the same order ([dense](self::dense)).
//!
//! User code runs inside (a merge function, `Eq`, `Hash`) and may panic. A table that
//! folds records forgets its keys meanwhile, and leaks them if it does not come to the end.
//! The table is then good for nothing but dropping, which is what a failed task does with it.

#![expect(
    unsafe_code,
    reason = "slots are uninitialised memory until their stamp says otherwise"
)]

mod dense;

use std::alloc::{Layout, dealloc};
use std::fmt;
use std::marker::PhantomData;
use std::mem::{MaybeUninit, needs_drop};
use std::ptr::NonNull;

use super::aggregate::Cell;
use super::lookahead::{Elsewhere, GROUP};
use super::pages::{self, prefetch};

pub(super) use dense::{Dense, FoundKey};

/// A cache line, in bytes.
const LINE: usize = 64;

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
    /// The shift that makes a slot of a place: 32 less the bits of the mask.
    shift: u32,
    len: usize,
    owns: PhantomData<(K, C)>,
}

// SAFETY: the table owns its keys and values like a Vec of them.
unsafe impl<K: Send, C: Send> Send for Table<K, C> {}
// SAFETY: `&Table` gives only `&K` and `&C`.
unsafe impl<K: Sync, C: Sync> Sync for Table<K, C> {}

/// The end of a probe.
enum Found {
    /// The key's slot.
    Occupied(usize),
    /// The slot where the key would go.
    Vacant(usize),
}

/// The slot that a probe has found, which nobody else can look at or change meanwhile.
pub(crate) enum Probed<'a, K, C> {
    /// The key's slot.
    Occupied(OccupiedSlot<'a, K, C>),
    /// The slot where the key would go.
    Vacant(VacantSlot<'a, K, C>),
}

/// The slot of a key.
pub(crate) struct OccupiedSlot<'a, K, C> {
    table: &'a mut Table<K, C>,
    /// In bounds, and occupied.
    index: usize,
}

/// A slot for a key that the table does not have.
pub(crate) struct VacantSlot<'a, K, C> {
    table: &'a mut Table<K, C>,
    /// In bounds, and vacant.
    index: usize,
}

impl<K, C> Table<K, C> {
    /// An empty table of `slots` slots, rounded up to a power of two.
    ///
    /// # Panics
    /// If that is more than there are places.
    pub(crate) fn with_slots(slots: usize) -> Table<K, C> {
        let slots = slots.next_power_of_two().max(2);
        assert!(slots.trailing_zeros() <= u32::BITS, "a place has 32 bits");
        Table {
            // Zeroed memory is a table of vacant slots.
            slots: pages::zeroed(Self::layout(slots)).cast(),
            mask: slots - 1,
            shift: u32::BITS - slots.trailing_zeros(),
            len: 0,
            owns: PhantomData,
        }
    }

    fn layout(slots: usize) -> Layout {
        let layout = Layout::array::<Slot<K, C>>(slots).and_then(|slots| slots.align_to(LINE));
        pages::aligned(layout.expect("a table fits in memory"))
    }

    /// Bytes that a table of `slots` slots takes.
    pub(super) const fn bytes_of(slots: usize) -> usize {
        slots * size_of::<Slot<K, C>>()
    }

    /// The number of keys in the table.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The number of slots of the table.
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

    /// The slot where a probe for a place begins.
    #[inline(always)]
    fn home(&self, place: u32) -> usize {
        (place >> self.shift) as usize
    }

    /// The slot behind the pair of a slot.
    #[inline(always)]
    fn behind(&self, home: usize) -> usize {
        ((home | 1) + 1) & self.mask
    }

    /// Asks the processor to fetch the slot where a probe for `place` begins.
    #[inline(always)]
    pub(crate) fn prefetch(&self, place: u32) {
        self.prefetch_slot(self.home(place));
    }

    #[inline(always)]
    fn prefetch_slot(&self, index: usize) {
        let slot = self.slot(index);
        prefetch(slot.as_ptr());
        if !LINE.is_multiple_of(size_of::<Slot<K, C>>()) {
            // The key may stand in another line than the stamp.
            // SAFETY: the last byte of a slot.
            prefetch(unsafe { slot.add(1).cast::<u8>().sub(1) }.as_ptr());
        }
    }

    /// Looks for a key: asks `same` about the occupied slots (their stamps, their keys) from the
    /// one that `place` names up to the first vacant one.
    #[inline(always)]
    fn find(&self, place: u32, mut same: impl FnMut(u64, &K) -> bool) -> Found {
        // The other slot of a pair comes second, which is in the same cache line if two are.
        let home = self.home(place);
        let (mut index, mut next, mut behind) = (home, home ^ 1, self.behind(home));
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
            (index, next, behind) = (next, behind, (behind + 1) & self.mask);
        }
    }

    /// Looks for a key, as a slot that can be filled or changed; `same` as above: it is asked about
    /// the slots from the one that `place` names on.
    #[inline(always)]
    pub(crate) fn probe(
        &mut self,
        place: u32,
        same: impl FnMut(u64, &K) -> bool,
    ) -> Probed<'_, K, C> {
        match self.find(place, same) {
            Found::Occupied(index) => Probed::Occupied(OccupiedSlot { table: self, index }),
            Found::Vacant(index) => Probed::Vacant(VacantSlot { table: self, index }),
        }
    }

    /// Folds records into the keys that stand where their tags say, and returns the numbers of all
    /// others, having asked for the slots that come next for them. Tags are places here, and the
    /// upper halves of stamps.
    ///
    /// # Safety
    /// The records are initialised, at most [`GROUP`] of them, and no tag is zero. They have been
    /// moved out afterwards, but for those whose numbers are returned.
    #[inline(always)]
    pub(super) unsafe fn fold_hits<V>(
        &mut self,
        records: &[MaybeUninit<Tagged<K, V>>],
        fold: impl Fn(SlotCell<'_, C>, V),
    ) -> Elsewhere
    where
        K: Eq,
    {
        debug_assert!(records.len() <= GROUP);
        let unwinding = Forget(self);
        let table = &*unwinding.0;
        // A local that nothing else refers to: had the owner of the table the numbers, the table's
        // fields would be read anew for every record, since adding a number might change them.
        let mut elsewhere = Elsewhere::default();
        for (number, record) in records.iter().enumerate() {
            // SAFETY: the caller's promise; a record is moved out once, when it is certain that
            // its value goes into its slot. No tag is zero, so a slot with the same one is occupied.
            // Nothing else refers to the slot, and the table has no keys if `fold` unwinds.
            unsafe {
                let Tagged { tag, key, .. } = record.assume_init_ref();
                let home = table.home(*tag);
                let slot = table.slot(home).as_mut();
                if tag_of_stamp(slot.stamp) != *tag || slot.key.assume_init_ref() != key {
                    table.prefetch_slot(table.behind(home));
                    elsewhere.add(number);
                    continue;
                }
                let Tagged { value, .. } = record.assume_init_read();
                fold(SlotCell(slot.value.assume_init_mut()), value);
            }
        }
        std::mem::forget(unwinding);
        elsewhere
    }

    /// Moves every key out, slot by slot, and leaves the table empty with its memory.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(u64, K, C)) {
        for index in 0..=self.mask {
            if self.len == 0 {
                return;
            }
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

    /// Moves everything into a table of `slots` slots, no fewer than there are; `bucket_of` names the
    /// place of a key (its stamp, the key).
    #[cold]
    pub(crate) fn resize(&mut self, slots: usize, mut bucket_of: impl FnMut(u64, &K) -> u32) {
        debug_assert!(slots >= self.slots());
        let mut larger = Table::with_slots(slots);
        self.drain(|stamp, key, value| {
            let place = bucket_of(stamp, &key);
            match larger.probe(place, |_, _| false) {
                Probed::Vacant(slot) => slot.fill(stamp, key, value),
                Probed::Occupied(_) => unreachable!("no slot was accepted"),
            }
        });
        *self = larger;
    }
}

impl<K, C> VacantSlot<'_, K, C> {
    /// Puts a key there. The caller keeps the table from filling up.
    ///
    /// # Panics
    /// If one vacant slot is left, at which probes end.
    #[inline(always)]
    pub(crate) fn fill(self, stamp: u64, key: K, value: C) {
        debug_assert_ne!(stamp, VACANT);
        assert!(
            self.table.len < self.table.mask,
            "a probe needs a vacant slot to end at"
        );
        // SAFETY: an in-bounds slot, vacant, so nothing is overwritten that needs dropping.
        unsafe {
            self.table.slot(self.index).write(Slot {
                stamp,
                key: MaybeUninit::new(key),
                value: MaybeUninit::new(value),
            });
        }
        self.table.len += 1;
    }
}

impl<K, C> OccupiedSlot<'_, K, C> {
    /// Folds into the value. The table has no keys if `fold` unwinds.
    #[inline(always)]
    pub(super) fn fold(self, fold: impl FnOnce(SlotCell<'_, C>)) {
        // SAFETY: an in-bounds slot, which nothing else refers to.
        let slot = unsafe { self.table.slot(self.index).as_mut() };
        let unwinding = Forget(self.table);
        // SAFETY: an occupied slot, of a table that forgets its keys if `fold` unwinds.
        fold(SlotCell(unsafe { slot.value.assume_init_mut() }));
        std::mem::forget(unwinding);
    }
}

/// Forgets all keys of a table if a fold unwinds, which may have moved a value out: nothing looks
/// at what is left, and nothing drops it.
struct Forget<'a, K, C>(&'a mut Table<K, C>);

impl<K, C> Drop for Forget<'_, K, C> {
    #[cold]
    fn drop(&mut self) {
        // SAFETY: the memory of the slots; zeroed slots are vacant.
        unsafe { self.0.slots.as_ptr().write_bytes(0, self.0.slots()) };
        self.0.len = 0;
    }
}

/// A record on its way into a table, with the tag of its key's hash.
pub(super) struct Tagged<K, V> {
    pub(super) key: K,
    pub(super) value: V,
    pub(super) tag: u32,
}

/// The tag in a stamp that has one.
#[inline(always)]
pub(super) fn tag_of_stamp(stamp: u64) -> u32 {
    (stamp >> 32) as u32
}

/// The value of a slot, in a table that forgets its keys if whoever changes the value unwinds.
pub(super) struct SlotCell<'a, C>(&'a mut C);

impl<C> Cell<C> for SlotCell<'_, C> {
    #[inline(always)]
    fn replace(self, merge: impl FnOnce(C) -> C) {
        let value: *mut C = self.0;
        // SAFETY: the value is initialised and nothing else refers to it. It is written back, or
        // `merge` unwinds, and the table forgets its keys.
        unsafe { value.write(merge(value.read())) };
    }

    #[inline(always)]
    fn change(self, change: impl FnOnce(&mut C)) {
        change(self.0);
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
mod tests;
