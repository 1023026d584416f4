//! One life of a program: from its start to its end.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::acceptance::harness::{Connection, GLANCE, PATIENCE, Program, Sender};

use super::kind::{Kind, Means};
use super::place::Place;
use super::programs;
use super::topic::Topic;

/// A program that runs, and its sender if it has come so far as to connect.
pub(super) struct Life {
    pub(super) program: Program,
    pub(super) connection: Option<Connection>,
    /// When it connected, or was started if it reads no socket: a batch of a later time has all that
    /// was recovered.
    pub(super) since: i64,
}

/// Milliseconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

impl Life {
    /// Starts it. One that reads a socket is waited for until it connects or is dead.
    pub(super) fn begin(kind: Kind, place: &Place, sender: &Sender, means: Means<'_>) -> Life {
        Life::begin_on(None, kind, place, sender, means)
    }

    /// The same for one that may read a topic.
    pub(super) fn begin_on(
        topic: Option<&Topic>,
        kind: Kind,
        place: &Place,
        sender: &Sender,
        means: Means<'_>,
    ) -> Life {
        // What the life before has left in the queue is no connection of this one.
        while sender.accept_now().is_some() {}
        let launch = kind.launch(place, means);
        let launch = match kind {
            _ if kind.is_ours() => launch.env(programs::PORT, sender.port().to_string()),
            Kind::Kafka => launch.args(topic.iter().flat_map(|topic| topic.arguments())),
            Kind::Files => launch.arg(place.inbox()),
            Kind::Windowed => launch
                .args([sender.host(), sender.port().to_string()])
                .args([super::kind::WINDOW, super::kind::SLIDE].map(|n| n.to_string())),
            _ => launch.args([sender.host(), sender.port().to_string()]),
        };
        let mut life = Life {
            program: launch.start(),
            connection: None,
            since: now(),
        };
        if kind.reads_a_socket() {
            life.connect(sender);
        }
        life
    }

    fn connect(&mut self, sender: &Sender) {
        let deadline = Instant::now() + PATIENCE;
        while self.connection.is_none() && !self.program.has_ended() {
            assert!(Instant::now() < deadline, "it neither connects nor dies");
            self.connection = sender.accept_now();
            thread::sleep(GLANCE);
        }
        self.since = now();
    }

    /// True if it is dead, or dies within so many looks. That it lives on is no failure: not
    /// every failpoint is passed so often in every life.
    pub(super) fn dies_soon(&mut self, looks: u64) -> bool {
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
