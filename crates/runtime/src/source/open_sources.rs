//! When every source has ended, there is nothing left to run.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the sources of a run that have not ended.
#[derive(Default)]
pub struct OpenSources {
    open: AtomicUsize,
    last: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl OpenSources {
    /// Says how many sources there are; before any of them runs.
    pub fn expect(&self, sources: usize) {
        self.open.store(sources, Ordering::Release);
    }

    /// Says what happens when the last one has ended; before any of them runs.
    pub fn on_all_closed(&self, last: impl Fn() + Send + Sync + 'static) {
        let _ = self.last.set(Box::new(last));
    }

    /// Notes that a source has ended; each says so once.
    pub fn close_one(&self) {
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(last) = self.last.get()
        {
            last();
        }
    }
}

impl fmt::Debug for OpenSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSources")
            .field("open", &self.open)
            .finish()
    }
}
