//! Equality and hash of values as keys: those of a Python dictionary.
//!
//! Numbers of different types are one key when they are equal, as `1`, `1.0` and `True` are. A
//! NaN is equal to a NaN of the same bits: in Python it depends on which object it is.

use std::hash::{Hash, Hasher};

use millrace_text::python::{float_hash, int_hash};
use num_bigint::BigInt;

use super::Value;

impl Value {
    /// The integer that a `bool` or a small `int` is.
    pub(crate) fn as_small(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            Value::Bool(b) => Some(i64::from(*b)),
            _ => None,
        }
    }

    /// The plain value that it counts as.
    fn plain(&self) -> &Value {
        match self {
            Value::Object(object) => object.plain().unwrap_or(self),
            _ => self,
        }
    }
}

/// True if a float is exactly this integer.
pub(crate) fn float_is_int(x: f64, n: i64) -> bool {
    // Exact where it holds: a float that is equal to the rounded integer is integral, and an
    // integral float below 2^127 fits 128 bits.
    x == n as f64 && x as i128 == i128::from(n)
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self.plain(), other.plain()) {
            (Value::None, Value::None) => true,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::Tuple(a), Value::Tuple(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Dict(a), Value::Dict(b)) => a == b,
            (Value::Big(a), Value::Big(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b || a.to_bits() == b.to_bits(),
            (Value::Float(x), Value::Big(n)) | (Value::Big(n), Value::Float(x)) => {
                float_is_big(*x, n)
            }
            (Value::Object(a), Value::Object(b)) => a.equals(b.as_ref()),
            (a, b) => match (a.as_small(), b.as_small()) {
                (Some(a), Some(b)) => a == b,
                (Some(n), None) => matches!(b, Value::Float(x) if float_is_int(*x, n)),
                (None, Some(n)) => matches!(a, Value::Float(x) if float_is_int(*x, n)),
                (None, None) => false,
            },
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.plain() {
            Value::None => state.write_u8(1),
            Value::Str(text) => text.hash(state),
            Value::Bytes(bytes) => bytes.hash(state),
            Value::Float(x) if x.is_nan() => state.write_u64(x.to_bits()),
            Value::Float(x) => state.write_i64(float_hash(*x)),
            Value::Big(n) => state.write_i64(big_hash(n)),
            Value::Tuple(items) => {
                state.write_u8(2);
                for item in items.iter() {
                    item.hash(state);
                }
            }
            Value::List(items) => {
                state.write_u8(3);
                for item in items.iter() {
                    item.hash(state);
                }
            }
            // Whose order does not count.
            Value::Dict(items) => state.write_usize(items.len()),
            Value::Object(object) => state.write_i64(object.hash()),
            small => state.write_i64(int_hash(i128::from(small.as_small().unwrap_or(0)))),
        }
    }
}

/// Python's `hash` of an integer of any size: its absolute value modulo 2^61 - 1, with its sign.
fn big_hash(n: &BigInt) -> i64 {
    const MODULUS: i64 = (1 << 61) - 1;
    match i64::try_from(n % MODULUS) {
        Ok(-1) => -2,
        Ok(hash) => hash,
        Err(_) => unreachable!("a remainder is below its modulus"),
    }
}

/// True if a float is exactly this integer.
fn float_is_big(x: f64, n: &BigInt) -> bool {
    if !x.is_finite() || x.fract() != 0.0 {
        return false;
    }
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64 - 1075;
    let mantissa = (bits & ((1 << 52) - 1) | 1 << 52) as i64;
    // An integer beyond 64 bits has a float above 2^63: the exponent is positive.
    exponent > 0 && {
        let whole = BigInt::from(if x < 0.0 { -mantissa } else { mantissa });
        whole << exponent.unsigned_abs() == *n
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    fn same(a: &Value, b: &Value) -> bool {
        let state =
            std::hash::BuildHasherDefault::<std::collections::hash_map::DefaultHasher>::new();
        if a == b {
            assert_eq!(state.hash_one(a), state.hash_one(b), "{a:?} {b:?}");
        }
        a == b
    }

    #[test]
    fn numbers_that_python_holds_equal_are_one_key() {
        assert!(same(&Value::Int(1), &Value::Bool(true)));
        assert!(same(&Value::Int(1), &Value::Float(1.0)));
        assert!(same(&Value::Float(0.0), &Value::Float(-0.0)));
        assert!(same(
            &Value::tuple([Value::Int(1)]),
            &Value::tuple([Value::Float(1.0)])
        ));
        assert!(!same(&Value::Int(i64::MAX), &Value::Float(i64::MAX as f64)));
        assert!(!same(
            &Value::Int((1 << 53) + 1),
            &Value::Float((1_i64 << 53) as f64)
        ));
        let big = Value::integer(BigInt::from(1) << 70);
        assert!(same(&big, &Value::Float(2f64.powi(70))));
        assert!(!same(&big, &Value::Float(2f64.powi(71))));
        assert!(!same(&Value::str("1"), &Value::Int(1)));
        assert!(!same(&Value::None, &Value::Int(0)));
    }
}
