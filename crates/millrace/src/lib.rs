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
//! # Where to go on
//!
//! - [`StreamingContext`] makes streams from sockets, files, queues and receivers of your own.
//! - [`guide`] is the way from a first program to state, windows, a restart and tests.
//! - [`DStream`] has the operators; [`guide::operators`] lists them all with what each costs.
//! - [`Rdd`] is one batch, as [`foreach_rdd`](DStream::foreach_rdd) sees it.
//! - [`keys`] are the settings: Spark's names where Spark has one.
//! - [`testing`] runs a program on given batches, without a socket or a clock.
//! - `cargo run --example word_count` and its neighbours in `examples/` are whole programs.
//!
//! Differences from Spark stand in [`guide::differences`], promises of order, memory and failure in
//! `docs/ARCHITECTURE.md` of the repository.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![forbid(unsafe_code)]
#![warn(clippy::must_use_candidate, clippy::return_self_not_must_use)]

pub mod context;
pub mod dstream;
pub mod python;
pub mod testing;

pub use context::StreamingContext;
pub use dstream::{DStream, PrintFormat, StateOptions, StateSpec};
pub use millrace_engine::data::{Data, Key};
pub use millrace_engine::error::{Error, ErrorKind, Result};
pub use millrace_engine::rdd::Rdd;
pub use millrace_engine::shared::{Accumulator, Broadcast};
pub use millrace_engine::shuffle::Values;
pub use millrace_engine::state::State;
pub use millrace_runtime::files::SaveRdd;
pub use millrace_runtime::receiver::{Receiver, ReceiverContext};
pub use millrace_text::Text;
pub use millrace_types::{BatchTime, Conf, Duration, StreamingListener, keys};

/// Reading the checkpoint of a program that does not run.
pub mod checkpoint {
    pub use millrace_runtime::checkpoint::{
        CheckpointReader, Difference, GenerationInfo, GenerationView, RawStoreEntry, StoreEntry,
        StoreSize,
    };
}

/// Events of a run, as a [`StreamingListener`] is told them.
pub mod events {
    pub use millrace_runtime::listener::{ListenerHandle, StatsReportListener};
    pub use millrace_runtime::receiver::InputCounts;
    pub use millrace_types::{
        BatchInfo, CheckpointInfo, OutputOperationInfo, ReceiverInfo, RunProbe, StreamId,
        StreamInputInfo, StreamingEvent,
    };
}

/// Pages for people who write programs: the guide, the operators, the differences from Spark.
///
/// [operators]: crate::guide::operators
/// [differences]: crate::guide::differences
#[cfg(doc)]
#[doc = include_str!("../docs/GUIDE.md")]
pub mod guide {
    // A link of a page leads to a file beside it. The first definition of a link counts, so the
    // definitions here lead to the pages of these docs instead.

    /// All operators of streams and datasets.
    ///
    /// [differences]: crate::guide::differences
    #[doc = include_str!("../docs/OPERATORS.md")]
    pub mod operators {}

    /// Differences from Spark, with their reasons.
    ///
    /// [monitoring]: crate::guide#other-pages
    /// [not-there-yet]: crate::guide#other-pages
    /// [python]: crate::guide#other-pages
    /// [python-differences]: crate::guide#other-pages
    /// [python-failed-batch]: crate::guide#other-pages
    /// [settings]: crate::keys
    /// [sql-differences]: crate::guide#other-pages
    #[doc = include_str!("../docs/DIFFERENCES.md")]
    pub mod differences {}
}

/// Panics of a program's functions as one line.
pub mod panics {
    pub use millrace_engine::panics::message_of as panic_message;
    pub use millrace_runtime::panics::panics_in_one_line;
}

/// Which partition a key belongs to.
pub mod partition {
    pub use millrace_engine::partition::{HashPartitioner, Partitioner, Partitions};
}

/// The chains of narrow operators: the second part of a [`DStream`]'s type, which
/// is written down where a chain is to stay fused across a function.
pub mod pipeline {
    pub use millrace_engine::pipeline::{
        Erased, Filter, FlatMap, FlatMapValues, Lines, Map, MapValues, NodeId, Output, Partition,
        Pipeline, Received, Union, UnionAll,
    };
}

/// The results of an [`Rdd`]'s statistics.
pub mod rdd {
    pub use millrace_engine::rdd::{Histogram, Number, StatCounter};
}

/// Records: the parts of a text, where lines end, the values of a key, and how a record is shown.
pub mod record {
    pub use millrace_engine::json::json_of;
    pub use millrace_engine::poison::show_records;
    pub use millrace_engine::shared::BroadcastValue;
    pub use millrace_engine::shuffle::ValuesIter;
    pub use millrace_text::{LineByte, LineScanner, Split, SplitWhitespace};
}

/// Errors of settings, and the units of time that settings are given in.
pub mod settings {
    pub use millrace_types::{ConfError, ParseDurationError, TimeUnit};
}

/// Sources that are asked for every batch: queues, files, and those of a program's own.
pub mod source {
    pub use millrace_runtime::source::{
        BatchSource, FileOptions, QueueOptions, RddQueue, RunStop, SourceBatch, SourceInput,
        SourcePartition,
    };
}
