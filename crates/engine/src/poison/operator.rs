//! Which operator's work a thread does: datasets that are made meanwhile are read in its name.

use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    static RUNNING: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// A thread's work for an operator: the thread works for that operator until this is dropped.
pub struct Operator(Option<Arc<str>>);

impl Operator {
    /// Begins the work of the operator that error messages call `name`.
    #[must_use]
    pub fn begin(name: &str) -> Operator {
        Operator(RUNNING.replace(Some(Arc::from(name))))
    }

    /// The operator that this thread works for.
    pub fn running() -> Arc<str> {
        let running = RUNNING.with_borrow(Clone::clone);
        running.unwrap_or_else(|| Arc::from("outside of a batch"))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        RUNNING.set(self.0.take());
    }
}
