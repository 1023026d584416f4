//! Running a program and being the other end of its socket.
//!
//! [`Launch`] describes a run, [`Program`] is a running one, [`Finished`] one
//! that has ended; [`Sender`] and [`Connection`] are the server that a program
//! reads from; [`Batch`] is what it prints.

mod capture;
mod chromium;
mod launch;
mod program;
mod sender;
mod terminal;
mod transcript;

use std::time::Duration;

pub(crate) use chromium::Chromium;
pub(crate) use launch::{ENDLESS, ENDLESS_TIME, Launch};
pub(crate) use program::{FULL, Finished, Program, Read, Signal};
pub(crate) use sender::{Connection, Reserved, Sender};
pub(crate) use terminal::screen;
pub(crate) use transcript::{Batch, assert_ticks, printed};

/// The time that anything that must happen may take on a busy machine. Reaching
/// it is a failure, so it costs nothing when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// The interval at which something is looked at that cannot be waited for.
pub(crate) const GLANCE: Duration = Duration::from_millis(2);
