//! The programs as their users meet them: run as processes, fed through
//! sockets, judged by what they print and how they end.
//!
//! Nothing here looks inside the engine. The output that a run should print is known from
//! transcripts of real PySpark (`golden`) and from a reference model that is
//! as plain as we could write it (`model`); the other modules hold the laws
//! and the manners that the documentation promises.
//!
//! No test waits for a length of time to be right: it waits for something to
//! be seen, and fails with what was seen when that takes too long.

#![allow(clippy::unwrap_used)]

mod acceptance {
    mod answers;
    mod bad_input;
    mod browser;
    mod connection;
    mod files;
    mod flood;
    mod golden;
    mod harness;
    #[cfg(feature = "kafka")]
    mod kafka;
    mod kills;
    mod laws;
    mod live_state;
    mod locations;
    mod logs;
    mod long_lines;
    mod model;
    mod page;
    mod play;
    mod printing;
    mod programs;
    mod progress;
    mod random;
    mod reading;
    mod recovery;
    mod senders;
    mod settings;
    mod stopping;
    mod submit;
}
