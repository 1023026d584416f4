//! A log's memory of a failure, and the turn to sync.
//!
//! The system tells of a failed sync once. If two threads sync the same file, one is told and
//! the other hears that all is well; so one syncs at a time, and finds the other's failure here
//! before it believes a success of its own.

use millrace_types::Lock;

use crate::error::{Result, WalError};

#[derive(Debug, Default)]
pub(super) struct Gate {
    cause: Lock<Option<String>>,
    syncing: Lock<()>,
}

impl Gate {
    /// The failure that poisoned the log, if one did.
    pub(super) fn check(&self) -> Result<()> {
        match &*self.cause.lock() {
            None => Ok(()),
            Some(cause) => Err(WalError::Poisoned {
                cause: cause.clone(),
            }),
        }
    }

    /// Passes a result on, and remembers it for good if it is a failure.
    pub(super) fn watch<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            let mut cause = self.cause.lock();
            cause.get_or_insert_with(|| error.to_string());
        }
        result
    }

    /// Runs a sync when no other is under way, unless the log is poisoned by then.
    pub(super) fn sync(&self, sync: impl FnOnce() -> Result<()>) -> Result<()> {
        let _alone = self.syncing.lock();
        self.check()?;
        self.watch(sync())
    }
}
