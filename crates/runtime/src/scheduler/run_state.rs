//! The stop of a run: the request for it, and its result.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use millrace_engine::error::Error;
use millrace_types::{Lock, Wakeup};

use crate::source::Asked;

/// The way in which a run stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopMode {
    /// All that was received is run first.
    Graceful,
    /// After so many batches; what came later is not run.
    Enough,
    /// Queued batches are dropped.
    Now,
}

/// The time that a running batch is waited for without a word when its run stops without grace
/// (Spark 3.5: so long does it wait before it interrupts the batch, which Rust cannot).
pub(super) const BATCH_PATIENCE: Duration = Duration::from_secs(2);

/// The state of a run's end: many may ask for it, and it comes once.
#[derive(Default)]
pub struct RunState {
    state: Lock<RunFlags>,
    /// Bytes that were received and left when the run stopped.
    not_run: AtomicU64,
    changed: Wakeup,
}

#[derive(Default)]
struct RunFlags {
    stop: Option<StopMode>,
    /// When a graceful stop that somebody asked for gives up.
    deadline: Option<Instant>,
    error: Option<Error>,
    /// An error with which the run goes on.
    reported: Option<Error>,
    /// Set when the run has failed; stays after the error was given out.
    failed: bool,
    ended: bool,
}

impl RunState {
    /// Asks for a stop. A stop without grace overrides one with grace, not the other way round. A stop
    /// without a time limit gets the limit of the next call that has one.
    pub(crate) fn request_stop(&self, mode: StopMode, within: Option<Duration>) {
        let mut state = self.state.lock();
        if state.stop.is_none() || mode == StopMode::Now {
            state.stop = Some(mode);
        }
        if let Some(within) = within {
            // Too far away to be a time is no limit.
            let deadline = Instant::now().checked_add(within);
            state.deadline = state.deadline.or(deadline);
        }
    }

    /// True if somebody waits for the end, and not for ever.
    pub(crate) fn is_waited_for(&self) -> bool {
        let state = self.state.lock();
        state.failed || state.stop == Some(StopMode::Now) || state.deadline.is_some()
    }

    /// True if an output that has been waited for so long is given up.
    pub fn gives_up_output(&self, waited: Duration) -> bool {
        let state = self.state.lock();
        let now = state.failed || state.stop == Some(StopMode::Now);
        let over = state
            .deadline
            .is_some_and(|deadline| Instant::now() > deadline);
        over || now && waited >= BATCH_PATIENCE
    }

    /// The stop that was asked for.
    pub fn stop(&self) -> Option<StopMode> {
        self.state.lock().stop
    }

    /// True if queued batches are to be dropped, because the run has failed, or stops without
    /// grace, or its grace is over.
    pub(crate) fn drops_batches(&self) -> bool {
        let state = self.state.lock();
        let over = state
            .deadline
            .is_some_and(|deadline| Instant::now() > deadline);
        state.failed || state.stop == Some(StopMode::Now) || over
    }

    /// The stop that was asked for, as sources see it.
    pub fn asked(&self) -> Asked {
        if self.drops_batches() {
            return Asked::Now;
        }
        match self.stop() {
            Some(StopMode::Graceful) => Asked::InTime,
            // The last batches are run in peace.
            Some(StopMode::Enough) | None => Asked::No,
            Some(StopMode::Now) => Asked::Now,
        }
    }

    /// True if the run stops without grace, for no other reason than that somebody asked.
    pub(crate) fn stops_now(&self) -> bool {
        let state = self.state.lock();
        state.stop == Some(StopMode::Now) && !state.failed
    }

    /// Notes bytes that were received and will not be run.
    pub fn add_unprocessed(&self, bytes: u64) {
        self.not_run.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes that were received and not run.
    pub fn not_run(&self) -> u64 {
        self.not_run.load(Ordering::Relaxed)
    }

    /// Notes why the run ends; the first reason counts.
    pub fn fail(&self, error: Error) {
        let mut state = self.state.lock();
        state.failed = true;
        state.error.get_or_insert(error);
        state.stop = Some(StopMode::Now);
    }

    /// Tells whoever waits, or waits next, of an error with which the run goes on; the first one
    /// counts.
    pub fn report(&self, error: Error) {
        self.state.lock().reported.get_or_insert(error);
        self.changed.notify_all();
    }

    /// The error with which the run goes on, which whoever waits is not told any more.
    pub fn take_reported(&self) -> Option<Error> {
        self.state.lock().reported.take()
    }

    /// True if the run has failed.
    pub fn has_failed(&self) -> bool {
        self.state.lock().failed
    }

    /// The run has ended: nothing happens any more.
    pub fn finish(&self) {
        self.state.lock().ended = true;
        self.changed.notify_all();
    }

    /// True if nothing happens any more.
    pub fn has_ended(&self) -> bool {
        self.state.lock().ended
    }

    /// Waits until the run has ended, or there is an error to tell, or the time is over; gives
    /// whether the run has ended, and the error, once.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool, Error> {
        let running = |state: &mut RunFlags| !state.ended && state.reported.is_none();
        let mut state = match timeout {
            None => self.changed.wait_while(self.state.lock(), running),
            Some(timeout) => {
                let waited = self
                    .changed
                    .wait_timeout_while(self.state.lock(), timeout, running);
                waited.0
            }
        };
        let ended = state.ended;
        let failed = state.error.take_if(|_| ended);
        match failed.or_else(|| state.reported.take()) {
            Some(error) => Err(error),
            None => Ok(ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn a_stop_without_grace_overrides_one_with_grace_and_no_other_does() {
        use StopMode::{Enough, Graceful, Now};
        for (asked, holds) in [
            (&[Graceful, Now][..], Now),
            (&[Now, Graceful], Now),
            (&[Graceful, Enough], Graceful),
            (&[Enough, Graceful], Enough),
            (&[Enough, Now], Now),
        ] {
            let outcome = RunState::default();
            assert_eq!(outcome.stop(), None);
            asked
                .iter()
                .for_each(|&mode| outcome.request_stop(mode, None));
            assert_eq!(outcome.stop(), Some(holds), "{asked:?}");
            assert_eq!(outcome.drops_batches(), holds == Now, "{asked:?}");
        }
    }

    #[test]
    fn grace_ends() {
        let outcome = RunState::default();
        outcome.request_stop(StopMode::Graceful, Some(Duration::from_secs(1000)));
        assert!(!outcome.drops_batches());
        // A later one with grace changes nothing.
        outcome.request_stop(StopMode::Graceful, Some(Duration::ZERO));
        assert!(!outcome.drops_batches());
        let outcome = RunState::default();
        outcome.request_stop(StopMode::Graceful, Some(Duration::ZERO));
        while !outcome.drops_batches() {
            thread::yield_now();
        }
    }

    #[test]
    fn a_stop_without_a_limit_takes_the_next_ones() {
        for mode in [StopMode::Enough, StopMode::Graceful] {
            let outcome = RunState::default();
            outcome.request_stop(mode, None);
            assert!(!outcome.is_waited_for() && !outcome.drops_batches());
            outcome.request_stop(StopMode::Graceful, Some(Duration::ZERO));
            assert_eq!(outcome.stop(), Some(mode));
            while !outcome.drops_batches() {
                thread::yield_now();
            }
            assert!(outcome.is_waited_for() && outcome.gives_up_output(Duration::ZERO));
        }
        let never = RunState::default();
        never.request_stop(StopMode::Graceful, Some(Duration::MAX));
        assert!(!never.drops_batches());
    }

    #[test]
    fn an_output_is_given_up_when_it_is_not_wanted_any_more() {
        let outcome = RunState::default();
        assert!(!outcome.gives_up_output(Duration::MAX));
        outcome.request_stop(StopMode::Enough, None);
        assert!(!outcome.gives_up_output(Duration::MAX));
        outcome.request_stop(StopMode::Now, None);
        // A reader that is only slow gets the end of its batch.
        assert!(!outcome.gives_up_output(BATCH_PATIENCE / 2));
        assert!(outcome.gives_up_output(BATCH_PATIENCE));
    }

    #[test]
    fn the_first_error_counts_and_is_given_once_when_the_run_has_ended() {
        let outcome = RunState::default();
        outcome.fail(Error::illegal("the first"));
        outcome.fail(Error::illegal("the second"));
        assert_eq!(outcome.stop(), Some(StopMode::Now));
        assert!(
            !outcome.wait(Some(Duration::ZERO)).unwrap(),
            "it has not ended"
        );
        outcome.finish();
        assert_eq!(outcome.wait(None).unwrap_err().to_string(), "the first");
        assert!(outcome.wait(None).unwrap());
        assert!(outcome.drops_batches(), "it has failed all the same");
    }

    #[test]
    fn whoever_waits_is_told_of_an_error_with_which_the_run_goes_on() {
        let outcome = Arc::new(RunState::default());
        let own = Arc::clone(&outcome);
        let waiting = thread::spawn(move || own.wait(None).unwrap_err().to_string());
        outcome.report(Error::illegal("too late"));
        assert_eq!(waiting.join().unwrap(), "too late");
        assert!(!outcome.wait(Some(Duration::ZERO)).unwrap(), "it goes on");
        // Whoever waits next is told as well; what ended the run is told first.
        outcome.report(Error::illegal("again"));
        outcome.fail(Error::illegal("the end"));
        outcome.finish();
        for expected in ["the end", "again"] {
            assert_eq!(outcome.wait(None).unwrap_err().to_string(), expected);
        }
        assert!(outcome.wait(None).unwrap());
    }

    #[test]
    fn everybody_who_waits_is_told() {
        let outcome = Arc::new(RunState::default());
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let outcome = Arc::clone(&outcome);
                thread::spawn(move || outcome.wait(None).unwrap())
            })
            .collect();
        outcome.finish();
        assert!(waiting.into_iter().all(|thread| thread.join().unwrap()));
    }

    #[test]
    fn what_is_left_adds_up() {
        let outcome = RunState::default();
        [3, 0, 4]
            .into_iter()
            .for_each(|bytes| outcome.add_unprocessed(bytes));
        assert_eq!(outcome.not_run(), 7);
    }
}
