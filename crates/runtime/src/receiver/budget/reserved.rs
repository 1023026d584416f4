//! Bytes of the budget that belong to records and not to a buffer.

use std::sync::Arc;

use super::Budget;

/// Counts against its budget until it is dropped.
pub(crate) struct Reserved {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    /// `bytes` of the budget, when it allows them, or at once when it is closed.
    pub(crate) fn wait_for_bytes(self: &Arc<Self>, bytes: u64) -> Reserved {
        self.wait(0, bytes).used += bytes;
        Reserved {
            budget: Arc::clone(self),
            bytes,
        }
    }

    /// Part of the budget at once, for what is there already.
    pub(crate) fn bytes_now(self: &Arc<Self>, bytes: u64) -> Reserved {
        self.state.lock().used += bytes;
        Reserved {
            budget: Arc::clone(self),
            bytes,
        }
    }
}

impl Reserved {
    /// Counts as `bytes` from now on. More of them are not waited for.
    pub(crate) fn resize(&mut self, bytes: u64) {
        let mut state = self.budget.state.lock();
        state.used = state.used - self.bytes + bytes;
        self.bytes = bytes;
        drop(state);
        self.budget.freed.notify_all();
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.budget.state.lock().used -= self.bytes;
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_reserved_is_counted(sizes in prop::collection::vec((0_u64..99, 0_u64..99), 0..20)) {
            let budget = Arc::new(Budget::new(1 << 20));
            let mut out: Vec<Reserved> = Vec::new();
            let mut counted = 0;
            for (first, then) in sizes {
                let mut reserved = budget.wait_for_bytes(first);
                prop_assert_eq!(budget.state.lock().used, counted + first);
                reserved.resize(then);
                counted += then;
                prop_assert_eq!(budget.state.lock().used, counted);
                out.push(reserved);
            }
            for reserved in out {
                counted -= reserved.bytes;
                drop(reserved);
                prop_assert_eq!(budget.state.lock().used, counted);
            }
        }
    }
}
