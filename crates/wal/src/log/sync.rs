//! A sync in steps, so that frames are appended while the disk works.

use std::path::PathBuf;
use std::sync::Arc;

use super::Position;
use super::gate::Gate;
use crate::error::{Result, WalError};
use crate::failpoint::failpoint;
use crate::storage::StorageFile;

/// A sync that is prepared. It needs the log no more, and may run on another thread.
#[derive(Debug)]
#[must_use = "nothing is durable before it runs"]
pub struct PendingSync {
    pub(super) gate: Arc<Gate>,
    pub(super) file: Option<Arc<dyn StorageFile>>,
    pub(super) path: PathBuf,
    pub(super) end: Position,
}

/// A sync that succeeded.
#[derive(Debug)]
#[must_use = "the log has to be told, by complete_sync"]
pub struct Synced {
    pub(super) end: Position,
}

impl PendingSync {
    /// Waits for the disk. Everything that was appended before it was prepared is durable then.
    ///
    /// # Errors
    /// Any error of the file system, by which the log is poisoned, and the failure of another
    /// sync.
    pub fn run(self) -> Result<Synced> {
        if let Some(file) = &self.file {
            failpoint("wal.sync.before");
            self.gate.sync(|| {
                file.sync_data()
                    .map_err(|source| WalError::io("cannot sync", &self.path, source))
            })?;
            failpoint("wal.sync.after");
        }
        Ok(Synced { end: self.end })
    }
}

impl Synced {
    /// Up to where the log is durable by this sync.
    pub fn end(&self) -> Position {
        self.end
    }
}
