//! The part that a receiver's supervisor and the contexts it gives out share.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use millrace_engine::data::Data;
use millrace_engine::role::Role;
use millrace_engine::thread_group::ThreadGroup;
use millrace_types::{Lock, StreamId, reason};

use crate::clock::Clock;
use crate::threads;

use super::counts::InputCounters;
use super::dialer::Dialer;
use super::rate::RateLimiter;
use super::records::RecordGenerator;
use super::reports::Reports;
use super::surroundings::{LastEnd, Surroundings};
use super::voice::{Voice, broken, closed};

/// No start has this number.
pub(super) const NONE: u64 = 0;

/// A receiver's request to its supervisor.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Restart {
        message: String,
        /// The error in full, if there is more of it than the message.
        error: String,
        delay: Duration,
        /// The moment at which the delay is over: it begins when the restart is asked for.
        again: i64,
    },
    Stop {
        message: String,
    },
}

/// The part that the supervisor shares with the contexts it gives out.
pub(super) struct Shared<T> {
    pub(super) records: RecordGenerator<T>,
    pub(super) stream: StreamId,
    pub(super) restart_delay: Duration,
    last_end: LastEnd,
    pub(super) reports: Reports,
    limiter: Option<RateLimiter>,
    pub(super) dialer: Dialer,
    counters: Arc<InputCounters>,
    pub(super) clock: Arc<dyn Clock>,
    /// The start that runs, or `NONE`. Written under the lock of `command`.
    runs: AtomicU64,
    command: Lock<Option<Command>>,
    /// The context stops.
    stopping: AtomicBool,
    pub(super) voice: Voice,
    threads: Arc<ThreadGroup>,
}

impl<T: Data> Shared<T> {
    pub(super) fn new(
        name: &str,
        records: RecordGenerator<T>,
        surroundings: Surroundings,
    ) -> Shared<T> {
        let reports = surroundings.reports(name);
        let Surroundings {
            settings,
            limiter,
            dialer,
            counters,
            clock,
            ..
        } = surroundings;
        Shared {
            records,
            stream: settings.stream,
            restart_delay: settings.restart_delay,
            last_end: settings.last_end,
            reports,
            limiter,
            dialer,
            counters,
            voice: Voice::new(settings.stream, Arc::clone(&clock)),
            clock,
            runs: AtomicU64::new(NONE),
            command: Lock::new(None),
            stopping: AtomicBool::new(false),
            threads: Arc::default(),
        }
    }

    /// Takes the last request.
    pub(super) fn asked(&self) -> Option<Command> {
        self.command.lock().take()
    }

    pub(super) fn runs(&self, start: u64) -> bool {
        self.runs.load(Ordering::Acquire) == start
    }

    /// Waits until the rate allows one more record.
    pub(super) fn pass(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.pass(&|| self.is_stopping());
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// True if the supervisor has something to do: nothing runs any more.
    pub(super) fn is_wanted(&self) -> bool {
        self.runs(NONE)
    }

    /// Asks the supervisor for something, in the name of a start that still runs.
    pub(super) fn command(&self, start: u64, command: Command) {
        {
            let mut asked = self.command.lock();
            if !self.runs(start) {
                return;
            }
            *asked = Some(command);
            self.runs.store(NONE, Ordering::Release);
        }
        self.clock.wake();
    }

    /// Ends the receiver without a word, in the name of a start that still runs: the run ends, and
    /// its error says why.
    pub(super) fn end(&self, start: u64) {
        if self.runs(start) {
            self.stop();
        }
    }

    /// Notes that a start begins, unless the context stops.
    pub(super) fn begin(&self, start: u64) -> bool {
        let _command = self.command.lock();
        if self.is_stopping() {
            return false;
        }
        self.runs.store(start, Ordering::Release);
        true
    }

    pub(super) fn stop(&self) {
        {
            let _command = self.command.lock();
            self.stopping.store(true, Ordering::Release);
            self.runs.store(NONE, Ordering::Release);
        }
        self.clock.wake();
    }

    /// Tells of an error with which the receiver goes on.
    pub(super) fn error(&self, message: &str, error: &str) {
        self.reports.error(message, error);
        self.trouble(message, message);
    }

    /// Says `line` on standard error unless this trouble lasts: what is stored ends it.
    pub(super) fn trouble(&self, trouble: &str, line: &str) {
        if self.records.take_stored() {
            self.voice.is_well();
        }
        self.voice.trouble(trouble, line);
    }

    /// Notes that a connection broke within a record, of which so many bytes had come.
    pub(super) fn dropped(&self, address: &str, bytes: usize) {
        self.counters.unfinished_dropped(bytes);
        self.voice.dropped(address, "record", bytes);
    }

    /// The request that follows from the end of a connection.
    pub(super) fn after_connection(&self, address: &str, ended: io::Result<()>) -> Command {
        let (is_last, message, error) = match ended {
            Ok(()) => (self.last_end.at_close(), closed(address), String::new()),
            Err(error) => {
                let message = broken(address, &error);
                (self.last_end.at_error(&error), message, reason(&error))
            }
        };
        if is_last {
            return Command::Stop { message };
        }
        Command::Restart {
            message,
            error,
            delay: self.restart_delay,
            again: self.after(self.restart_delay),
        }
    }

    /// Starts a thread of the receiver.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn spawn(&self, name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
        threads::spawn(&self.threads, name, Role::Engine, body)
    }

    /// The moment that is `length` from now, whatever the clock is set to meanwhile.
    pub(super) fn after(&self, length: Duration) -> i64 {
        let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        self.clock.reading().steady.saturating_add(length)
    }

    /// Waits for the threads of the receiver; says so if some do not end in time.
    pub(super) fn join(&self, patience: Duration) {
        let left = self.threads.wait(patience);
        if left > 0 {
            self.voice.say(
                "left behind",
                format_args!(
                    "{left} of its threads did not end when it was stopped and are left behind; \
                     what they store from now on is not taken"
                ),
            );
        }
    }
}
