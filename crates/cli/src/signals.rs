//! SIGINT, SIGTERM and SIGHUP: the first one asks for a stop, a second one does not ask.
//!
//! They are watched from before the context starts: a signal that comes between the start and
//! the wait is remembered, and asks when there is a context to be asked. SIGHUP is left alone if
//! whoever started the program had it ignored (`nohup`), and is never the second one: a terminal
//! that is closed sends several.
//!
//! SIGQUIT keeps what the system does: it ends the process at once. SIGPIPE and SIGXFSZ are errors
//! of the write that they are about, which say what happened.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver};

use millrace::context::StopHandle;
use millrace_stderr::{info, retire};
use millrace_types::Lock;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals as Incoming;

/// The signals that came, and the streams to ask to stop.
#[derive(Clone, Default)]
pub(crate) struct Signals {
    state: Arc<Lock<State>>,
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
    /// Watches for the rest of the process's life; a second call does nothing.
    pub(crate) fn watch(&self, graceful: bool) -> io::Result<()> {
        if std::mem::replace(&mut self.state.lock().watching, true) {
            return Ok(());
        }
        let mut watched = vec![SIGINT, SIGTERM];
        if !is_ignored(SIGHUP) {
            watched.push(SIGHUP);
        }
        // By the handlers themselves: whatever the thread below waits for, the second one ends.
        let heard = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&heard))?;
        }
        for signal in &watched {
            flag::register(*signal, Arc::clone(&heard))?;
        }
        let mut incoming = Incoming::new(watched)?;
        let signals = self.clone();
        let body = move || {
            for signal in incoming.forever() {
                let mut state = signals.state.lock();
                if state.heard.is_some() {
                    continue;
                }
                state.heard = Some(signal);
                state.ask();
                // Not while others wait: nobody may be reading.
                drop(state);
                // A second one ends the process where it stands.
                retire();
                info(if graceful {
                    "millrace: stopping: what was received is run first; a second signal ends at \
                     once"
                } else {
                    "millrace: stopping: what was received and not run is left"
                });
            }
        };
        let thread = std::thread::Builder::new().name("millrace-signals".to_owned());
        thread.spawn(body).map(drop)
    }

    /// Says whom to ask for a stop, with grace or without; asks at once if a signal has come.
    pub(crate) fn ask_of(&self, stop: StopHandle, graceful: bool) {
        let mut state = self.state.lock();
        state.stop = Some((stop, graceful));
        state.ask();
    }

    /// True if the signal that came was SIGINT.
    pub(crate) fn interrupted(&self) -> bool {
        self.state.lock().heard == Some(SIGINT)
    }
}

/// The number of the first signal that asks the process to end, for a tool that has nothing to
/// finish. The second one ends it wherever it is.
///
/// # Errors
/// If the system takes no handler, or gives no thread.
pub(crate) fn ending() -> io::Result<Receiver<u8>> {
    let heard = Arc::new(AtomicBool::new(false));
    let mut watched = vec![SIGINT, SIGTERM];
    if !is_ignored(SIGHUP) {
        watched.push(SIGHUP);
    }
    for signal in &watched {
        flag::register_conditional_shutdown(*signal, 128 + signal, Arc::clone(&heard))?;
        flag::register(*signal, Arc::clone(&heard))?;
    }
    let mut incoming = Incoming::new(watched)?;
    let (tell, told) = mpsc::channel();
    let body = move || {
        for signal in incoming.forever() {
            // Nobody waits for a second one.
            let _ = tell.send(signal as u8);
        }
    };
    let thread = std::thread::Builder::new().name("millrace-signals".to_owned());
    thread.spawn(body)?;
    Ok(told)
}

/// Lets a file that would become larger than it may be (`ulimit -f`) refuse the write, as a full
/// disk does, and not end the process without a word.
///
/// # Errors
/// If the system takes no handler.
pub(crate) fn refuse_large_files() -> io::Result<()> {
    // A handler and not "ignore": a program that is started from here begins as it should.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))).map(drop)
}

/// True if a signal was ignored when the process was started. Where the system does not say, it
/// was not.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_by(&status, signal)
}

fn ignored_by(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

impl std::fmt::Debug for Signals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signals")
            .field("heard", &self.state.lock().heard)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_stands_in_the_status() {
        let status = "Name:\tp\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert!(ignored_by(status, SIGHUP));
        assert!(!ignored_by(status, SIGINT));
        assert!(!ignored_by("", SIGHUP));
        assert!(!ignored_by("SigIgn:\tnonsense\n", SIGHUP));
    }
}
