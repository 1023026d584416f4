//! SipHash-1-3 under the zero key, which is what CPython 3.11 makes of a string or of bytes when
//! `PYTHONHASHSEED` is 0.
//!
//! It lives here and not in a dependency because CPython hashes the code units of a string, one,
//! two or four bytes wide, and a Rust string has to be turned into those units on the way: the
//! streaming form takes units, so that no buffer is ever built. The law: both forms agree with
//! CPython 3.11 for every input.

/// The running state of a hash over code units of one width.
#[derive(Debug)]
pub(super) struct Sip13 {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
    /// The bytes of the word that is not full yet, the first in the lowest place.
    word: u64,
    /// The number of bits of `word` that are taken.
    taken: u32,
    /// Bytes seen. Only the lowest eight bits of it reach the hash.
    length: u64,
}

impl Sip13 {
    /// The state before the first byte.
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            v0: 0x736f_6d65_7073_6575,
            v1: 0x646f_7261_6e64_6f6d,
            v2: 0x6c79_6765_6e65_7261,
            v3: 0x7465_6462_7974_6573,
            word: 0,
            taken: 0,
            length: 0,
        }
    }

    #[inline]
    fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.rotate_left(32);
    }

    #[inline]
    fn compress(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.v0 ^= word;
    }

    /// Takes one code unit of `BITS` bits (8, 16 or 32), little-endian.
    ///
    /// One state takes units of one width only: that is why a unit never straddles two words.
    #[inline]
    pub(super) fn push<const BITS: u32>(&mut self, unit: u32) {
        self.word |= u64::from(unit) << self.taken;
        self.taken += BITS;
        self.length = self.length.wrapping_add(u64::from(BITS / 8));
        if self.taken == u64::BITS {
            let word = self.word;
            self.compress(word);
            self.word = 0;
            self.taken = 0;
        }
    }

    /// The hash of all that was taken.
    #[inline]
    pub(super) fn finish(mut self) -> u64 {
        let last = self.word | (self.length << 56);
        self.compress(last);
        self.v2 ^= 0xff;
        self.round();
        self.round();
        self.round();
        self.v0 ^ self.v1 ^ self.v2 ^ self.v3
    }
}

/// The hash of bytes that lie in one piece.
#[inline]
pub(super) fn sip13(bytes: &[u8]) -> u64 {
    let mut state = Sip13::new();
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state.compress(u64::from_le_bytes(*word));
    }
    state.word = partial_word(rest);
    state.length = bytes.len() as u64;
    state.finish()
}

/// Fewer than eight bytes as the low bytes of a word.
///
/// The reads overlap instead of looping: most words of a text end here, and where two reads meet
/// they bring the same bits.
#[inline]
fn partial_word(rest: &[u8]) -> u64 {
    let len = rest.len();
    if let (Some(first), Some(last)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        let low = u64::from(u32::from_le_bytes(*first));
        let high = u64::from(u32::from_le_bytes(*last));
        low | (high << (8 * (len - 4)))
    } else if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
        let middle = u64::from(rest[len / 2]) << (8 * (len / 2));
        u64::from(*first) | middle | (u64::from(*last) << (8 * (len - 1)))
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn streamed(bytes: &[u8]) -> u64 {
        let mut state = Sip13::new();
        for byte in bytes {
            state.push::<8>(u32::from(*byte));
        }
        state.finish()
    }

    #[test]
    fn every_short_length_streams_to_the_same_hash() {
        let bytes: Vec<u8> = (1..=40).map(|n: u8| n.wrapping_mul(37)).collect();
        for end in 0..=bytes.len() {
            assert_eq!(
                streamed(&bytes[..end]),
                sip13(&bytes[..end]),
                "length {end}"
            );
        }
    }

    proptest! {
        #[test]
        fn streaming_and_whole_agree(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert_eq!(streamed(&bytes), sip13(&bytes));
        }

        #[test]
        fn wide_units_hash_as_their_little_endian_bytes(
            units in proptest::collection::vec(any::<u16>(), 0..40),
        ) {
            let mut two = Sip13::new();
            let mut four = Sip13::new();
            for unit in &units {
                two.push::<16>(u32::from(*unit));
                four.push::<32>(u32::from(*unit));
            }
            let two_bytes: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
            let four_bytes: Vec<u8> =
                units.iter().flat_map(|u| u32::from(*u).to_le_bytes()).collect();
            prop_assert_eq!(two.finish(), sip13(&two_bytes));
            prop_assert_eq!(four.finish(), sip13(&four_bytes));
        }
    }
}
