//! From a socket to sealed blocks, on threads of their own.
//!
//! A receiver never occupies a worker: `local[1]` works. It fills a buffer, cuts it at line
//! ends at every block interval or when it is full, and hands the block to the tracker, which
//! knows its batch. When the memory budget is spent it stops reading, and TCP slows the sender;
//! nothing is dropped.

mod block_generator;
mod block_log;
mod budget;
mod socket;
mod tracker;

pub(crate) use block_generator::BlockGenerator;
pub(crate) use budget::Budget;
pub(crate) use socket::{SocketReceiver, SocketSettings};
pub(crate) use tracker::{InputSpec, InputTracker};
