//! [`split`] with vectors, and the whole counting loop compiled
//! for the machines that have them.
//!
//! With AVX-512 the ends of 64 bytes' words are found by one shuffle and one
//! comparison and written out by one compression; then words are sorted into
//! their lists 32 at a time. Nothing in it branches on the text.
#![expect(unsafe_code, reason = "vector instructions, which a machine may lack")]

use std::arch::x86_64::*;

use crate::count::{Counter, Way};
use crate::read::Block;
use crate::split::{self, Lists, MIDDLE, SHORT, SPAN, WINDOW};

/// Words sorted at a time.
const LANES: usize = 32;

/// The vector ways this machine can go, best first.
pub(crate) fn ways() -> impl Iterator<Item = Way> {
    let wide = has_wide().then_some(Way::Wide);
    let avx2 = has_avx2().then_some(Way::Avx2);
    wide.into_iter().chain(avx2)
}

fn has_wide() -> bool {
    is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vbmi2") && has_avx2()
}

fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
}

/// Counts a block with AVX-512.
pub(crate) fn count(counter: &mut Counter, block: &Block) {
    assert!(has_wide());
    // SAFETY: the machine has what the function is compiled for.
    unsafe { count_wide(counter, block) }
}

/// Counts a block with AVX2.
pub(crate) fn count_avx2(counter: &mut Counter, block: &Block) {
    assert!(has_avx2());
    // SAFETY: the machine has what the function is compiled for.
    unsafe { count_with_avx2(counter, block) }
}

#[target_feature(enable = "avx512bw,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
fn count_wide(counter: &mut Counter, block: &Block) {
    counter.count_by(block, |window, span, lists| split_wide(window, span, lists));
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn count_with_avx2(counter: &mut Counter, block: &Block) {
    counter.count_by(block, |window, span, lists| {
        split::split(window, span, lists, |bytes| separators_avx2(bytes))
    });
}

#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi2,bmi1,bmi2,popcnt")]
fn split_wide(window: &[u8; WINDOW], span: usize, lists: &mut Lists) -> usize {
    let ends = find_ends(window, span, lists);
    if ends == 0 {
        return 0;
    }
    sort(ends, lists);
    usize::from(lists.ends[ends]) + 1
}

/// Writes where words end to `lists.ends`, from the second place on, and
/// returns how many there are.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi2,bmi1,bmi2,popcnt")]
fn find_ends(window: &[u8; WINDOW], span: usize, lists: &mut Lists) -> usize {
    // At a separator's low four bits that separator; elsewhere what has other low bits.
    let separators = _mm512_broadcast_i32x4(_mm_setr_epi8(
        b' ' as i8,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        b'\n' as i8,
        0,
        0,
        b'\r' as i8,
        0,
        0,
    ));
    let places = load_bytes(&PLACES);
    lists.ends[0] = u16::MAX;
    let mut found = 0;
    let mut at = 0;
    let mut carry = 0;
    for bytes in window[..SPAN]
        .as_chunks::<64>()
        .0
        .iter()
        .take(span.div_ceil(64))
    {
        let text = u64::MAX >> (64 - (span - at).min(64));
        let bytes = load_bytes(bytes);
        let same = _mm512_shuffle_epi8(separators, bytes);
        let ends = _mm512_mask_cmpeq_epi8_mask(text, same, bytes);
        let returns = _mm512_mask_cmpeq_epi8_mask(text, bytes, _mm512_set1_epi8(b'\r' as i8));
        if returns | carry != 0 {
            let feeds = _mm512_mask_cmpeq_epi8_mask(text, bytes, _mm512_set1_epi8(b'\n' as i8));
            lists.pairs += u64::from((feeds & (returns << 1 | carry)).count_ones());
            carry = returns >> 63;
        }
        let packed = _mm512_maskz_compress_epi8(ends, places);
        let base = _mm512_set1_epi16(at as i16);
        let first = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(packed));
        store(&mut lists.ends[found + 1..], _mm512_add_epi16(first, base));
        let count = ends.count_ones() as usize;
        if count > LANES {
            let second = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64::<1>(packed));
            store(
                &mut lists.ends[found + 1 + LANES..],
                _mm512_add_epi16(second, base),
            );
        }
        found += count;
        at += 64;
    }
    found
}

/// Sorts the words that `lists.ends` says end, by length.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi2,bmi1,bmi2,popcnt")]
fn sort(words: usize, lists: &mut Lists) {
    let one = _mm512_set1_epi16(1);
    let (mut shorts, mut middles) = (0, 0);
    lists.long.clear();
    for at in (0..words).step_by(LANES) {
        let begins = _mm512_add_epi16(load(&lists.ends[at..]), one);
        let lengths = _mm512_sub_epi16(load(&lists.ends[at + 1..]), begins);
        let real = u32::MAX >> (LANES - (words - at).min(LANES));
        let limit = _mm512_set1_epi16(SHORT as i16);
        let short = _mm512_mask_cmple_epu16_mask(real, lengths, limit);
        let limit = _mm512_set1_epi16(MIDDLE as i16);
        let listed = _mm512_mask_cmple_epu16_mask(real, lengths, limit);
        let middle = listed & !short;
        let places = _mm512_slli_epi16::<4>(begins);
        let word = _mm512_or_si512(places, lengths);
        store(
            &mut lists.short[shorts..],
            _mm512_maskz_compress_epi16(short, word),
        );
        let word = _mm512_or_si512(places, _mm512_sub_epi16(lengths, one));
        store(
            &mut lists.middle[middles..],
            _mm512_maskz_compress_epi16(middle, word),
        );
        shorts += short.count_ones() as usize;
        middles += middle.count_ones() as usize;
        let mut long = real & !listed;
        while long != 0 {
            let index = at + long.trailing_zeros() as usize;
            long &= long - 1;
            let begin = lists.ends[index].wrapping_add(1);
            lists.long.push((begin, lists.ends[index + 1] - begin));
        }
    }
    lists.shorts = shorts;
    lists.middles = middles;
}

#[inline]
#[target_feature(enable = "avx2")]
fn separators_avx2(bytes: &[u8; 64]) -> u64 {
    let table = _mm256_setr_epi8(
        b' ' as i8,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        b'\n' as i8,
        0,
        0,
        b'\r' as i8,
        0,
        0, //
        b' ' as i8,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        b'\n' as i8,
        0,
        0,
        b'\r' as i8,
        0,
        0,
    );
    let mut mask = 0;
    for (index, half) in bytes.as_chunks::<32>().0.iter().enumerate() {
        // SAFETY: the load is of the 32 bytes borrowed, and needs no alignment.
        let half = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
        let same = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, half), half);
        mask |= u64::from(_mm256_movemask_epi8(same) as u32) << (32 * index);
    }
    mask
}

/// 0 to 63.
const PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut place = 0;
    while place < 64 {
        places[place] = place as u8;
        place += 1;
    }
    places
};

#[inline]
#[target_feature(enable = "avx512bw")]
fn load_bytes(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the load is of the 64 bytes borrowed, and needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512bw")]
fn load(list: &[u16]) -> __m512i {
    let lanes: &[u16; LANES] = list.first_chunk().expect("lists are padded");
    // SAFETY: the load is of the 64 bytes borrowed, and needs no alignment.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512bw")]
fn store(list: &mut [u16], lanes: __m512i) {
    let place: &mut [u16; LANES] = list.first_chunk_mut().expect("lists are padded");
    // SAFETY: the store is to the 64 bytes borrowed, and needs no alignment.
    unsafe { _mm512_storeu_si512(place.as_mut_ptr().cast(), lanes) }
}
