//! Values that stay: no text in them may keep the block that it was cut out of.
//!
//! A block counts against the receivers' budget until the last text of it is gone. A state that
//! is a slice of a line would hold its megabyte for good, and in the end the receiver would wait
//! for ever.

use crate::data::Data;

/// The value with every text in it detached.
#[inline]
pub(super) fn kept<S: Data>(value: S) -> S {
    millrace_text::detached(value)
}
