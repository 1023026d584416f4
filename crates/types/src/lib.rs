//! The words every floor of millrace shares: time, sizes, configuration, the
//! master string, identifiers and the events of a running stream.
//!
//! They stand in a crate of their own so that the command line and the pages
//! that watch a run can speak of a batch or a setting without knowing the
//! engine. Nothing here starts a thread, opens a file or depends on another
//! crate.
//!
//! Where Spark 3.5 has a rule for how something is written or counted, that
//! rule is kept, and the item that keeps it says so.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![forbid(unsafe_code)]

mod batch_time;
mod byte_size;
mod conf;
mod counted;
mod duration;
mod events;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod host;
mod ids;
pub mod keys;
mod listener;
mod location;
mod lock;
mod master;
mod one_line;
mod pauses;
mod probe;
mod quantity;
mod reason;
mod value_kind;

pub use batch_time::BatchTime;
pub use byte_size::{ByteSize, ByteUnit, ParseByteSizeError};
pub use conf::{Conf, ConfError, REDACTED, redacted};
pub use counted::counted;
pub use duration::{Duration, ParseDurationError, TimeUnit};
pub use events::{
    BatchInfo, CheckpointInfo, EpochMillis, OutputOperationInfo, ReceiverInfo, StreamInputInfo,
    StreamingEvent,
};
pub use host::{Host, HostError};
pub use ids::{BlockId, StreamId};
pub use keys::Key;
pub use listener::StreamingListener;
pub use location::{LocationError, local_path};
pub use lock::{Lock, Wakeup};
pub use master::{Master, MasterError, Threads};
pub use one_line::one_line;
pub use pauses::{Pauses, Repeated};
pub use probe::{
    KeptRecord, LastRecords, RunFigures, RunProbe, StateFound, StateSearch, StoreFigures,
};
pub use reason::reason;
pub use value_kind::ValueKind;
