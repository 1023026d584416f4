//! The strings of millrace.
//!
//! Nearly every record of a streaming program is a short piece of text cut out of a large block
//! of bytes. [`Text`] is made for that: sixteen bytes, words inline, longer text as a counted
//! slice of its block, so that cutting a megabyte into words allocates nothing. [`Buffer`] is
//! what a receiver fills, [`Block`] what it becomes when it is sealed. [`python`] and [`java`]
//! hold what those two make of text and values: the hash that decides a key's partition, the
//! repr that is printed, the replacement of malformed UTF-8.
//!
//! This crate starts no threads, opens no files and knows nothing of streams.

#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(not(all(target_endian = "little", target_pointer_width = "64")))]
compile_error!("millrace needs a little-endian 64-bit machine: a Text is laid out for one");

mod block;
mod count;
mod ends;
pub mod line_rule;
mod lines;
mod mask;
#[cfg(all(test, shuttle))]
mod model_check;
mod scribe;
mod serde;
mod serializing;
#[cfg(test)]
mod shapes;
mod split;
mod split_whitespace;
mod text;

#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod java;
pub mod python;

pub use block::{Block, Buffer, BufferHost};
pub use line_rule::{LineByte, LineScanner};
pub use scribe::Scribe;
pub use split::Split;
pub use split_whitespace::SplitWhitespace;
pub use text::{Text, can_hold_text, detached};
