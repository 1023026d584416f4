//! The floor of durability: bytes that are still there after a crash.
//!
//! It knows bytes, frames and files, and nothing of keys, types, batches or streams. The
//! contents of a frame are its caller's business; that it is the same frame when it is read again,
//! in the same place, is the business of this crate. The layouts stand in `docs/DURABILITY.md`,
//! byte by byte, and that page is the norm.
//!
//! The laws:
//!
//! - **Never a wrong frame.** Every frame carries a sum over its bytes, its place and its file.
//!   What a crash leaves at the end of a log is cut; what a crash cannot have done is refused
//!   with file and offset. Nothing is guessed at.
//! - **Reading never writes.** Recovery looks at everything, decides, then acts. A damaged file
//!   is left as it is.
//! - **A failed write or sync is never tried again.** The system may have dropped the bytes and
//!   call the next sync a success. A log that saw one is poisoned.
//! - **A name stands for a whole file.** Files are written under a temporary name and renamed
//!   when they are durable, segments of a log included.
//!
//! ```
//! use std::sync::Arc;
//! use millrace_wal::{Disk, LogOptions, Position, SegmentLog, Storage};
//!
//! # let directory = tempfile::tempdir().unwrap();
//! # let directory = directory.path();
//! let storage: Arc<dyn Storage> = Arc::new(Disk);
//! let options = LogOptions::new("blocks", 1, 42);
//! let (mut log, _) =
//!     SegmentLog::open(&storage, directory, options.clone(), Position::START, |_, _| Ok(()))?;
//! log.append(7, b"first")?;
//! log.append(7, b"second")?;
//! log.sync()?; // from here on both survive anything
//! drop(log);
//!
//! let mut seen = Vec::new();
//! SegmentLog::open(&storage, directory, options, Position::START, |_, frame| {
//!     seen.push(frame.payload.to_vec());
//!     Ok(())
//! })?;
//! assert_eq!(seen, [b"first".to_vec(), b"second".to_vec()]);
//! # Ok::<(), millrace_wal::WalError>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![forbid(unsafe_code)]

mod atomic;
mod error;
mod failpoint;
mod frame;
#[cfg(any(test, all(fuzzing, feature = "testing")))]
pub mod fuzz;
mod header;
mod lock;
mod log;
mod reader;
mod sealed;
mod sealed_reader;
mod storage;

pub use atomic::{AtomicFile, is_temporary, remove_temporaries, write_atomically};
pub use error::{Result, WalError};
pub use failpoint::{FAILPOINTS, failpoint, failpoint_is_set};
pub use frame::{FRAME_HEADER_LEN, Frame, FrameWriter, MAX_PAYLOAD};
pub use header::{FORMAT_VERSION, FileHeader, HEADER_LEN};
pub use lock::{DirectoryLock, LOCK_FILE};
pub use log::{
    LogOptions, OpenLog, PendingSync, Position, Replay, SegmentLog, Synced, list_segments,
    read_frame, read_log, segment_name,
};
pub use reader::{FrameReader, Next};
pub use sealed::{END_KIND, SealedWriter, read_sealed};
pub use sealed_reader::{FramePlace, SealedReader};
#[cfg(any(test, feature = "testing"))]
pub use storage::{CrashImage, Fault, Faulty, SECTOR_LEN};
pub use storage::{Disk, HeldLock, LockAttempt, Storage, StorageFile};
