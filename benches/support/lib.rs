//! The part that the measuring programs share.
//!
//! A figure is worth something only next to another figure taken on the same
//! bytes in the same run, so the bytes are made here (nothing is downloaded,
//! the same everywhere), and time, memory and counts are reported in one way.

pub mod args;
pub mod checksum;
pub mod corpus;
mod draw;
pub mod keyed;
pub mod usage;
mod vocabulary;
