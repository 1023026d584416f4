//! Kafka topics as a direct stream: no receiver, no log of its own. At every batch the range of
//! offsets of each topic partition is fixed; the records of that range are the batch.
//!
//! Which is why every record is in exactly one batch, whatever dies meanwhile: the range is in the
//! checkpoint before its batch runs, and the brokers give the same records for it again. Offsets
//! committed to a consumer group are for other people's tools, and are never read.
//!
//! [`KafkaStreams`] has the calls; `docs/KAFKA.md` has the settings, and says what happens when
//! something goes wrong.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod ahead;
mod brokers;
mod client;
mod error;
mod fault;
mod limit;
mod native;
mod offset_range;
mod options;
mod pid;
mod planner;
mod ranges;
mod rate;
mod reader;
mod record;
mod say;
mod source;
mod start;
mod starting;
mod stream;
mod topics;
mod walk;

pub use error::Error;
pub use offset_range::OffsetRange;
pub use options::KafkaOptions;
pub use ranges::KafkaRanges;
pub use record::{KafkaMessage, KafkaRecord};
pub use source::BatchOffsets;
pub use starting::StartingOffsets;
pub use stream::{KafkaStream, KafkaStreams};
pub use topics::Topics;
