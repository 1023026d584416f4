//! SIGINT and SIGTERM: the first one asks for a stop, the second one does not ask.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace::StopHandle;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals as Incoming;

use crate::stderr::say;

/// The thread that watches, and what it has seen.
pub(crate) struct Signals {
    interrupted: Arc<AtomicBool>,
}

impl Signals {
    /// Watches for the rest of the process's life.
    pub(crate) fn watch(stop: StopHandle, graceful: bool) -> io::Result<Signals> {
        let mut incoming = Incoming::new([SIGINT, SIGTERM])?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&interrupted);
        std::thread::Builder::new()
            .name("millrace-signals".to_owned())
            .spawn(move || {
                let mut first = true;
                for signal in incoming.forever() {
                    if !std::mem::replace(&mut first, false) {
                        std::process::exit(128 + signal);
                    }
                    seen.store(signal == SIGINT, Ordering::Release);
                    let how = if graceful {
                        "stopping: what was received is run first; a second signal ends at once"
                    } else {
                        "stopping: what was received and not run is left"
                    };
                    say(&format!("millrace: {how}"));
                    stop.stop(graceful);
                }
            })?;
        Ok(Signals { interrupted })
    }

    /// Whether the signal that came was SIGINT.
    pub(crate) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Acquire)
    }
}
