//! Finds the ends of pieces of text, for a whole window at once, before any piece is cut.
//!
//! Walking the bits of a mask while the pieces are handed out ends a loop at every mask, after
//! a number of rounds that no processor foresees; each such surprise costs as much as several
//! words. Written to a list first, all the ends of a line are one loop, and all the lines of a
//! window another.
//!
//! A machine that has AVX-512 with byte compression writes the ends of sixty-four bytes by one
//! instruction; every other one writes them a few at a time, whether there are so many or not.
//! Which it is, is asked at run time: nobody sets compiler flags.

#![expect(
    unsafe_code,
    reason = "vector instructions, and loads from a pointer with a stated readable length"
)]

use std::mem::MaybeUninit;

use crate::mask::{self, WIDTH};

/// Bytes in which the pieces of one call to [`Ends::of_byte`] end.
pub(crate) const SPAN: usize = 2 * WIDTH;

/// Places in [`SPAN`] bytes: room for all of them, and for what is written in vain behind.
pub(crate) struct Ends {
    places: [MaybeUninit<u8>; SPAN + WIDTH],
    count: usize,
}

impl Ends {
    #[inline(always)]
    pub(crate) fn new() -> Ends {
        Ends {
            places: [const { MaybeUninit::uninit() }; SPAN + WIDTH],
            count: 0,
        }
    }

    /// The places, in order.
    #[inline(always)]
    pub(crate) fn places(&self) -> &[u8] {
        // SAFETY: the first `count` places have been written, and `MaybeUninit` is transparent.
        unsafe { std::slice::from_raw_parts(self.places.as_ptr().cast::<u8>(), self.count) }
    }

    /// Forgets all places.
    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    /// Adds `place` behind all others.
    #[inline(always)]
    pub(crate) fn push(&mut self, place: u8) {
        self.places[self.count] = MaybeUninit::new(place);
        self.count += 1;
    }

    /// Lists the places of `byte` among the first `len` bytes at `at`; `len` above [`SPAN`]
    /// counts as that.
    ///
    /// # Safety
    /// [`SPAN`] bytes at `at` are readable.
    #[inline(always)]
    pub(crate) unsafe fn of_byte(&mut self, at: *const u8, len: usize, byte: u8) {
        #[cfg(target_arch = "x86_64")]
        if wide::is_here() {
            // SAFETY: the machine has what the function is compiled for; the rest is the
            // caller's promise.
            self.count = unsafe { wide::of_byte(&mut self.places, at, len, byte) };
            return;
        }
        // SAFETY: the caller's promise.
        unsafe { self.of_byte_portable(at, len, byte) };
    }

    /// # Safety
    /// As [`of_byte`](Ends::of_byte).
    #[inline(never)]
    unsafe fn of_byte_portable(&mut self, at: *const u8, len: usize, byte: u8) {
        self.count = 0;
        for from in [0, WIDTH] {
            // SAFETY: the caller's promise.
            let found = unsafe { mask::equal(at.add(from), byte) } & below(len, from);
            write_places(found, &mut self.places[self.count..], |place| {
                (from + place) as u8
            });
            self.count += found.count_ones() as usize;
        }
    }
}

/// Bytes in which the lines of one call to [`LineEnds::find`] end.
pub(crate) const WINDOW: usize = 4096;

/// The line ends of a window.
pub(crate) struct LineEnds {
    places: [MaybeUninit<u16>; WINDOW + WIDTH],
    count: usize,
    returns: bool,
}

impl LineEnds {
    pub(crate) fn new() -> LineEnds {
        LineEnds {
            places: [const { MaybeUninit::uninit() }; WINDOW + WIDTH],
            count: 0,
            returns: false,
        }
    }

    /// The positions of `\n` and `\r`, in order.
    #[inline(always)]
    pub(crate) fn places(&self) -> &[u16] {
        // SAFETY: the first `count` places have been written, and `MaybeUninit` is transparent.
        unsafe { std::slice::from_raw_parts(self.places.as_ptr().cast::<u16>(), self.count) }
    }

    /// True if a `\r` is among the positions.
    #[inline(always)]
    pub(crate) fn has_returns(&self) -> bool {
        self.returns
    }

    /// Adds `place` behind all others.
    pub(crate) fn push(&mut self, place: u16) {
        self.places[self.count] = MaybeUninit::new(place);
        self.count += 1;
    }

    /// Lists the line ends among the first `len` bytes at `at`.
    ///
    /// # Safety
    /// `len` is at most [`WINDOW`], and that many bytes are readable, rounded up to [`WIDTH`].
    pub(crate) unsafe fn find(&mut self, at: *const u8, len: usize) {
        debug_assert!(len <= WINDOW);
        #[cfg(target_arch = "x86_64")]
        if wide::is_here() {
            // SAFETY: the machine has what the function is compiled for; the rest is the
            // caller's promise.
            unsafe { wide::find(self, at, len) };
            return;
        }
        // SAFETY: the caller's promise.
        unsafe { self.find_portable(at, len) };
    }

    /// # Safety
    /// As [`find`](LineEnds::find).
    unsafe fn find_portable(&mut self, at: *const u8, len: usize) {
        self.count = 0;
        self.returns = false;
        for from in (0..len).step_by(WIDTH) {
            // SAFETY: the caller's promise.
            let (newlines, returns) = unsafe {
                (
                    mask::equal(at.add(from), b'\n'),
                    mask::equal(at.add(from), b'\r'),
                )
            };
            let inside = below(len, from);
            self.returns |= returns & inside != 0;
            let found = (newlines | returns) & inside;
            write_places(found, &mut self.places[self.count..], |place| {
                (from + place) as u16
            });
            self.count += found.count_ones() as usize;
        }
    }
}

/// The bits of the bytes from `from` on that are among the first `len`.
#[inline(always)]
fn below(len: usize, from: usize) -> u64 {
    match len.saturating_sub(from) {
        0 => 0,
        rest => u64::MAX >> (WIDTH - rest.min(WIDTH)),
    }
}

/// Writes the places of the bits of a mask, and nonsense behind them: four at a time, so that
/// the usual numbers of bits take the same way.
#[inline(always)]
fn write_places<T>(mut bits: u64, to: &mut [MaybeUninit<T>], place: impl Fn(usize) -> T) {
    let to: &mut [MaybeUninit<T>; WIDTH] = to.first_chunk_mut().expect("room for a mask");
    let (groups, _) = to.as_chunks_mut::<4>();
    for group in groups {
        for to in group {
            *to = MaybeUninit::new(place(bits.trailing_zeros() as usize));
            bits &= bits.wrapping_sub(1);
        }
        if bits == 0 {
            break;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::*;
    use std::mem::MaybeUninit;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::{LineEnds, SPAN, WIDTH, below};

    /// 0 to 63.
    static PLACES: [u8; WIDTH] = {
        let mut places = [0; WIDTH];
        let mut place = 0;
        while place < WIDTH {
            places[place] = place as u8;
            place += 1;
        }
        places
    };

    /// The finding about this machine: nothing yet, that it has what the functions below are
    /// compiled for, or that it has not.
    static KNOWN: AtomicU8 = AtomicU8::new(UNKNOWN);
    const UNKNOWN: u8 = 0;
    const HAS: u8 = 1;
    const HAS_NOT: u8 = 2;

    /// True if this machine has what the functions below are compiled for.
    #[inline(always)]
    pub(super) fn is_here() -> bool {
        match KNOWN.load(Ordering::Relaxed) {
            UNKNOWN => find_out(),
            known => known == HAS,
        }
    }

    #[cold]
    fn find_out() -> bool {
        let here = is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt");
        KNOWN.store(if here { HAS } else { HAS_NOT }, Ordering::Relaxed);
        here
    }

    /// # Safety
    /// [`SPAN`] bytes at `at` are readable.
    #[target_feature(enable = "avx512bw,avx512vbmi2,bmi1,bmi2,popcnt")]
    pub(super) unsafe fn of_byte(
        places: &mut [MaybeUninit<u8>; SPAN + WIDTH],
        at: *const u8,
        len: usize,
        byte: u8,
    ) -> usize {
        let same = _mm512_set1_epi8(byte.cast_signed());
        // SAFETY: the caller's promise, and a static of that size; loads need no alignment.
        let (first, second, numbers) = unsafe {
            (
                _mm512_loadu_si512(at.cast()),
                _mm512_loadu_si512(at.add(WIDTH).cast()),
                _mm512_loadu_si512(PLACES.as_ptr().cast()),
            )
        };
        let first = _mm512_cmpeq_epi8_mask(first, same) & below(len, 0);
        let second = _mm512_cmpeq_epi8_mask(second, same) & below(len, WIDTH);
        let firsts = first.count_ones() as usize;
        let later = _mm512_add_epi8(numbers, _mm512_set1_epi8(WIDTH as i8));
        let to = places.as_mut_ptr();
        // SAFETY: at most `WIDTH` places are before the second store, so both are within
        // `2 * WIDTH` bytes.
        unsafe {
            _mm512_storeu_si512(to.cast(), _mm512_maskz_compress_epi8(first, numbers));
            _mm512_storeu_si512(
                to.add(firsts).cast(),
                _mm512_maskz_compress_epi8(second, later),
            );
        }
        firsts + second.count_ones() as usize
    }

    /// # Safety
    /// As [`LineEnds::find`].
    #[target_feature(enable = "avx512bw,avx512vbmi2,bmi1,bmi2,popcnt")]
    pub(super) unsafe fn find(ends: &mut LineEnds, at: *const u8, len: usize) {
        let newline = _mm512_set1_epi8(b'\n'.cast_signed());
        let carriage_return = _mm512_set1_epi8(b'\r'.cast_signed());
        // SAFETY: a static of that size.
        let numbers = unsafe { _mm512_loadu_si512(PLACES.as_ptr().cast()) };
        let mut count = 0;
        let mut all_returns = 0;
        for from in (0..len).step_by(WIDTH) {
            let inside = below(len, from);
            // SAFETY: the caller's promise.
            let bytes = unsafe { _mm512_loadu_si512(at.add(from).cast()) };
            // The next window is on its way while the lines of this one are worked on.
            _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(from + super::WINDOW).cast());
            let returns = _mm512_mask_cmpeq_epi8_mask(inside, bytes, carriage_return);
            let found = _mm512_mask_cmpeq_epi8_mask(inside, bytes, newline) | returns;
            all_returns |= returns;
            let packed = _mm512_maskz_compress_epi8(found, numbers);
            let base = _mm512_set1_epi16(from as i16);
            let low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(packed));
            let high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64::<1>(packed));
            let to = ends.places[count..count + WIDTH].as_mut_ptr();
            // SAFETY: sixty-four places are there.
            unsafe {
                _mm512_storeu_si512(to.cast(), _mm512_add_epi16(low, base));
                _mm512_storeu_si512(to.add(WIDTH / 2).cast(), _mm512_add_epi16(high, base));
            }
            count += found.count_ones() as usize;
        }
        ends.count = count;
        ends.returns = all_returns != 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop::sample::select(b"  \n\raaaaaa\xc3".to_vec());
        prop::collection::vec(byte, WINDOW)
    }

    proptest! {
        #[test]
        fn ends_are_those_of_a_plain_search(bytes in bytes(), dense: bool, len in 0..2 * SPAN) {
            let byte = if dense { b'a' } else { b' ' };
            let plain = (0..len.min(SPAN)).filter(|&i| bytes[i] == byte);
            let expected: Vec<u8> = plain.map(|place| place as u8).collect();
            let mut ends = Ends::new();
            // SAFETY: more than `SPAN` bytes are there.
            unsafe { ends.of_byte(bytes.as_ptr(), len, byte) };
            prop_assert_eq!(ends.places(), &expected);
            // SAFETY: as above.
            unsafe { ends.of_byte_portable(bytes.as_ptr(), len, byte) };
            prop_assert_eq!(ends.places(), expected);
        }

        #[test]
        fn line_ends_are_those_of_a_plain_search(bytes in bytes(), all: bool, len in 0..=WINDOW) {
            let bytes = if all { vec![b'\n'; WINDOW] } else { bytes };
            let plain = (0..len).filter(|&i| bytes[i] == b'\n' || bytes[i] == b'\r');
            let expected: Vec<u16> = plain.map(|place| place as u16).collect();
            let returns = bytes[..len].contains(&b'\r');
            let mut ends = LineEnds::new();
            // SAFETY: `WINDOW` bytes are there.
            unsafe { ends.find(bytes.as_ptr(), len) };
            prop_assert_eq!((ends.places(), ends.has_returns()), (&expected[..], returns));
            // SAFETY: as above.
            unsafe { ends.find_portable(bytes.as_ptr(), len) };
            prop_assert_eq!((ends.places(), ends.has_returns()), (&expected[..], returns));
        }
    }
}
