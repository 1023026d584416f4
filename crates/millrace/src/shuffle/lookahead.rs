//! A few records that are combined together.
//!
//! A probe that misses the cache stalls for longer than a word costs in all. The combiner
//! therefore gathers records, asks for the slots of all of them, and only then looks. Gathering
//! is also all that is left of it in the loop that cuts and maps, which has the registers it
//! needs.

#![expect(unsafe_code, reason = "a fixed array of which a prefix is initialised")]

use std::mem::MaybeUninit;

/// How many records wait: about as many misses as a core keeps in flight.
pub(crate) const DEPTH: usize = 32;

/// Up to [`DEPTH`] items, in order.
pub(crate) struct Lookahead<T> {
    items: [MaybeUninit<T>; DEPTH],
    len: usize,
}

impl<T> Lookahead<T> {
    pub(crate) fn new() -> Lookahead<T> {
        Lookahead {
            items: [const { MaybeUninit::uninit() }; DEPTH],
            len: 0,
        }
    }

    /// Adds an item; says whether it is time to drain.
    #[inline(always)]
    pub(crate) fn push(&mut self, item: T) -> bool {
        // The mask tells the compiler what draining at `DEPTH` ensures.
        self.items[self.len & (DEPTH - 1)] = MaybeUninit::new(item);
        self.len += 1;
        self.len == DEPTH
    }

    /// The items, in order.
    #[inline(always)]
    pub(crate) fn items(&self) -> &[T] {
        // SAFETY: the first `len` items are initialised, and `MaybeUninit` is transparent.
        unsafe { std::slice::from_raw_parts(self.items.as_ptr().cast::<T>(), self.len) }
    }

    /// Moves all items out, in order. If `each` panics the rest is leaked, never dropped twice.
    #[inline(always)]
    pub(crate) fn drain(&mut self, mut each: impl FnMut(T)) {
        let len = std::mem::take(&mut self.len);
        for item in &mut self.items[..len] {
            // SAFETY: the first `len` items are initialised; `len` is zero now, so each is
            // moved out once.
            each(unsafe { item.assume_init_read() });
        }
    }
}

impl<T> Drop for Lookahead<T> {
    fn drop(&mut self) {
        self.drain(drop);
    }
}
