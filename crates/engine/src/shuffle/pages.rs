//! Large pages for what is probed at random: with small ones a probe misses the address cache
//! as often as the data cache.

#![expect(
    unsafe_code,
    reason = "zeroed memory, and advice to the kernel about it"
)]

use std::alloc::{Layout, alloc, alloc_zeroed, handle_alloc_error};
use std::ptr::NonNull;

/// The size of a huge page, and the size from which memory is worth one.
const HUGE_PAGE: usize = 2 << 20;

/// The layout with the alignment that whole huge pages need, if it is worth any.
pub(super) fn aligned(layout: Layout) -> Layout {
    if layout.size() < HUGE_PAGE {
        return layout;
    }
    layout
        .align_to(HUGE_PAGE)
        .expect("a size that fits fits with the alignment of a page")
}

/// Zeroed memory, on huge pages if it is worth any. They are asked for before anything touches it:
/// memory with an alignment is zeroed by hand, and what has been touched has its small pages.
///
/// # Panics
/// If the layout is of size zero.
pub(super) fn zeroed(layout: Layout) -> NonNull<u8> {
    assert_ne!(layout.size(), 0);
    let large = layout.size() >= HUGE_PAGE;
    // SAFETY: the size is not zero.
    let memory = unsafe {
        if large {
            alloc(layout)
        } else {
            alloc_zeroed(layout)
        }
    };
    let Some(memory) = NonNull::new(memory) else {
        handle_alloc_error(layout)
    };
    if large {
        advise_huge(memory.as_ptr(), layout.size());
        // SAFETY: as many bytes as were allocated.
        unsafe {
            if cfg!(debug_assertions) {
                // What the system gives is often zero by itself, and would hide a fault here.
                memory.write_bytes(0xa5, layout.size());
            }
            memory.write_bytes(0, layout.size());
        }
    }
    memory
}

/// As many zeros, written. A page that is read before it is written is at first the one page of zeros
/// that all share: it is replaced when it is written, for which every core has to stop.
pub(crate) fn written_zeros(count: usize) -> Vec<u64> {
    let mut zeros = vec![0; count];
    // Otherwise the compiler leaves it to the system, which gives pages of zeros.
    std::hint::black_box(&mut zeros).fill(0);
    zeros
}

/// Asks for huge pages behind the `bytes` bytes at `at`, which belong to the caller. A system
/// that declines loses nothing but time.
pub(super) fn advise_huge<T>(at: *const T, bytes: usize) {
    #[cfg(target_os = "linux")]
    if bytes >= HUGE_PAGE {
        const PAGE: usize = 4096;
        let skipped = at.addr().wrapping_neg() % PAGE;
        let from = at.cast::<u8>().wrapping_add(skipped).cast_mut();
        let whole = (bytes - skipped) / PAGE * PAGE;
        // SAFETY: the range lies within memory of the caller's; the advice changes no contents.
        unsafe { libc::madvise(from.cast(), whole, libc::MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (at, bytes);
}

/// Asks the processor to fetch what is at `at`.
#[inline(always)]
pub(crate) fn prefetch<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: prefetching touches nothing that a program can see, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Asks the processor to fetch a value of about a cache line or less. Memory begins where the
/// allocator has room, which is mostly in the middle of a line: a value may end in another line than
/// it begins in, even if its size divides that of a line.
#[inline(always)]
pub(crate) fn prefetch_whole<T>(at: *const T) {
    prefetch(at);
    prefetch(at.wrapping_add(1).cast::<u8>().wrapping_sub(1));
}
