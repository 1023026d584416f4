//! Python's plain values, without an interpreter.
//!
//! A Python program's records cross the engine as [`Value`]s: what is of an exact builtin type
//! has its own form, equality and hash are those of Python's dictionary keys, and what only the
//! interpreter can look into is an [`Object`].

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![forbid(unsafe_code)]

mod value;

pub use value::{Dict, Object, Value, set_unpickler};
