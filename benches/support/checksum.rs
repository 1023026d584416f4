//! One number that two counters of the same bytes must agree on.
//!
//! Counters keep their words in different orders, merge them in different
//! places and cut time differently. The checksum is a sum over words of count
//! times a pinned hash: it depends on none of that, and it can be added up
//! interval by interval without keeping the totals.

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// The pinned hash of a word: its bytes in zero-padded little-endian groups
/// of eight, each folded in by a multiplication, the length last.
#[must_use]
pub fn weight(word: &[u8]) -> u64 {
    let mut state = 0;
    for group in word.chunks(8) {
        let mut bytes = [0; 8];
        bytes[..group.len()].copy_from_slice(group);
        state = fold(state, u64::from_le_bytes(bytes));
    }
    fold(state, word.len() as u64)
}

/// The term that `count` occurrences of `word` add (wrapping) to the checksum.
#[must_use]
pub fn term(word: &[u8], count: u64) -> u64 {
    weight(word).wrapping_mul(count)
}

fn fold(state: u64, group: u64) -> u64 {
    let product = (state ^ group ^ MULTIPLIER).wrapping_mul(MULTIPLIER);
    product ^ (product >> 32)
}

#[cfg(test)]
mod tests {
    use super::{term, weight};

    #[test]
    fn the_hash_is_pinned() {
        assert_eq!(weight(b""), weight(b""));
        assert_ne!(weight(b""), weight(b"\0"));
        assert_ne!(weight(b"a"), weight(b"a\0"));
        assert_ne!(weight(b"abcdefgh"), weight(b"abcdefghi"));
    }

    #[test]
    fn terms_add_up_over_intervals() {
        let whole = term(b"word", 7);
        assert_eq!(whole, term(b"word", 3).wrapping_add(term(b"word", 4)));
    }
}
