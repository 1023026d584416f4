//! Python's plain values, and pure Python functions that run on them without an interpreter.
//!
//! A record function of a Python program is lowered by the Python side to a small program as
//! data ([`Function::from_json`]); here it is evaluated over [`Value`]s. The law: a call gives
//! exactly what CPython gives, type and value, or it gives [`Guard`]. Then the caller runs the
//! same record in CPython, so that results, exceptions and tracebacks are Python's own. Guarded
//! is everything that is not modelled: integers beyond 64 bits, a missing index or key, division
//! by zero, an operand of an unexpected type, text operations beyond ASCII that depend on
//! Python's version, and every error. A function that is evaluated has no side effects, so the
//! second run cannot be seen.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![forbid(unsafe_code)]

mod program;
mod run;
mod value;

pub use program::{BadFunction, Function, Shape};
pub use run::Guard;
pub use value::{Dict, Object, Value, set_unpickler};
