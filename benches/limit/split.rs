//! Text to lists of words, sorted by length class.
//!
//! Text is taken a window at a time, so that where a word begins and how long
//! it is fit sixteen bits, and so that text, lists and hot slots share the
//! first-level cache. A list holds words of one class only: the loops that
//! count them have no branch that depends on a word's length.
//!
//! This is the way for any machine; [`wide`](crate::wide) does the same
//! thirty-two words at a time.

/// Bytes that a window's words begin in.
pub(crate) const SPAN: usize = 4096;
/// A window: the span, and enough more for any load from within the span.
pub(crate) const WINDOW: usize = SPAN + 64;
/// Room for a word a byte, and for a whole vector behind the last one.
const ROOM: usize = SPAN + 64;

/// The longest word of the first class, one machine word.
pub(crate) const SHORT: usize = 8;
/// The longest word of the second class, two machine words.
pub(crate) const MIDDLE: usize = 16;

/// The words of a window: `begin << 4 | n`, where `n` is the length of a
/// short word and one less than the length of a middle one.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) short: Box<[u16; ROOM]>,
    pub(crate) shorts: usize,
    pub(crate) middle: Box<[u16; ROOM]>,
    pub(crate) middles: usize,
    /// Begin and length of the words of no class.
    pub(crate) long: Vec<(u16, u16)>,
    /// The ends of words, for the way that finds all ends first; the first one
    /// is the place before the window.
    pub(crate) ends: Box<[u16; ROOM]>,
    /// Line feeds that belong to the carriage return before them. Each one
    /// has put an empty word into the list of short words that is none: to
    /// count them, and take them off the empty word's count in the end, is
    /// cheaper than to look for them.
    pub(crate) pairs: u64,
}

impl Default for Lists {
    fn default() -> Self {
        let list = || Box::new([0; ROOM]);
        Self {
            short: list(),
            shorts: 0,
            middle: list(),
            middles: 0,
            long: Vec::new(),
            ends: list(),
            pairs: 0,
        }
    }
}

/// Lists the words of a window of which `span` bytes are text. Returns where
/// the word begins that does not end in it, which is 0 if none does.
#[inline(always)]
pub(crate) fn split(
    window: &[u8; WINDOW],
    span: usize,
    lists: &mut Lists,
    separators: impl Fn(&[u8; 64]) -> u64,
) -> usize {
    let (mut shorts, mut middles) = (0, 0);
    let mut begin = 0;
    let mut at = 0;
    lists.long.clear();
    for bytes in window[..SPAN]
        .as_chunks::<64>()
        .0
        .iter()
        .take(span.div_ceil(64))
    {
        let mut ends = separators(bytes) & (u64::MAX >> (64 - (span - at).min(64)));
        while ends != 0 {
            let end = at + ends.trailing_zeros() as usize;
            ends &= ends - 1;
            let length = end - begin;
            let place = (begin << 4) as u16;
            lists.short[shorts % ROOM] = place | (length & 15) as u16;
            lists.middle[middles % ROOM] = place | (length.wrapping_sub(1) & 15) as u16;
            shorts += usize::from(length <= SHORT);
            middles += usize::from(length > SHORT && length <= MIDDLE);
            if length > MIDDLE {
                lists.long.push((begin as u16, length as u16));
            }
            if window[end] == b'\r' && end + 1 < span && window[end + 1] == b'\n' {
                lists.pairs += 1;
            }
            begin = end + 1;
        }
        at += 64;
    }
    lists.shorts = shorts;
    lists.middles = middles;
    begin
}

/// Marks blanks, line feeds and carriage returns, eight bytes at a time.
#[inline]
pub(crate) fn separators(bytes: &[u8; 64]) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let zeroes = |group: u64| !(((group & LOW) + LOW) | group | LOW);
    let mut mask = 0;
    for (index, group) in bytes.as_chunks::<8>().0.iter().enumerate() {
        let group = u64::from_le_bytes(*group);
        let same = |byte: u8| zeroes(group ^ u64::from_ne_bytes([byte; 8]));
        let marks = same(b' ') | same(b'\n') | same(b'\r');
        // Gathers the top bits of the bytes: the product has each at its own place.
        let bits = (marks >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= bits << (8 * index);
    }
    mask
}
