//! One life of a program: from its start to its end.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::acceptance::harness::{Connection, GLANCE, Launch, PATIENCE, Program, Sender};

use super::matrix::Kind;

/// A program that runs, and its sender if it has come so far as to connect.
pub(super) struct Life {
    pub(super) program: Program,
    pub(super) connection: Option<Connection>,
    /// When it connected: a batch of a later time has all that was recovered.
    pub(super) since: i64,
}

impl Life {
    /// Starts it, and waits until it connects or is dead.
    pub(super) fn begin(kind: Kind, at: &Path, sender: &Sender, failpoint: Option<&str>) -> Life {
        let mut program = launch(kind, at, failpoint).start_at(sender);
        let deadline = Instant::now() + PATIENCE;
        let connection = loop {
            if let Some(connection) = sender.accept_now() {
                break Some(connection);
            }
            if program.has_ended() {
                break None;
            }
            assert!(Instant::now() < deadline, "it neither connects nor dies");
            thread::sleep(GLANCE);
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Life {
            program,
            connection,
            since: i64::try_from(since.as_millis()).unwrap(),
        }
    }

    /// Whether it is dead, or dies within so many looks. That it lives on is no failure: not every
    /// failpoint is passed so often in every life.
    pub(super) fn dies_soon(&mut self, looks: u32) -> bool {
        for _ in 0..looks {
            if self.program.has_ended() {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.program.has_ended()
    }

    /// Looks until something is found or the program is dead.
    pub(super) fn until<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&Life) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let dead = self.program.has_ended();
            if let Some(found) = look(self) {
                return Some(found);
            }
            if dead {
                return None;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

pub(super) fn launch(kind: Kind, at: &Path, failpoint: Option<&str>) -> Launch {
    let launch = match kind {
        Kind::Stateful => Launch::stateful(),
        // It names no directory itself.
        Kind::Stateless => {
            Launch::network_wordcount().conf("spark.streaming.checkpoint.directory", at.display())
        }
    };
    let launch = launch
        .threads(2)
        .every("40ms")
        .conf("spark.streaming.blockInterval", "10ms")
        .conf("spark.streaming.receiver.writeAheadLog.enable", "true")
        .conf("millrace.checkpoint.logBytes", 600)
        .conf("millrace.print.num", 1_000_000)
        .arg("--checkpoint-dir")
        .arg(at)
        .arg("--recover");
    match failpoint {
        Some(failpoint) => launch.env("MILLRACE_FAILPOINT", failpoint),
        None => launch,
    }
}
