//! The memory of a table: zeroed, and on huge pages once it is large, since
//! otherwise nearly every word of a large vocabulary misses the TLB as well.
#![expect(
    unsafe_code,
    reason = "pages come from mmap, as Box has no say in their size"
)]

use std::io;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};

const HUGE: usize = 2 << 20;

/// A key and its count; all zeroes is a free slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Slot<const K: usize> {
    pub(crate) key: [u64; K],
    pub(crate) count: u64,
}

/// A slice of slots that owns its pages.
#[derive(Debug)]
pub(crate) struct Slots<const K: usize> {
    first: NonNull<Slot<K>>,
    length: usize,
    mapping: NonNull<libc::c_void>,
    mapped: usize,
}

// SAFETY: the pages belong to this value alone, and a slot is plain integers.
unsafe impl<const K: usize> Send for Slots<K> {}
// SAFETY: as above; shared access is read-only.
unsafe impl<const K: usize> Sync for Slots<K> {}

impl<const K: usize> Slots<K> {
    /// `length` free slots; a power of two.
    pub(crate) fn free(length: usize) -> Self {
        assert!(length.is_power_of_two());
        let size = length * size_of::<Slot<K>>();
        // A table worth a huge page gets whole ones; and slack, to begin on one's border.
        let huge = size >= HUGE / 4;
        let size = if huge {
            size.next_multiple_of(HUGE)
        } else {
            size
        };
        let mapped = size + HUGE;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a fresh anonymous mapping touches no memory there is.
        let mapping = unsafe { libc::mmap(ptr::null_mut(), mapped, access, flags, -1, 0) };
        assert!(
            mapping != libc::MAP_FAILED,
            "{}",
            io::Error::last_os_error()
        );
        let offset = mapping.align_offset(HUGE);
        // SAFETY: `offset` is below `HUGE`, and the mapping is longer than that.
        let first = unsafe { mapping.byte_add(offset) };
        #[cfg(target_os = "linux")]
        if huge {
            // SAFETY: the range lies within the mapping; the advice changes no contents.
            // It may be refused, and then the pages are small ones.
            unsafe { libc::madvise(first, size, libc::MADV_HUGEPAGE) };
        }
        let (Some(first), Some(mapping)) = (NonNull::new(first.cast()), NonNull::new(mapping))
        else {
            unreachable!("a mapping is not at address zero");
        };
        Self {
            first,
            length,
            mapping,
            mapped,
        }
    }

    /// The slots for a loop over many words.
    #[inline(always)]
    pub(crate) fn ring(&mut self) -> Ring<'_, K> {
        Ring {
            first: self.first,
            mask: self.length - 1,
            slots: PhantomData,
        }
    }
}

/// Slots where the first one follows the last one. Two registers: a loop that
/// writes through a slice inside a structure reads the slice anew each time.
pub(crate) struct Ring<'a, const K: usize> {
    first: NonNull<Slot<K>>,
    mask: usize,
    slots: PhantomData<&'a mut [Slot<K>]>,
}

impl<const K: usize> Ring<'_, K> {
    /// The slot at `index`, counted around.
    #[inline(always)]
    pub(crate) fn at(&mut self, index: usize) -> &mut Slot<K> {
        // SAFETY: the mask is one less than the number of slots, a power of two, so this is
        // one of the slots, which are borrowed mutably for as long as the ring is.
        unsafe { self.first.add(index & self.mask).as_mut() }
    }

    /// Fetches the slot at `index`, counted around.
    #[inline(always)]
    pub(crate) fn prefetch(&self, index: usize) {
        let place = self.first.as_ptr().wrapping_add(index & self.mask);
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a prefetch reads nothing that the program could see, from no matter where.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(place.cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = place;
    }
}

impl<const K: usize> Deref for Slots<K> {
    type Target = [Slot<K>];

    #[inline(always)]
    fn deref(&self) -> &[Slot<K>] {
        // SAFETY: `first` is aligned to `HUGE` and has `length` slots behind it within the
        // mapping, which is zeroed, and zeroes are a valid slot.
        unsafe { std::slice::from_raw_parts(self.first.as_ptr(), self.length) }
    }
}

impl<const K: usize> DerefMut for Slots<K> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [Slot<K>] {
        // SAFETY: as in `deref`; and `self` is borrowed for as long as the slice is.
        unsafe { std::slice::from_raw_parts_mut(self.first.as_ptr(), self.length) }
    }
}

impl<const K: usize> Drop for Slots<K> {
    fn drop(&mut self) {
        // SAFETY: this is the mapping that `free` made, and nothing borrows from it any more.
        unsafe { libc::munmap(self.mapping.as_ptr(), self.mapped) };
    }
}
