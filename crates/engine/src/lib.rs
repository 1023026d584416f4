//! The part of millrace that computes: datasets, workers, shuffles, stores of state and windows.
//!
//! Nothing here knows what time it is, opens a file or a socket, or starts a thread but the
//! workers: that is `millrace-runtime`'s. Programs use neither of the two but the `millrace`
//! crate, which shows what they need; what else is public here may change with any version.
//!
//! The way of a record: a `pipeline` (one loop for all narrow operators) reads it from a block,
//! a `stage` combines it on a worker (`exec`), the `shuffle` moves it to its shard, and a shard is
//! a partition of an `rdd`, or is merged into a store (`state`, `window`), whose changes are what
//! `durable` writes down.

#![allow(
    missing_debug_implementations,
    unnameable_types,
    clippy::len_without_is_empty,
    clippy::new_without_default,
    clippy::should_implement_trait,
    reason = "for the crates above alone: whatever the millrace crate shows has Debug"
)]
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(clippy::must_use_candidate, clippy::return_self_not_must_use)]

pub mod data;
pub mod durable;
pub mod error;
pub mod exec;
pub mod json;
pub mod keyed;
mod order;
pub mod panics;
pub mod partition;
pub mod pipeline;
pub mod poison;
pub mod python;
pub mod rdd;
pub mod role;
pub mod shared;
pub mod shuffle;
pub mod stage;
pub mod state;
pub mod store;
pub mod thread_group;
pub mod window;

#[cfg(any(test, fuzzing))]
pub mod fuzz;
