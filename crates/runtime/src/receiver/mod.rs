//! From a sender to sealed blocks, on threads of their own.
//!
//! A receiver never occupies a worker: `local[1]` works. A socket of lines fills a buffer and cuts
//! it at line ends; a program's own receiver stores records, which are cut at any place; both are
//! cut at every block interval and when they are full. The tracker knows a block's batch. When
//! the memory budget is spent a receiver waits, and TCP slows the sender; nothing is dropped.

mod block_generator;
mod block_log;
mod budget;
mod counts;
mod custom;
mod dialer;
mod frames;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod ingest;
mod logged;
#[cfg(all(test, shuttle))]
mod model_check;
mod pace;
mod rate;
mod reading_side;
mod receiver_context;
mod records;
mod reports;
mod shared;
mod socket;
mod socket_receiver;
mod supervisor;
mod surroundings;
mod tracker;
mod voice;
mod weight;

pub use block_generator::BlockGenerator;
pub use block_log::{BlockLog, Replayed, ReplayedBatch, WalSync, Written};
pub use budget::{BLOCK_BYTES, Budget};
pub use counts::InputCounters;
pub use counts::InputCounts;
pub use custom::Receiver;
pub use dialer::{DialSettings, Dialer, Fail};
pub use frames::frames;
pub use ingest::Ingest;
pub use logged::stream_of;
pub use rate::RateLimiter;
pub use receiver_context::ReceiverContext;
pub use records::RecordGenerator;
pub use socket::{SocketReceiver, SocketSettings};
pub use socket_receiver::{SocketSource, converted};
pub use supervisor::{SHORTEST_RESTART, Supervisor};
pub use surroundings::{LastEnd, ReceiverSettings, Surroundings};
pub use tracker::{InputSpec, InputTracker};
