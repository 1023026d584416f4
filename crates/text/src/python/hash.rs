//! The built-in `hash()` of CPython 3.11 for strings, bytes and numbers, with the seed 0.
//!
//! PySpark chooses the partition of a key by this hash, and the order of every keyed result
//! follows from the partition: one wrong bit and the output differs. The law: for every value
//! that Python can hash the same way twice, the result is CPython's. A NaN is the exception, see
//! [`float_hash`].

use super::siphash::{Sip13, sip13};

/// The modulus of Python's numeric hash on 64-bit machines, the Mersenne prime 2^61 - 1.
const MODULUS: u64 = (1 << MODULUS_BITS) - 1;
const MODULUS_BITS: u32 = 61;

/// CPython 3.11's `hash(s)` of a `str` when `PYTHONHASHSEED` is 0.
///
/// The empty string is 0. Any other is SipHash-1-3 with the zero key over the compact buffer of
/// the string: one byte a character if all are at most U+00FF, else two if all are at most
/// U+FFFF, else four for every character. CPython keeps -1 for errors, so -1 becomes -2.
///
/// Never allocates; an ASCII string is hashed where it lies.
#[must_use]
#[inline]
pub fn str_hash(s: &str) -> i64 {
    if s.is_empty() {
        return 0;
    }
    // In UTF-8 the highest byte tells the width of the widest character: U+0100 begins with C4
    // and U+10000 with F0, and every continuation byte is below both.
    let highest = s.bytes().fold(0, u8::max);
    let hash = match highest {
        0x00..=0x7f => sip13(s.as_bytes()),
        0x80..=0xc3 => units_hash::<8>(s),
        0xc4..=0xef => units_hash::<16>(s),
        0xf0..=0xff => units_hash::<32>(s),
    };
    not_minus_one(hash.cast_signed())
}

/// The hash of the characters of `s` as code units of `BITS` bits.
fn units_hash<const BITS: u32>(s: &str) -> u64 {
    let mut state = Sip13::new();
    for character in s.chars() {
        state.push::<BITS>(u32::from(character));
    }
    state.finish()
}

/// CPython 3.11's `hash(b)` of `bytes` when `PYTHONHASHSEED` is 0; empty bytes are 0.
#[must_use]
#[inline]
pub fn bytes_hash(bytes: &[u8]) -> i64 {
    if bytes.is_empty() {
        return 0;
    }
    not_minus_one(sip13(bytes).cast_signed())
}

/// CPython 3.11's `hash(n)` of an `int`: the sign of `n` times the magnitude modulo 2^61 - 1,
/// and -2 for -1. A `bool` is hashed as 0 or 1.
#[must_use]
#[inline]
pub fn int_hash(n: i128) -> i64 {
    let magnitude = reduce(n.unsigned_abs());
    not_minus_one(if n < 0 { -magnitude } else { magnitude })
}

/// [`int_hash`] for the numbers above `i128::MAX` too.
#[must_use]
#[inline]
pub fn uint_hash(n: u128) -> i64 {
    reduce(n)
}

/// CPython 3.11's `hash(x)` of a `float`.
///
/// A float is hashed like the exact rational number it stands for, so that 2.0 and 2 are one key;
/// the infinities are 314159 and -314159, and -0.0 is 0.
///
/// A NaN is 0 here. CPython 3.10 and later hash a NaN by its address: such a key is in another
/// partition in every run, and there is nothing to be equal to.
#[must_use]
#[inline]
pub fn float_hash(x: f64) -> i64 {
    if x.is_nan() {
        return 0;
    }
    if x.is_infinite() {
        return if x > 0.0 { 314_159 } else { -314_159 };
    }
    const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    let bits = x.to_bits();
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let biased = ((bits >> FRACTION_BITS) & 0x7ff) as i32;
    // Subnormal numbers lack the hidden bit and share the exponent of the smallest normal ones.
    let mantissa = if biased == 0 {
        fraction
    } else {
        fraction | (1 << FRACTION_BITS)
    };
    let exponent = biased.max(1) - 1075;
    // 2^61 is 1 modulo 2^61 - 1, so a power of two only turns the 61 bits round. The mantissa has
    // 53 of them and never fills the ring, so the result is below the modulus.
    let turn = exponent.rem_euclid(MODULUS_BITS as i32) as u32;
    let low = (mantissa << turn) & MODULUS;
    let magnitude = (low | (mantissa >> (MODULUS_BITS - turn))).cast_signed();
    not_minus_one(if x < 0.0 { -magnitude } else { magnitude })
}

/// `n` modulo 2^61 - 1.
#[inline]
fn reduce(n: u128) -> i64 {
    let modulus = u128::from(MODULUS);
    // 2^61 is 1 under this modulus: the number is the sum of its 61-bit digits, and after one
    // more fold at most one modulus too large.
    let digits = (n & modulus) + ((n >> MODULUS_BITS) & modulus) + (n >> (2 * MODULUS_BITS));
    let digits = digits as u64;
    let folded = (digits & MODULUS) + (digits >> MODULUS_BITS);
    let residue = if folded >= MODULUS {
        folded - MODULUS
    } else {
        folded
    };
    residue.cast_signed()
}

/// -1 tells CPython of an error, so no hash is -1.
#[inline]
fn not_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn modulo(n: u128) -> i64 {
        (n % u128::from(MODULUS)) as i64
    }

    #[test]
    fn minus_one_becomes_minus_two() {
        assert_eq!(int_hash(-1), -2);
        assert_eq!(float_hash(-1.0), -2);
        assert_eq!(not_minus_one(-1), -2);
    }

    #[test]
    fn the_ends_of_the_integers() {
        for n in [
            0,
            1,
            u128::from(MODULUS),
            u128::MAX,
            u128::MAX - 1,
            1 << 122,
            1 << 61,
        ] {
            assert_eq!(uint_hash(n), modulo(n), "{n}");
        }
        assert_eq!(int_hash(i128::MIN), -modulo(1 << 127));
        assert_eq!(int_hash(i128::from(MODULUS) * -3), 0);
    }

    #[test]
    fn nan_is_zero() {
        assert_eq!(float_hash(f64::NAN), 0);
        assert_eq!(float_hash(-f64::NAN), 0);
    }

    proptest! {
        #[test]
        fn no_hash_is_minus_one(s in any::<String>(), n in any::<i128>(), x in any::<f64>()) {
            prop_assert_ne!(str_hash(&s), -1);
            prop_assert_ne!(bytes_hash(s.as_bytes()), -1);
            prop_assert_ne!(int_hash(n), -1);
            prop_assert_ne!(float_hash(x), -1);
        }

        #[test]
        fn latin_text_hashes_as_its_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..50)) {
            let text: String = bytes.iter().copied().map(char::from).collect();
            prop_assert_eq!(str_hash(&text), bytes_hash(&bytes));
        }

        #[test]
        fn integers_are_reduced_by_the_modulus(n in any::<u128>(), shift in 0_u32..128) {
            let n = n >> shift;
            prop_assert_eq!(uint_hash(n), modulo(n));
        }

        #[test]
        fn an_integral_float_hashes_as_its_int(
            n in -(1_i64 << 53)..=(1 << 53),
            zeros in 0_u32..60,
        ) {
            let x = n as f64 * 2.0_f64.powi(zeros as i32);
            prop_assert_eq!(float_hash(x), int_hash(i128::from(n) << zeros));
        }
    }
}
