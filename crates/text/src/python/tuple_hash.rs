//! PySpark's own hash of a tuple, fed item by item.
//!
//! It is neither the tuple hash that CPython 3.11 has nor the one older versions had, but a
//! recipe inside PySpark, so it stands apart from the built-in hashes. The law: the result is the
//! one PySpark computes with integers of any size, although 64 bits are all that is kept.

use super::hash::str_hash;
use super::portable_hash::{Unhashable, portable_hash};
use serde::ser::{
    Serialize, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

/// The hash of the items of a tuple so far.
///
/// ```
/// use millrace_text::python::{TupleHash, portable_hash, str_hash};
/// let mut hash = TupleHash::new();
/// hash.push(str_hash("a"));
/// hash.push(1);
/// assert_eq!(Ok(hash.finish()), portable_hash(&("a", 1)));
/// ```
#[derive(Debug)]
pub struct TupleHash {
    hash: u64,
    items: u64,
}

impl TupleHash {
    /// Of a tuple without items.
    #[expect(
        clippy::new_without_default,
        reason = "an empty tuple is nothing to default to"
    )]
    #[inline]
    pub fn new() -> Self {
        Self {
            hash: 0x0034_5678,
            items: 0,
        }
    }

    /// A tuple that begins with the name of an enum's variant.
    #[inline]
    pub(super) fn tagged(variant: &str) -> Self {
        let mut tuple = Self::new();
        tuple.push(str_hash(variant));
        tuple
    }

    /// Takes the hash of the next item.
    #[inline]
    pub fn push(&mut self, item: i64) {
        // Python multiplies without bounds and then keeps 63 bits; the bits that wrap away here
        // are among those it drops.
        let mixed = (self.hash ^ item.cast_unsigned()).wrapping_mul(1_000_003);
        self.hash = mixed & i64::MAX.cast_unsigned();
        self.items += 1;
    }

    /// The hash of the whole tuple. It is never negative, and so never -1.
    #[inline]
    #[must_use]
    pub fn finish(self) -> i64 {
        (self.hash ^ self.items).cast_signed()
    }

    #[inline]
    fn push_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
        self.push(portable_hash(value)?);
        Ok(())
    }
}

/// Serde's name for the next item depends on the kind of the compound; the hash does not.
macro_rules! items {
    ($($kind:ident::$method:ident),+) => {$(
        impl $kind for TupleHash {
            type Ok = i64;
            type Error = Unhashable;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
                self.push_value(value)
            }

            #[inline]
            fn end(self) -> Result<i64, Unhashable> {
                Ok(self.finish())
            }
        }
    )+};
}

macro_rules! fields {
    ($($kind:ident),+) => {$(
        impl $kind for TupleHash {
            type Ok = i64;
            type Error = Unhashable;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _name: &'static str,
                value: &T,
            ) -> Result<(), Unhashable> {
                self.push_value(value)
            }

            #[inline]
            fn end(self) -> Result<i64, Unhashable> {
                Ok(self.finish())
            }
        }
    )+};
}

items!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);
fields!(SerializeStruct, SerializeStructVariant);
