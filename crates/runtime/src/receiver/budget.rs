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
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use millrace_text::{Buffer, BufferHost};

use crate::notice::notice;
use crate::sync::{Condvar, Mutex, MutexGuard, wait_patiently};

pub(crate) use reserved::Reserved;

/// The size at which a block is cut, in bytes.
#[cfg(not(all(test, shuttle)))]
pub const BLOCK_BYTES: usize = 1 << 20;
/// Full after a line or two, for the model checker.
#[cfg(all(test, shuttle))]
pub const BLOCK_BYTES: usize = 16;

/// Buffers that are kept for the next block.
const SHELF: usize = 64;

/// Batches with input that may wait to be run before receivers wait for them: one that runs, and
/// one that has ended since.
const WAITING_BATCHES: usize = 2;

/// One budget for all receivers of a context.
pub struct Budget {
    limit: u64,
    state: Mutex<BudgetState>,
    freed: Condvar,
    /// The batch interval.
    interval: Duration,
    notices: Mutex<Notices>,
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
            state: Mutex::new(state),
            freed: Condvar::new(),
            interval: Duration::from_secs(1),
            notices: Mutex::new(notices),
        }
    }

    /// The same, for batches of `interval`.
    #[must_use]
    pub fn for_batches_of(mut self, interval: Duration) -> Budget {
        self.interval = interval;
        self
    }

    fn state(&self) -> MutexGuard<'_, BudgetState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a receiver that holds `own` bytes may read on, and wants `more`.
    fn wait(&self, own: u64, more: u64) -> MutexGuard<'_, BudgetState> {
        let spent = |state: &mut BudgetState| state.is_spent(self.limit, own, more);
        let mut state = self.state();
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
            let (mut state, late) = wait_patiently(&self.freed, self.state(), half, spent);
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
        let state = self.state();
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
        self.state().used += capacity as u64;
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
        let mut notices = self.notices();
        notices.at_once = true;
        notices.limits = Some(format!(
            "millrace.receiver.maxBytesInFlight ({megabytes}m) limits the rate: what {inputs} \
             brings is kept until its batch has run; senders wait for that, nothing is dropped"
        ));
    }

    fn notices(&self) -> MutexGuard<'_, Notices> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what `which` takes out.
    fn say(&self, which: impl FnOnce(&mut Notices) -> Option<String>) {
        let message = which(&mut self.notices());
        if let Some(message) = message {
            notice(message);
        }
    }

    /// Notes that a batch with input has ended, and will be run.
    pub(crate) fn batch_ended(&self) {
        self.state().waiting += 1;
    }

    /// Notes that such a batch has been run, or dropped.
    pub(crate) fn batch_done(&self) {
        self.state().waiting -= 1;
        self.freed.notify_all();
    }

    /// Bytes that are out.
    #[cfg(all(test, shuttle))]
    pub(super) fn used(&self) -> u64 {
        self.state().used
    }

    /// Lets every receiver go on without waiting: the run ends, and they with it.
    pub fn close(&self) {
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use millrace_engine::pipeline::{Lines, NodeId, Pipeline};
    use millrace_types::{BatchTime, StreamId};
    use proptest::prelude::*;

    use crate::receiver::{BlockGenerator, InputSpec, InputTracker};

    use super::*;

    const BLOCK: u64 = BLOCK_BYTES as u64;

    fn budget(blocks: u64) -> Arc<Budget> {
        Arc::new(Budget::new(blocks * BLOCK))
    }

    #[derive(Debug, Clone)]
    enum Step {
        Take,
        Small(usize),
        /// Gives back one of those that are out.
        GiveBack(prop::sample::Index),
    }

    proptest! {
        #[test]
        fn what_is_out_is_counted(steps in prop::collection::vec(prop_oneof![
            Just(Step::Take),
            (0_usize..5000).prop_map(Step::Small),
            any::<prop::sample::Index>().prop_map(Step::GiveBack),
        ], 0..40)) {
            let (budget, mut out) = (budget(1000), Vec::new());
            for step in steps {
                match step {
                    Step::Take => out.push(budget.wait_for_buffer()),
                    Step::Small(capacity) => out.push(budget.buffer_now(capacity)),
                    Step::GiveBack(_) if out.is_empty() => {}
                    Step::GiveBack(index) => drop(out.swap_remove(index.index(out.len()))),
                }
                let counted: usize = out.iter().map(Buffer::capacity).sum();
                prop_assert_eq!(budget.state().used, counted as u64);
                prop_assert!(out.iter().all(Buffer::is_empty));
            }
            drop(out);
            prop_assert_eq!(budget.state().used, 0);
        }
    }

    #[test]
    fn a_budget_below_one_buffer_still_gives_one_at_a_time() {
        let budget = budget(0);
        drop(budget.wait_for_buffer());
        drop(budget.wait_for_buffer());
    }

    #[test]
    fn a_buffer_counts_as_long_as_any_text_of_it_lives() {
        let budget = budget(2);
        let mut buffer = budget.wait_for_buffer();
        buffer.extend_from_slice(b"a-word-that-is-not-held-inline and another");
        let block = buffer.freeze();
        let text = block.to_text();
        drop(block);
        assert_eq!(budget.state().used, BLOCK);
        let own = text.detach();
        assert_eq!(budget.state().used, 0);
        assert!(own.starts_with("a-word"));
    }

    #[test]
    fn closing_lets_everybody_go() {
        let budget = budget(1);
        let held = budget.wait_for_buffer();
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let budget = Arc::clone(&budget);
                thread::spawn(move || !budget.wait_for_buffer().spare_mut().is_empty())
            })
            .collect();
        budget.close();
        assert!(waiting.into_iter().all(|thread| thread.join().unwrap()));
        assert!(!budget.wait_for_buffer().spare_mut().is_empty());
        drop(held);
    }

    /// The input of a receiver: `blocks` blocks' worth of lines of 16 bytes, all different.
    fn input(blocks: usize) -> Vec<u8> {
        let lines = 0..blocks * BLOCK_BYTES / 16;
        lines
            .flat_map(|line| format!("line {line:010}\n").into_bytes())
            .collect()
    }

    /// Lets a receiver go when its test fails, so that it does not wait for ever.
    struct CloseAtEnd<'a>(&'a Budget);

    impl Drop for CloseAtEnd<'_> {
        fn drop(&mut self) {
            self.0.close();
        }
    }

    /// Law 6, with a consumer that does nothing as long as the receiver goes on: what is out
    /// never exceeds `most` blocks, and every line arrives. `read` is the receiver.
    fn flood(budget: Arc<Budget>, most: u64, read: impl Fn(&BlockGenerator, &[u8]) + Sync) {
        let node = NodeId(0);
        let tracker = Arc::new(InputTracker::new(vec![InputSpec {
            node,
            stream: StreamId(0),
            name: String::new(),
            stages: Vec::new(),
            held: true,
        }]));
        let generator = BlockGenerator::new(Arc::clone(&budget), Arc::clone(&tracker), 0, 1 << 30);
        let input = input(12);
        let (done, is_done) = channel();
        let mut lines = Vec::new();
        thread::scope(|scope| {
            let _open = CloseAtEnd(&budget);
            let (generator, input, read) = (&generator, &input, &read);
            scope.spawn(move || {
                read(generator, input);
                generator.seal_all();
                done.send(()).unwrap();
            });
            let (mut ended, mut before, mut idle) = (false, 0, 0);
            while !ended {
                ended = is_done.try_recv().is_ok();
                let used = budget.state().used;
                assert!(used <= most * BLOCK, "{used} bytes are out");
                idle = if used == before { idle + 1 } else { 0 };
                before = used;
                if ended || idle > 1000 {
                    let batch = tracker.close_batch(BatchTime::from_millis(0), &[], 0);
                    for block in &batch.blocks[&node] {
                        let line = |line: millrace_text::Text| lines.push(line.detach());
                        Lines { node }.drive(0, block, line);
                    }
                }
                thread::yield_now();
            }
        });
        let mut rest = input.as_slice();
        for line in &lines {
            let after = rest.strip_prefix(line.as_bytes());
            rest = after
                .and_then(|rest| rest.strip_prefix(b"\n"))
                .expect("lines in order");
        }
        assert!(rest.is_empty(), "{} bytes were lost", rest.len());
        drop(generator);
        assert_eq!(budget.state().used, 0);
    }

    fn fill(generator: &BlockGenerator, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let read = generator.fill(|spare| {
                let count = bytes.len().min(spare.len());
                spare[..count].copy_from_slice(&bytes[..count]);
                Ok(count)
            });
            bytes = &bytes[read.unwrap()..];
        }
    }

    #[test]
    fn what_limits_the_rate_is_said_when_it_does() {
        let budget = budget(1);
        budget.bounds_batches_of("a stream");
        drop(budget.wait_for_buffer());
        assert!(budget.notices().limits.is_some(), "nobody had to wait");
        let held = budget.wait_for_buffer();
        thread::scope(|scope| {
            scope.spawn(|| drop(budget.wait_for_buffer()));
            let said = || budget.notices().limits.is_none();
            while !said() {
                thread::yield_now();
            }
            drop(held);
        });
    }

    #[test]
    fn a_long_wait_says_what_limits_the_rate_and_a_longer_one_what_keeps_the_budget() {
        let interval = Duration::from_millis(5);
        let budget = Arc::new(Budget::new(BLOCK).for_batches_of(interval));
        let held = budget.wait_for_buffer();
        budget.batch_ended();
        thread::scope(|scope| {
            let _open = CloseAtEnd(&budget);
            scope.spawn(|| drop(budget.wait_for_buffer()));
            let limits = || budget.notices().limits.is_none();
            let kept = || budget.notices().kept.is_none();
            while !limits() {
                thread::yield_now();
            }
            assert!(!kept(), "a batch waits to be run");
            budget.batch_done();
            while !kept() {
                thread::yield_now();
            }
            drop(held);
        });
    }

    #[test]
    fn full_blocks_wait_for_a_slow_consumer() {
        for limit in [1, 2, 5] {
            flood(budget(limit), limit, fill);
        }
    }

    #[test]
    fn small_blocks_wait_for_a_slow_consumer() {
        // As a trickle makes them: cut by the block interval long before they are full. One
        // block more than the limit may be out, the one that is being read into.
        flood(budget(3), 4, |generator, input| {
            for piece in input.chunks(100_000) {
                fill(generator, piece);
                generator.seal();
            }
        });
    }
}
