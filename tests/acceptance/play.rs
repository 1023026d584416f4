//! Playing messages to a program so that each is in a batch of its own.
//!
//! The clock of the run is the program's. The output of a message is waited for
//! before the next one is sent, and the model tells whether it brings anything
//! that can be seen. A message of which nothing can be seen (half a line, or
//! counts beyond the tenth) is given two batches; should it still get into the
//! batch of the next one, that prints the same.

use super::harness::Sender;
use super::harness::{Batch, Launch, assert_ticks};
use super::model::Model;

/// Which program plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Prints what a batch brought.
    Stateless,
    /// Prints everything, every batch.
    Stateful,
}

/// The batch interval of a play.
const INTERVAL: i64 = 100;

impl Kind {
    /// The model of the program.
    pub(crate) fn model(self, partitions: usize) -> Model {
        match self {
            Kind::Stateless => Model::stateless(partitions),
            Kind::Stateful => Model::stateful(partitions),
        }
    }

    /// The bodies in which something new is to be seen.
    fn news(self, bodies: impl Iterator<Item = String>) -> Vec<String> {
        let mut bodies: Vec<String> = bodies.filter(|body| !body.is_empty()).collect();
        if self == Kind::Stateful {
            bodies.dedup();
        }
        bodies
    }

    fn news_of(self, batches: &[Batch]) -> Vec<String> {
        self.news(batches.iter().map(|batch| batch.body.clone()))
    }
}

/// Plays the messages over one connection, which ends behind the last, and
/// returns the bodies that the program printed. They have been compared with
/// the model's by then.
pub(crate) fn messages(
    launch: Launch,
    kind: Kind,
    mut model: Model,
    messages: &[Vec<u8>],
) -> Vec<String> {
    let sender = Sender::new();
    let launch = launch.every(&format!("{INTERVAL}ms")).until_eof();
    let program = launch.start_at(&sender);
    let mut connection = sender.accept();

    // What an empty batch shows comes first: the initial state, if there is one.
    let mut expected = kind.news([model.batch(b"")].into_iter());
    let all_seen = |expected: &[String]| {
        program.wait_for_batches(&format!("{:?}", expected.last()), |batches| {
            (kind.news_of(batches).len() >= expected.len()).then_some(())
        });
    };
    all_seen(&expected);
    for message in messages {
        connection.send(message);
        let known = expected.len();
        let body = model.batch(message);
        expected = kind.news(expected.into_iter().chain([body]));
        if expected.len() > known {
            all_seen(&expected);
        } else {
            program.wait_for_more_batches(2);
        }
    }
    connection.close();
    expected = kind.news(expected.into_iter().chain([model.end()]));

    let finished = program.finish().with_code(0);
    let batches = finished.batches();
    assert_ticks(&batches, INTERVAL);
    assert_eq!(kind.news_of(&batches), expected);
    batches.into_iter().map(|batch| batch.body).collect()
}
