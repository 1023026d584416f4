//! spark-submit's command line for millrace programs.
//!
//! Arguments are read in two steps: first *what was typed*, then *what it
//! means* once the properties file, the environment and the defaults have had
//! their say. The steps are kept apart because only the first depends on the
//! order of arguments, and only the second on the world outside.
//!
//! A program hands its body to [`run`], which asks [`parse`] and gets an
//! [`Invocation`] or an [`Exit`];
//! `millrace-submit` asks [`submit()`] and gets a [`Launch`] or an [`Exit`].
//! Options, messages and exit codes are those of Spark 3.5's spark-submit;
//! everything said goes to stderr, because stdout belongs to the batches; only
//! `--help` and `--version` answer there.
//!
//! Nothing here reads the process's environment by itself: it is handed in as
//! an [`Environment`].

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![forbid(unsafe_code)]

mod cluster;
mod environment;
mod error;
mod exit;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod handoff;
mod history;
mod lookup;
mod options;
mod origins;
mod output;
mod port;
mod program;
mod properties;
mod py_files;
mod python;
mod resolved;
mod resources;
mod run;
mod seconds;
mod signals;
mod state;
mod stderr;
mod submit;
mod submitted;
mod suggestion;
mod summary;
mod typed;
mod usage;
mod validation;
mod verbose;

pub use environment::Environment;
pub use error::{CommandError, NotRun, Unreadable};
pub use exit::Exit;
pub use handoff::SUBMIT_CONF;
pub use history::millrace_history;
pub use port::parse_port;
pub use program::{Invocation, Program, parse};
pub use run::{App, run};
pub use state::millrace_state;
pub use submit::{Launch, submit};
pub use submitted::submitted;
pub use summary::Summary;
