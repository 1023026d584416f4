//! The bytes that received text may take (law 6), and the buffers it is received into.
//!
//! A buffer counts from the moment a receiver takes it to the moment the last text cut out of
//! it is gone. Buffers of the usual size go back to a shelf: their pages are there already, and
//! a flood allocates nothing. A receiver that finds the budget spent waits; what it waits for is
//! progress on blocks that it has sealed, so a receiver that has none sealed never waits.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use millrace_text::{Buffer, BufferHost};

/// The size at which a block is cut, in bytes.
pub(crate) const BLOCK_BYTES: usize = 1 << 20;

/// Buffers that are kept for the next block.
const SHELF: usize = 64;

/// One budget for all receivers of a context.
pub(crate) struct Budget {
    limit: u64,
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    used: u64,
    shelf: Vec<Buffer>,
    closed: bool,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub(crate) fn new(limit: u64) -> Budget {
        let state = State {
            used: 0,
            shelf: Vec::new(),
            closed: false,
        };
        Budget {
            limit,
            state: Mutex::new(state),
            freed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A buffer of [`BLOCK_BYTES`], when the budget allows it; `None` once it is closed.
    pub(crate) fn wait_for_buffer(self: &Arc<Self>) -> Option<Buffer> {
        let bytes = BLOCK_BYTES as u64;
        let spent =
            |state: &mut State| !state.closed && state.used > 0 && state.used + bytes > self.limit;
        let mut state = self
            .freed
            .wait_while(self.state(), spent)
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return None;
        }
        state.used += bytes;
        let buffer = state.shelf.pop();
        drop(state);
        Some(self.hosted(buffer.unwrap_or_else(|| Buffer::with_capacity(BLOCK_BYTES))))
    }

    /// A buffer of another size, at once: a small block that is cut out of a large one, or a
    /// line that has outgrown its buffer. It counts, but does not wait.
    pub(crate) fn buffer_now(self: &Arc<Self>, capacity: usize) -> Buffer {
        self.state().used += capacity as u64;
        self.hosted(Buffer::with_capacity(capacity))
    }

    fn hosted(self: &Arc<Self>, mut buffer: Buffer) -> Buffer {
        let host: Arc<dyn BufferHost> = Arc::clone(self) as Arc<dyn BufferHost>;
        buffer.set_host(host);
        buffer
    }

    /// Lets every waiting receiver go, empty-handed.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.freed.notify_all();
    }
}

impl BufferHost for Budget {
    fn retire(&self, buffer: Buffer) {
        let mut state = self.state();
        state.used -= buffer.capacity() as u64;
        if buffer.capacity() == BLOCK_BYTES && state.shelf.len() < SHELF {
            state.shelf.push(buffer);
        }
        drop(state);
        self.freed.notify_all();
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
