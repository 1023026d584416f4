//! One key's state in the map: the value, its place, and two bits.
//!
//! An update function takes the old state by value and may panic. While it runs the value is
//! out, and the entry says so; nothing is dropped twice, and nothing pays for an `Option`.

#![expect(
    unsafe_code,
    reason = "the value is there if and only if a bit of the mark says so"
)]

use std::mem::MaybeUninit;

/// Set while the value is there.
const PRESENT: u64 = 1 << 63;
/// Set from the batch's delta until the sweep over idle keys has passed.
const TOUCHED: u64 = 1 << 62;
const PLACE: u64 = TOUCHED - 1;

/// A value that may be out, with its place in the order of keys.
pub(crate) struct StateEntry<S> {
    value: MaybeUninit<S>,
    mark: u64,
}

impl<S> StateEntry<S> {
    pub(super) fn new(value: S, place: u64) -> StateEntry<S> {
        StateEntry {
            value: MaybeUninit::new(value),
            mark: PRESENT | TOUCHED | place & PLACE,
        }
    }

    pub(super) fn place(&self) -> u64 {
        self.mark & PLACE
    }

    /// The value, unless an update that took it panicked.
    pub(super) fn get(&self) -> Option<&S> {
        // SAFETY: the mark says that the value is there.
        (self.mark & PRESENT != 0).then(|| unsafe { self.value.assume_init_ref() })
    }

    pub(super) fn take(&mut self) -> Option<S> {
        if self.mark & PRESENT == 0 {
            return None;
        }
        self.mark &= !PRESENT;
        // SAFETY: the mark said that there is a value, and from now on says that there is none.
        Some(unsafe { self.value.assume_init_read() })
    }

    /// Puts a value where one was taken, and marks the entry touched.
    pub(super) fn put(&mut self, value: S) {
        debug_assert_eq!(self.mark & PRESENT, 0, "a value was there");
        self.value = MaybeUninit::new(value);
        self.mark |= PRESENT | TOUCHED;
    }

    /// Puts a value back where it was taken, and marks nothing.
    pub(super) fn put_back(&mut self, value: S) {
        let touched = self.mark & TOUCHED;
        self.put(value);
        self.mark = self.mark & !TOUCHED | touched;
    }

    /// Changes the value in place, if it is there.
    pub(super) fn get_mut(&mut self) -> Option<&mut S> {
        // SAFETY: the mark says that the value is there.
        (self.mark & PRESENT != 0).then(|| unsafe { self.value.assume_init_mut() })
    }

    pub(super) fn is_touched(&self) -> bool {
        self.mark & TOUCHED != 0
    }

    /// True if the entry was touched since the last call.
    pub(super) fn untouch(&mut self) -> bool {
        let touched = self.mark & TOUCHED != 0;
        self.mark &= !TOUCHED;
        touched
    }
}

impl<S> Drop for StateEntry<S> {
    fn drop(&mut self) {
        drop(self.take());
    }
}
