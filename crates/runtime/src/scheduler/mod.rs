//! Time and turns: when a batch ends, and that batches run one after the other.
//!
//! Two threads. `millrace-generator` waits for the tick, cuts the open blocks and allocates
//! them; it also runs the protocol of stopping. `millrace-jobs` runs the batches, in time
//! order, output after output. A late batch keeps its own time; ticks are never skipped
//! (Spark 3.5). Ticks that were missed are only counted, and made batches when it is their
//! turn.
//!
//! Stopping, by the generator:
//!
//! 1. receivers are told to stop, and waited for; each seals what it has read. One that does not
//!    end in time is left behind;
//! 2. with grace, what is in no batch yet becomes one more batch, labelled with the next tick
//!    and run at once;
//! 3. the jobs thread runs what is queued (without grace it drops it) and ends; with grace it
//!    passes over ticks without input, unless something in the program counts batches;
//! 4. listeners get what is left for them, and end or are left behind; whoever waits is told, of
//!    an error before that.

mod dead_letters;
mod engine;
mod generator;
mod jobs;
mod map_tasks;
mod pace;
mod queue;
mod run_state;
mod start;
#[cfg(test)]
mod trial;

pub use crate::clock::{Clock, ManualClock, SystemClock};
pub use dead_letters::DeadLetters;
pub use engine::{Engine, FirstBatch};
pub use generator::submit;
pub(crate) use pace::Span;
pub use queue::{BatchQueue, Ticks};
pub use run_state::{RunState, StopMode};
pub use start::start;
