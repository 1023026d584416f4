//! Values as CPython 3.11 sees them: the hash that chooses a partition and the text that `print`
//! shows.
//!
//! Output has to be PySpark's byte for byte, and two things of Python reach it: the partition of a
//! key decides the order of keyed results, and `str` and `repr` decide how an element looks. A
//! value takes part by being serialisable: serde's data model is mapped to Python's types. The
//! law: all here is CPython 3.11's with `PYTHONHASHSEED=0` and Unicode 14.0; where Rust has values
//! that Python lacks, the item that meets them says what is done.

#![forbid(unsafe_code)]

mod decimal;
mod float;
mod hash;
mod portable_hash;
mod printable;
mod printable_table;
mod repr;
mod siphash;
mod tuple_hash;
mod value;

#[cfg(test)]
mod model;
#[cfg(test)]
mod vectors;

pub(crate) use decimal::{Decimal, Float};
pub use hash::{bytes_hash, float_hash, int_hash, str_hash, uint_hash};
pub use portable_hash::{Unhashable, partition_of, portable_hash};
pub use repr::write_repr_str;
pub use tuple_hash::TupleHash;
pub use value::{Unprintable, write_repr, write_str};
