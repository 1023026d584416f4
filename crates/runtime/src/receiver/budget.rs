//! The bytes that received text may take (law 6), and the buffers it is received into.
//!
//! A buffer counts from the moment a receiver takes it to the moment the last text cut out of
//! it is gone. Buffers of the usual size go back to a shelf: their pages are there already, and
//! a flood allocates nothing. A receiver that finds the budget spent waits; what it waits for is
//! progress on blocks that are sealed, so nobody waits while none is.
//!
//! Blocks are combined before their batch is due, and what they become does not count. When
//! batches are not run as fast as they end (an output that nobody reads, say), receivers
//! therefore wait for the batches as well.
//!
//! The user is told once what limits the rate: at once if whole batches have to fit into the
//! budget, otherwise when a receiver has waited for half a batch interval. A wait that goes on
//! when no batch is left to be run is for something else: what windows or the program itself
//! keep.

mod reserved;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use millrace_text::{Buffer, BufferHost};

use crate::notice::notice;
use crate::sync::{Lock, MutexGuard, Wakeup};

pub(crate) use reserved::Reserved;

/// The size at which a block is cut, in bytes.
#[cfg(not(all(test, shuttle)))]
pub const BLOCK_BYTES: usize = 1 << 20;
/// Full after a line or two, for the model checker.
#[cfg(all(test, shuttle))]
pub const BLOCK_BYTES: usize = 16;

/// Buffers that are kept for the next block.
const SHELF: usize = 64;

/// The number of batches with input that may wait for their run before receivers stop reading: the one
/// that runs, and one that was closed since.
const WAITING_BATCHES: usize = 2;

/// One budget for all receivers of a context.
pub struct Budget {
    limit: u64,
    state: Lock<BudgetState>,
    freed: Wakeup,
    /// The batch interval.
    interval: Duration,
    notices: Lock<Notices>,
}

/// The notices that have not been given yet.
struct Notices {
    /// The notice of what limits the rate.
    limits: Option<String>,
    /// True if it is given as soon as the budget is spent.
    at_once: bool,
    /// The notice that the budget does not come back.
    kept: Option<String>,
}

struct BudgetState {
    used: u64,
    shelf: Vec<Buffer>,
    /// Batches with input that have ended and have not been run.
    waiting: usize,
    closed: bool,
    /// The time that receivers have waited, those that wait now left out.
    waited: Duration,
    /// Receivers that wait, and since when any does.
    waiters: usize,
    since: Option<Instant>,
}

impl BudgetState {
    /// The time for which some receiver has waited so far.
    fn waited(&self) -> Duration {
        let open = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        self.waited + open
    }

    /// Notes that a receiver begins to wait.
    fn begin_to_wait(&mut self) {
        self.waiters += 1;
        self.since.get_or_insert_with(Instant::now);
    }

    /// Notes that a receiver has waited.
    fn end_to_wait(&mut self) {
        self.waiters -= 1;
        if self.waiters == 0 {
            self.waited = self.waited();
            self.since = None;
        }
    }

    /// True if a receiver that holds `own` bytes and wants `more` has to wait.
    fn is_spent(&self, limit: u64, own: u64, more: u64) -> bool {
        let full = self.is_full(limit, own, more);
        !self.closed && (full || self.waiting >= WAITING_BATCHES)
    }

    fn is_full(&self, limit: u64, own: u64, more: u64) -> bool {
        self.used > own && self.used + more > limit
    }
}

impl Budget {
    /// A budget of `limit` bytes, for batches of a second.
    #[must_use]
    pub fn new(limit: u64) -> Budget {
        let key = format!("millrace.receiver.maxBytesInFlight ({}m)", limit >> 20);
        let notices = Notices {
            limits: Some(format!(
                "{key} limits the rate: received text is kept until it has been combined, and \
                 long values that are not combined (as in group_by_key or a join) until their \
                 batch has run; senders wait for that, nothing is dropped"
            )),
            at_once: false,
            kept: Some(format!(
                "{key} is spent, and no batch is left to be run: a window, or the program, keeps \
                 text that was received before, and senders wait until it lets go of it; a Text \
                 that the program puts away has to be detached (Text::detach)"
            )),
        };
        let state = BudgetState {
            used: 0,
            shelf: Vec::new(),
            waiting: 0,
            closed: false,
            waited: Duration::ZERO,
            waiters: 0,
            since: None,
        };
        Budget {
            limit,
            state: Lock::new(state),
            freed: Wakeup::default(),
            interval: Duration::from_secs(1),
            notices: Lock::new(notices),
        }
    }

    /// The same, for batches of `interval`.
    #[must_use]
    pub fn for_batches_of(mut self, interval: Duration) -> Budget {
        self.interval = interval;
        self
    }

    /// Waits until a receiver that holds `own` bytes may read on, and wants `more`.
    fn wait(&self, own: u64, more: u64) -> MutexGuard<'_, BudgetState> {
        let spent = |state: &mut BudgetState| state.is_spent(self.limit, own, more);
        let mut state = self.state.lock();
        if !spent(&mut state) {
            return state;
        }
        // Not under the lock: standard error may be a pipe that nobody reads.
        let full = state.is_full(self.limit, own, more);
        state.begin_to_wait();
        drop(state);
        if full {
            self.say(|notices| notices.limits.take_if(|_| notices.at_once));
        }
        // A batch that was open when the wait began has been run after two intervals, unless one
        // is waiting.
        let half = (self.interval / 2).max(Duration::from_millis(1));
        let mut halves = 0_u32;
        loop {
            let (mut state, late) = self
                .freed
                .wait_timeout_while(self.state.lock(), half, spent);
            if !late {
                state.end_to_wait();
                return state;
            }
            let full = state.is_full(self.limit, own, more);
            halves += 1;
            let lasts = halves >= 4 && state.waiting == 0;
            drop(state);
            if full {
                self.say(|notices| notices.limits.take());
            }
            if full && lasts {
                self.say(|notices| notices.kept.take());
            }
        }
    }

    /// Bytes that are out, how many may be, and for how long receivers have waited since the start.
    pub fn figures(&self) -> (u64, u64, Duration) {
        let state = self.state.lock();
        (state.used, self.limit, state.waited())
    }

    /// Waits until a receiver whose open buffer has `own` bytes may read on.
    pub(crate) fn wait_for_turn(&self, own: usize) {
        drop(self.wait(own as u64, 0));
    }

    /// A buffer of [`BLOCK_BYTES`], when the budget allows it, or at once when it is closed.
    pub(crate) fn wait_for_buffer(self: &Arc<Self>) -> Buffer {
        let bytes = BLOCK_BYTES as u64;
        let mut state = self.wait(0, bytes);
        state.used += bytes;
        let buffer = state.shelf.pop();
        drop(state);
        self.hosted(buffer.unwrap_or_else(|| Buffer::with_capacity(BLOCK_BYTES)))
    }

    /// A buffer of another size, at once: a small block that is cut out of a large one, or a
    /// line that has outgrown its buffer. It counts, but does not wait.
    pub(crate) fn buffer_now(self: &Arc<Self>, capacity: usize) -> Buffer {
        self.state.lock().used += capacity as u64;
        self.hosted(Buffer::with_capacity(capacity))
    }

    fn hosted(self: &Arc<Self>, mut buffer: Buffer) -> Buffer {
        let host: Arc<dyn BufferHost> = Arc::clone(self) as Arc<dyn BufferHost>;
        buffer.set_host(host);
        buffer
    }

    /// Notes that blocks of the named inputs are kept until their batch has run: then the budget
    /// bounds what a batch can bring, and whoever runs the program should know.
    pub fn bounds_batches_of(&self, inputs: &str) {
        let megabytes = self.limit >> 20;
        let mut notices = self.notices.lock();
        notices.at_once = true;
        notices.limits = Some(format!(
            "millrace.receiver.maxBytesInFlight ({megabytes}m) limits the rate: what {inputs} \
             brings is kept until its batch has run; senders wait for that, nothing is dropped"
        ));
    }

    /// Says what `which` takes out.
    fn say(&self, which: impl FnOnce(&mut Notices) -> Option<String>) {
        let message = which(&mut self.notices.lock());
        if let Some(message) = message {
            notice(message);
        }
    }

    /// Notes that a batch with input has ended, and will be run.
    pub(crate) fn batch_ended(&self) {
        self.state.lock().waiting += 1;
    }

    /// Notes that such a batch has been run, or dropped.
    pub(crate) fn batch_done(&self) {
        self.state.lock().waiting -= 1;
        self.freed.notify_all();
    }

    /// Bytes that are out.
    #[cfg(all(test, shuttle))]
    pub(super) fn used(&self) -> u64 {
        self.state.lock().used
    }

    /// Lets every receiver go on without waiting: the run ends, and they with it.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.freed.notify_all();
    }
}

impl BufferHost for Budget {
    fn retire(&self, buffer: Buffer) {
        let mut state = self.state.lock();
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

#[cfg(test)]
mod tests;
