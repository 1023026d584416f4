//! The life of a program's receiver: started, restarted, stopped, its panics contained.
//!
//! One thread per receiver, `millrace-recv-N`, calls `on_start` and `on_stop`, cuts the open block
//! at every block interval, and does what the receiver's own threads ask for. It waits on the
//! context's clock, so that tests own the delays. A panic of the program's code restarts its
//! receiver and harms nobody else (law 7).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use millrace_engine::durable::StoreError;
use millrace_engine::panics::message_of;
use millrace_types::Lock;

use crate::threads::PATIENCE;

use super::custom::Receiver;
use super::ingest::Ingest;
use super::receiver_context::ReceiverContext;
use super::records::RecordGenerator;
use super::reports::BY_DRIVER;
use super::shared::{Command, NONE, Shared};
use super::surroundings::Surroundings;

/// From one start of a receiver to its next it takes at least so long.
pub const SHORTEST_RESTART: Duration = Duration::from_millis(10);

/// The name of a receiver's type, as reports have it (Spark: the name of the class).
pub(crate) fn class_of<R: ?Sized>() -> &'static str {
    let path = std::any::type_name::<R>();
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

/// Runs a receiver.
pub struct Supervisor<R: Receiver> {
    shared: Arc<Shared<R::Item>>,
    receiver: Lock<R>,
    block_interval: Duration,
    patience: Duration,
}

impl<R: Receiver> Supervisor<R> {
    /// Will run `receiver`, which stores its records in `records`.
    pub fn new(
        receiver: R,
        records: RecordGenerator<R::Item>,
        surroundings: Surroundings,
    ) -> Supervisor<R> {
        let block_interval = surroundings.settings.block_interval;
        let shared = Shared::new(&receiver.name(), records, surroundings);
        Supervisor {
            shared: Arc::new(shared),
            receiver: Lock::new(receiver),
            block_interval,
            patience: PATIENCE,
        }
    }

    /// Cuts blocks until the receiver is to end.
    fn serve(&self) {
        let shared = &self.shared;
        while !shared.is_wanted() {
            let next = shared.after(self.block_interval);
            shared.clock.wait_until_steady(next, &|| shared.is_wanted());
            shared.records.seal();
        }
    }
}

impl<R: Receiver> Ingest for Supervisor<R> {
    fn stop(&self) {
        self.shared.stop();
    }

    fn abandon(&self) {
        self.shared.records.close();
    }

    fn restore(&self, written: &[u8]) -> Result<(), StoreError> {
        self.shared.records.restore(written)
    }

    fn seal(&self) {
        self.shared.records.seal();
    }

    fn run(&self) -> bool {
        let shared = &self.shared;
        let mut receiver = self.receiver.lock();
        let mut start = NONE;
        // Why it stopped, if it did so by itself.
        let by_itself = loop {
            start += 1;
            if !shared.begin(start) {
                break None;
            }
            // A restart without a delay makes no loop without a pause.
            let next = shared.after(SHORTEST_RESTART);
            shared.reports.started();
            let context = ReceiverContext::new(Arc::clone(shared), start);
            let started = catch_unwind(AssertUnwindSafe(|| receiver.on_start(context.clone())));
            if let Err(payload) = started {
                let error = message_of(&*payload);
                context.restart_because(&format!("on_start panicked: {error}"), error);
            }
            self.serve();
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| receiver.on_stop())) {
                let error = message_of(&*payload);
                shared.error(&format!("on_stop panicked: {error}"), &error);
            }
            // Not in the head of the match, whose temporaries live as long as its arms: whoever
            // stops the receiver takes this lock, and the restart below waits.
            let asked = shared.asked();
            match asked {
                None => break None,
                Some(Command::Stop { message }) => {
                    shared
                        .voice
                        .say("stopped", format_args!("stopped: {message}"));
                    break Some(message);
                }
                Some(Command::Restart {
                    message,
                    error,
                    delay,
                    again,
                }) => {
                    let said = delay.max(SHORTEST_RESTART);
                    let line = format!("{message}; starting it again after {said:?}");
                    shared.reports.restarts(delay, &message, &error);
                    shared.trouble(&message, &line);
                    let again = again.max(next);
                    shared
                        .clock
                        .wait_until_steady(again, &|| shared.is_stopping());
                }
            }
        };
        shared.join(self.patience);
        shared.records.close();
        shared.voice.end();
        let reason = by_itself.as_deref();
        shared.reports.stopped(reason.unwrap_or(BY_DRIVER));
        by_itself.is_some()
    }
}

#[cfg(test)]
mod tests;
