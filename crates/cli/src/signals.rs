//! SIGINT and SIGTERM: the first one asks for a stop, the second one does not ask.
//!
//! They are watched from before the context starts: a signal that comes between the start and
//! the wait is remembered, and asks when there is a context to be asked.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millrace::StopHandle;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals as Incoming;

use crate::stderr::say;

/// What was heard, and whom to ask.
#[derive(Clone, Default)]
pub(crate) struct Signals {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    watching: bool,
    heard: Option<i32>,
    stop: Option<(StopHandle, bool)>,
}

impl State {
    fn ask(&self) {
        if let (Some(_), Some((stop, graceful))) = (self.heard, &self.stop) {
            stop.stop(*graceful);
        }
    }
}

impl Signals {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches for the rest of the process's life; a second call does nothing.
    pub(crate) fn watch(&self, graceful: bool) -> io::Result<()> {
        if std::mem::replace(&mut self.state().watching, true) {
            return Ok(());
        }
        let mut incoming = Incoming::new([SIGINT, SIGTERM])?;
        let signals = self.clone();
        let body = move || {
            for signal in incoming.forever() {
                let mut state = signals.state();
                if state.heard.is_some() {
                    std::process::exit(128 + signal);
                }
                state.heard = Some(signal);
                say(if graceful {
                    "millrace: stopping: what was received is run first; a second signal ends at \
                     once"
                } else {
                    "millrace: stopping: what was received and not run is left"
                });
                state.ask();
            }
        };
        let thread = std::thread::Builder::new().name("millrace-signals".to_owned());
        thread.spawn(body).map(drop)
    }

    /// Says whom to ask for a stop, with grace or without; asks at once if a signal has come.
    pub(crate) fn ask_of(&self, stop: StopHandle, graceful: bool) {
        let mut state = self.state();
        state.stop = Some((stop, graceful));
        state.ask();
    }

    /// Whether the signal that came was SIGINT.
    pub(crate) fn interrupted(&self) -> bool {
        self.state().heard == Some(SIGINT)
    }
}

impl std::fmt::Debug for Signals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signals")
            .field("heard", &self.state().heard)
            .finish_non_exhaustive()
    }
}
