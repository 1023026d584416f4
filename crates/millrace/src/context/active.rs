//! One active context in a process (Spark 3.5's rule): the place that it takes when it starts
//! and leaves when its run has ended.

use std::panic::Location;
use std::sync::{Arc, MutexGuard, Weak};

use millrace_engine::error::{Error, Result};
use millrace_runtime::scheduler::Engine;
use millrace_types::Lock;

use super::{StopHandle, StreamingContext};

static ACTIVE: Lock<Option<Active>> = Lock::new(None);

struct Active {
    /// Nothing before the threads are about to start.
    engine: Weak<Engine>,
    started_at: &'static Location<'static>,
}

fn active() -> MutexGuard<'static, Option<Active>> {
    ACTIVE.lock()
}

/// The place of the context that is active. It is left when this goes.
pub(super) struct ActiveSlot(());

impl ActiveSlot {
    /// Takes the place for a context that is started at `caller`.
    ///
    /// # Errors
    /// If another one has it (Spark's words).
    pub(super) fn take(caller: &'static Location<'static>) -> Result<ActiveSlot> {
        let mut active = active();
        if let Some(other) = &*active {
            return Err(Error::illegal(format!(
                "Only one StreamingContext may be started in this process. Currently running \
                 StreamingContext was started at {}",
                other.started_at
            )));
        }
        *active = Some(Active {
            engine: Weak::new(),
            started_at: caller,
        });
        Ok(ActiveSlot(()))
    }

    /// Says what runs.
    pub(super) fn fill(&self, engine: &Arc<Engine>) {
        if let Some(active) = &mut *active() {
            active.engine = Arc::downgrade(engine);
        }
    }
}

impl Drop for ActiveSlot {
    fn drop(&mut self) {
        *active() = None;
    }
}

impl StreamingContext {
    /// A handle on the context that is active in this process, if one is (Spark: `getActive`):
    /// whoever did not make it can still stop it.
    ///
    /// ```
    /// assert!(millrace::StreamingContext::get_active().is_none());
    /// ```
    #[must_use]
    pub fn get_active() -> Option<StopHandle> {
        let engine = active().as_ref()?.engine.upgrade()?;
        Some(StopHandle {
            engine: Some(engine),
        })
    }
}
