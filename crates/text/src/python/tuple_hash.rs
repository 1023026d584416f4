//! PySpark's own hash of a tuple, fed item by item.
//!
//! It is neither the tuple hash that CPython 3.11 has nor the one older versions had, but a
//! recipe inside PySpark, so it stands apart from the built-in hashes. The law: the result is the
//! one PySpark computes with integers of any size, although 64 bits are all that is kept.

use super::hash::str_hash;
use super::portable_hash::{Unhashable, portable_hash};
use crate::serializing::{takes_fields, takes_items};
use serde::ser::Serialize;

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
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
        self.push(portable_hash(value)?);
        Ok(())
    }

    #[inline]
    fn close(self) -> Result<i64, Unhashable> {
        Ok(self.finish())
    }
}

takes_items!(TupleHash => i64, Unhashable);
takes_fields!(TupleHash => i64, Unhashable; SerializeStruct, SerializeStructVariant);
