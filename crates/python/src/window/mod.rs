//! Batches of windows as values.
//!
//! Python says which batches a window has, for how long they stay, and what becomes of one that failed: PySpark's
//! rules are there. Here the batches are put together, and the functions of the program are
//! called in their lowered forms, on all keys of a batch by one call of Python's.
//!
//! The law: what is made here is what CPython would have made of the same batches, in the same order,
//! or nothing is made. Where a record has no plain form, or a function raises an exception, everything here
//! gives up (`None`), and CPython makes the same batch from the beginning: so exceptions, and
//! which of them comes first, are CPython's. A function that is lowered has no effect, so
//! the second run cannot be seen. Where only the lowered form gives up, CPython is asked about those
//! arguments alone.

mod function;
mod held;
mod noted;
mod part;
mod plain;
mod reduce;
mod slide;
mod through;

pub(crate) use function::RecordFunction;
pub(crate) use held::Held;
pub(crate) use noted::{note_part, note_table};
pub(crate) use plain::is_plain;
