//! Sources that are read when a batch is due: queues and directories.
//!
//! They have no receiver and no thread. Their node reads on the thread that runs the batch, with
//! the batch's time; nothing of them waits in memory between batches.

mod batch_source;
mod files;
mod open_sources;
mod plans;
mod queue;
mod ranges;
mod run_stop;
mod source_node;

pub use batch_source::{BatchSource, SourceBatch, SourceInput, SourcePartition};
pub use files::FileOptions;
pub use files::{BinaryFormat, FileNode, FileSettings, Format, LinesFormat, ReaderFormat};
#[cfg(any(test, fuzzing))]
pub(crate) use files::{fuzz_files, fuzz_globs};
pub use open_sources::OpenSources;
pub use queue::QueueNode;
pub use queue::{QueueOptions, RddQueue};
pub(crate) use run_stop::Asked;
pub use run_stop::RunStop;
pub use source_node::SourceNode;
