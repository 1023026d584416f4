//! Values that the program shares with the functions that run on the workers: values that they
//! read ([`Broadcast`]) and sums that they add to ([`Accumulator`]).
//!
//! On one machine a closure may capture an `Arc` just as well. These are Spark's names for it,
//! and they keep a promise that an `Arc<Mutex<_>>` does not: workers that add do not wait for
//! each other.

mod accumulator;
mod broadcast;

pub use accumulator::Accumulator;
pub use broadcast::{Broadcast, BroadcastValue};
