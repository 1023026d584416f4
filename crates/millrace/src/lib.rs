//! Spark Streaming's DStream model as a multi-threaded, data-parallel engine.
//!
//! A program describes streams of small batches and what is done with each; the engine receives,
//! cuts, computes on all cores and prints, byte for byte what PySpark 3.5 would print.
//!
//! ```no_run
//! use millrace::{Conf, Duration, StreamingContext};
//!
//! fn main() -> millrace::Result<()> {
//!     let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
//!     let lines = ssc.socket_text_stream("localhost", 9999);
//!     let counts = lines
//!         .flat_map(|line| line.split(" "))
//!         .map(|word| (word, 1_i64))
//!         .reduce_by_key(|a, b| a + b);
//!     counts.print();
//!     ssc.start()?;
//!     ssc.await_termination()
//! }
//! ```
//!
//! [`StreamingContext`] makes streams, [`DStream`] has the operators, [`Rdd`] is one batch as
//! `foreach_rdd` sees it, [`testing`] runs a program on given batches without a socket or a
//! clock. What is promised of order, memory and failure stands in `docs/ARCHITECTURE.md`; where
//! Spark does otherwise, in `docs/DIFFERENCES.md`.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(clippy::must_use_candidate, clippy::return_self_not_must_use)]

mod context;
mod dstream;

pub mod python;
pub mod testing;

pub use context::{ActiveOrCreated, ContextState, InputStream, StopHandle, StreamingContext};
pub use dstream::{
    DStream, MapWithStateDStream, Notes, PrintFormat, StateOptions, StateSpec, show,
};
pub use millrace_engine::data::{Data, Key};
pub use millrace_engine::error::{Error, ErrorKind, Result};
pub use millrace_engine::json::json_of;
pub use millrace_engine::panics::message_of as panic_message;
pub use millrace_engine::partition::{HashPartitioner, Partitioner, Partitions};
pub use millrace_engine::pipeline::{
    Boxed, Filter, FlatMap, FlatMapValues, Lines, Map, MapValues, NodeId, Output, Partition,
    Pipeline, Received, Union, UnionAll,
};
pub use millrace_engine::poison::show_records;
pub use millrace_engine::rdd::{Histogram, Number, Rdd, StatCounter};
pub use millrace_engine::shared::{Accumulator, Broadcast, BroadcastValue};
pub use millrace_engine::shuffle::{Values, ValuesIter};
pub use millrace_engine::state::State;
pub use millrace_runtime::checkpoint::{
    CheckpointReader, Difference, GenerationInfo, GenerationView, RawStoreEntry, StoreEntry,
    StoreSize,
};
pub use millrace_runtime::files::SaveRdd;
pub use millrace_runtime::listener::{ListenerHandle, StatsReportListener};
pub use millrace_runtime::panics::panics_in_one_line;
pub use millrace_runtime::receiver::{InputCounts, Receiver, ReceiverContext};
pub use millrace_runtime::source::{
    BatchSource, FileOptions, QueueOptions, RddQueue, RunStop, SourceBatch, SourceInput,
    SourcePartition,
};
pub use millrace_text::{Split, SplitWhitespace, Text};
pub use millrace_types::{
    BatchInfo, BatchTime, CheckpointInfo, Conf, ConfError, Duration, OutputOperationInfo,
    ParseDurationError, ReceiverInfo, RunProbe, StreamId, StreamInputInfo, StreamingEvent,
    StreamingListener, TimeUnit, keys,
};
