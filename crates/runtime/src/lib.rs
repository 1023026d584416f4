//! The part of millrace that runs a program: time, receivers and sources, the scheduler, checkpoints and
//! recovery, listeners, files and standard output.
//!
//! The `millrace-engine` crate computes, and the `millrace` crate is what a program writes with.
//! Programs use that one; everything that is public here may change with any version.

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

pub mod browse;
pub mod checkpoint;
pub mod clock;
mod error;
pub mod files;
pub mod graph;
pub mod listener;
pub mod notice;
pub mod panics;
pub mod receiver;
pub mod scheduler;
pub mod source;
pub mod stdout;
mod sync;
pub mod threads;
pub mod zone;

#[cfg(any(test, fuzzing))]
pub mod fuzz;
