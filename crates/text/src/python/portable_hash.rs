//! PySpark's `portable_hash`, which decides the partition of every key.
//!
//! PySpark has its own recipe for tuples and leaves all else to Python's `hash()`. Keys here are
//! any value that serde can serialise; what Python value such a key stands for is told by
//! [`portable_hash`]. The law: keys that are equal in Python have equal hashes here, and the hash
//! is the one PySpark 3.5 computes on CPython 3.11 with `PYTHONHASHSEED=0`.

use super::hash::{bytes_hash, float_hash, int_hash, str_hash, uint_hash};
use super::tuple_hash::TupleHash;
use serde::ser::{Impossible, Serialize, Serializer};
use std::fmt;
use std::num::NonZeroU32;

/// PySpark 3.5's `portable_hash(value)` on CPython 3.11 with `PYTHONHASHSEED=0`.
///
/// | serde's data model | Python | hash |
/// |---|---|---|
/// | bool, integers up to 128 bits | `bool`, `int` | of the int |
/// | f32, f64 | `float` | of the float; an f32 is widened first; a NaN is 0 |
/// | str, char, unit variant (its name) | `str` | SipHash-1-3 |
/// | bytes | `bytes` | SipHash-1-3 |
/// | `None` | `None` | 0 |
/// | `Some(x)`, newtype struct | x | of x |
/// | `()`, unit struct | the empty tuple | 3430008 |
/// | tuple, tuple struct, struct (its fields in order) | `tuple` | PySpark's tuple rule |
/// | seq | `tuple` | PySpark's tuple rule |
/// | any other variant | `tuple` of the variant's name and its content | PySpark's tuple rule |
/// | map | `dict` | none |
///
/// A seq stands for a tuple because a Rust `Vec` can be a key, while a Python list cannot.
///
/// # Errors
///
/// [`Unhashable`] if the value is or holds a map, as Python cannot hash a `dict`, or if the
/// value's own `Serialize` fails.
///
/// # Examples
///
/// ```
/// use millrace_text::python::{partition_of, portable_hash};
///
/// let hash = portable_hash("spark")?;
/// assert_eq!(hash, 226_417_650_480_810_963);
/// assert_eq!(partition_of(hash, 4.try_into()?), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub fn portable_hash<T: Serialize + ?Sized>(value: &T) -> Result<i64, Unhashable> {
    value.serialize(PortableHasher)
}

/// The partition of a key: Python's `hash % partitions`, which is never negative.
#[must_use]
#[inline]
pub fn partition_of(hash: i64, partitions: NonZeroU32) -> usize {
    hash.rem_euclid(i64::from(partitions.get())) as usize
}

/// Why a value has no hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhashable {
    reason: Box<str>,
}

impl Unhashable {
    #[cold]
    fn dict() -> Self {
        Self {
            reason: "unhashable type: 'dict'".into(),
        }
    }
}

impl fmt::Display for Unhashable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unhashable {}

impl serde::ser::Error for Unhashable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            reason: message.to_string().into(),
        }
    }
}

macro_rules! hash_integers {
    ($($hash:ident: $($method:ident($int:ty)),+;)+) => {$($(
        #[inline]
        fn $method(self, n: $int) -> Result<i64, Unhashable> {
            Ok($hash(n.into()))
        }
    )+)+};
}

/// The hash of one value.
#[derive(Debug)]
struct PortableHasher;

impl Serializer for PortableHasher {
    type Ok = i64;
    type Error = Unhashable;
    type SerializeSeq = TupleHash;
    type SerializeTuple = TupleHash;
    type SerializeTupleStruct = TupleHash;
    type SerializeTupleVariant = TupleHash;
    type SerializeMap = Impossible<i64, Unhashable>;
    type SerializeStruct = TupleHash;
    type SerializeStructVariant = TupleHash;

    #[inline]
    fn serialize_bool(self, v: bool) -> Result<i64, Unhashable> {
        Ok(i64::from(v))
    }

    hash_integers! {
        int_hash: serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
            serialize_i128(i128), serialize_u8(u8), serialize_u16(u16), serialize_u32(u32),
            serialize_u64(u64);
        uint_hash: serialize_u128(u128);
    }

    #[inline]
    fn serialize_f32(self, v: f32) -> Result<i64, Unhashable> {
        Ok(float_hash(v.into()))
    }

    #[inline]
    fn serialize_f64(self, v: f64) -> Result<i64, Unhashable> {
        Ok(float_hash(v))
    }

    #[inline]
    fn serialize_char(self, v: char) -> Result<i64, Unhashable> {
        Ok(str_hash(v.encode_utf8(&mut [0; 4])))
    }

    #[inline]
    fn serialize_str(self, v: &str) -> Result<i64, Unhashable> {
        Ok(str_hash(v))
    }

    #[inline]
    fn serialize_bytes(self, v: &[u8]) -> Result<i64, Unhashable> {
        Ok(bytes_hash(v))
    }

    #[inline]
    fn serialize_none(self) -> Result<i64, Unhashable> {
        Ok(0)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<i64, Unhashable> {
        portable_hash(value)
    }

    #[inline]
    fn serialize_unit(self) -> Result<i64, Unhashable> {
        Ok(TupleHash::new().finish())
    }

    #[inline]
    fn serialize_unit_struct(self, _name: &'static str) -> Result<i64, Unhashable> {
        Ok(TupleHash::new().finish())
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<i64, Unhashable> {
        Ok(str_hash(variant))
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<i64, Unhashable> {
        portable_hash(value)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<i64, Unhashable> {
        let mut tuple = TupleHash::tagged(variant);
        tuple.push(portable_hash(value)?);
        Ok(tuple.finish())
    }

    #[inline]
    fn serialize_seq(self, _len: Option<usize>) -> Result<TupleHash, Unhashable> {
        Ok(TupleHash::new())
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<TupleHash, Unhashable> {
        Ok(TupleHash::new())
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<TupleHash, Unhashable> {
        Ok(TupleHash::new())
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<TupleHash, Unhashable> {
        Ok(TupleHash::tagged(variant))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap, Unhashable> {
        Err(Unhashable::dict())
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<TupleHash, Unhashable> {
        Ok(TupleHash::new())
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<TupleHash, Unhashable> {
        Ok(TupleHash::tagged(variant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::{Event, Marker, Place, Wrapper};
    use proptest::prelude::*;
    use serde::Serialize;
    use std::collections::BTreeMap;

    fn hash<T: Serialize>(value: T) -> i64 {
        portable_hash(&value).expect("hashable")
    }

    #[test]
    fn rust_types_hash_as_the_python_values_they_stand_for() {
        assert_eq!(hash(Some("a")), hash("a"));
        assert_eq!(hash('a'), hash("a"));
        assert_eq!(hash('\u{1f600}'), hash("\u{1f600}"));
        assert_eq!(hash(Marker), hash(()));
        assert_eq!(hash(Wrapper("a")), hash("a"));
        assert_eq!(hash(Place { row: 1, name: "a" }), hash((1, "a")));
        assert_eq!(hash(vec![1, 2]), hash((1, 2)));
        assert_eq!(hash(Vec::<i32>::new()), hash(()));
        assert_eq!(hash(Event::Tick), hash("Tick"));
        assert_eq!(hash(Event::Word("a")), hash(("Word", "a")));
        assert_eq!(hash(Event::Move(1, 2)), hash(("Move", 1, 2)));
        assert_eq!(hash(Event::Put { at: 1 }), hash(("Put", 1)));
        assert_eq!(hash(0.1_f32), hash(f64::from(0.1_f32)));
    }

    #[test]
    fn values_that_python_holds_equal_have_one_hash() {
        assert_eq!(hash(true), hash(1_u8));
        assert_eq!(hash(1.0), hash(1_i128));
        assert_eq!(hash(u128::MAX), int_hash(i128::MAX) * 2 + 1);
        assert_eq!(hash((1, "a")), hash((1.0, "a")));
    }

    #[test]
    fn a_map_anywhere_is_unhashable() {
        let map = BTreeMap::from([(1, 2)]);
        let refusal = portable_hash(&map).expect_err("a dict");
        assert_eq!(refusal.to_string(), "unhashable type: 'dict'");
        assert_eq!(portable_hash(&("a", Some(vec![map]))), Err(refusal));
    }

    #[test]
    fn a_value_that_refuses_to_be_serialised_is_quoted() {
        let cell = std::cell::RefCell::new(1);
        let _borrow = cell.borrow_mut();
        let refusal = portable_hash(&(1, &cell)).expect_err("borrowed");
        assert!(refusal.to_string().contains("borrowed"), "{refusal}");
    }

    proptest! {
        #[test]
        fn a_partition_is_in_range_and_congruent(hash in any::<i64>(), n in 1..=u32::MAX) {
            let partitions = NonZeroU32::new(n).expect("positive");
            let partition = partition_of(hash, partitions);
            prop_assert!(partition < n as usize);
            prop_assert_eq!((i128::from(hash) - partition as i128) % i128::from(n), 0);
        }

        #[test]
        fn no_hash_is_minus_one(key in any::<(String, i64, Option<bool>, Vec<f64>)>()) {
            prop_assert_ne!(hash(key.0.as_str()), -1);
            prop_assert_ne!(hash(key.1), -1);
            prop_assert_ne!(hash(&key), -1);
        }
    }
}
