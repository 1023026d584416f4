//! Sixty-four bytes at a time: which of them are this one?
//!
//! The way of every machine; [`ends`](crate::ends) knows a faster one for some. The sixteen-byte
//! compares used here belong to every processor of their architecture, so there is nothing to
//! detect at run time.

#![expect(
    unsafe_code,
    reason = "vector loads from a pointer with a stated readable length"
)]

/// Bytes that one mask covers.
pub(crate) const WIDTH: usize = 64;

/// A bit for each of the sixty-four bytes at `at` that equals `byte`; the first is bit zero.
///
/// # Safety
/// Sixty-four bytes at `at` are readable.
#[inline(always)]
pub(crate) unsafe fn equal(at: *const u8, byte: u8) -> u64 {
    // SAFETY: the caller's promise, passed on.
    unsafe { imp::equal(at, byte) }
}

#[cfg(target_arch = "x86_64")]
mod imp {
    use core::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8,
    };

    #[inline(always)]
    pub(super) unsafe fn equal(at: *const u8, byte: u8) -> u64 {
        let quarter = |index: usize| {
            // SAFETY: the caller promised sixty-four readable bytes; loads need no alignment, and
            // SSE2 belongs to every x86-64 processor.
            let hits = unsafe {
                let bytes = _mm_loadu_si128(at.add(16 * index).cast::<__m128i>());
                _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed())))
            };
            u64::from(hits.cast_unsigned()) << (16 * index)
        };
        quarter(0) | quarter(1) | quarter(2) | quarter(3)
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod imp {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOW_SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;

    #[inline(always)]
    pub(super) unsafe fn equal(at: *const u8, byte: u8) -> u64 {
        let mut mask = 0;
        for index in 0..8 {
            // SAFETY: the caller promised sixty-four readable bytes; the read is unaligned.
            let bytes = unsafe { at.add(8 * index).cast::<u64>().read_unaligned() };
            let differ = bytes ^ (ONES * u64::from(byte));
            // The high bit of each byte that is zero, exactly: no carry crosses bytes.
            let zero = !(((differ & LOW_SEVEN) + LOW_SEVEN) | differ | LOW_SEVEN);
            // Gathers the eight high bits into one byte.
            let gathered = (zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            mask |= gathered << (8 * index);
        }
        mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_a_plain_search(bytes in proptest::collection::vec(any::<u8>(), 64), byte: u8) {
            let expected = (0..64).filter(|&i| bytes[i] == byte).fold(0_u64, |m, i| m | 1 << i);
            // SAFETY: sixty-four bytes are there.
            prop_assert_eq!(unsafe { equal(bytes.as_ptr(), byte) }, expected);
        }
    }
}
