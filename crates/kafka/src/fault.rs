//! Faults of brokers and partitions, and what each is told as: those that batches go on without,
//! and those that end the run.

use std::fmt;
use std::io;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::planner::{Ends, Part};

/// The name of a partition in messages.
pub(crate) fn subject((topic, partition): &Part) -> String {
    format!("topic {topic}, partition {partition}")
}

/// The reason for which no broker can be asked.
#[derive(Debug)]
pub(crate) struct Unreachable {
    pub(crate) cause: KafkaError,
    /// The newest error of a connection, which says more.
    pub(crate) connection: Option<String>,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.connection {
            Some(reason) => f.write_str(reason),
            None => self.cause.fmt(f),
        }
    }
}

impl std::error::Error for Unreachable {}

/// A trouble with a topic or a partition, without which batches go on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// The brokers refuse the topic.
    Topic(RDKafkaErrorCode),
    /// The brokers do not say where the partition begins and ends.
    Offsets(Option<KafkaError>),
    /// No broker leads the partition.
    NoLeader,
    /// The partition was named by the program, and is not there.
    NoPartition,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Topic(code) => code.fmt(f),
            Trouble::Offsets(Some(error)) => error.fmt(f),
            Trouble::Offsets(None) => f.write_str("its offsets are not known"),
            Trouble::NoLeader => f.write_str("no broker leads it"),
            Trouble::NoPartition => f.write_str("there is no such partition"),
        }
    }
}

/// Records that are gone and were not read.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) part: Part,
    /// The first offset that was not read.
    pub(crate) next: i64,
    /// The end of the batch, if one was fixed.
    pub(crate) until: Option<i64>,
    /// The offsets that are there, or why they are not known.
    pub(crate) ends: Result<Ends, KafkaError>,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subject, next) = (subject(&self.part), self.next);
        match self.until {
            None => write!(f, "{subject}: offset {next} comes next, and ")?,
            Some(until) => write!(
                f,
                "{subject}: offset {next} is gone, and the batch ends at {until}: "
            )?,
        }
        match &self.ends {
            Ok(Ends { low, high }) => write!(f, "there are {low} to {high}"),
            Err(error) => error.fmt(f),
        }
    }
}

/// An offset that has not come.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) part: Part,
    pub(crate) next: i64,
    /// The end of the batch.
    pub(crate) until: i64,
    pub(crate) waited: Duration,
    /// The client's words on the trouble, if it has any.
    pub(crate) trouble: Option<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subject, seconds) = (subject(&self.part), self.waited.as_secs_f64());
        write!(
            f,
            "{subject}: offset {} has not come for {seconds:.1} s, and the batch ends at {}: {}",
            self.next,
            self.until,
            self.trouble.as_deref().unwrap_or("nothing comes")
        )
    }
}

/// A fault that ends the run.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The starting offset of a partition is not there.
    StartsNowhere(Part, i64, Ends),
    /// Records are gone that were not read.
    Lost(Lost),
    /// A record has not come for too long.
    Missing(Missing),
    /// The client does not take a partition.
    Assign(Part, KafkaError),
    /// The client has no queue for a partition.
    NoQueue(Part),
    /// The batch has a partition, and no client was made before.
    NoClient,
    /// The thread that asks the brokers has panicked.
    NoPlanner,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::StartsNowhere(part, offset, Ends { low, high }) => write!(
                f,
                "{}: the starting offset {offset} is not there: there are {low} to {high}",
                subject(part)
            ),
            Fault::Lost(lost) => write!(
                f,
                "records were lost: {lost} ({}=false goes on without them)",
                millrace::keys::KAFKA_FAIL_ON_DATA_LOSS
            ),
            Fault::Missing(missing) => missing.fmt(f),
            Fault::Assign(part, error) => write!(f, "{}: {error}", subject(part)),
            Fault::NoQueue(part) => write!(f, "{}: the client has no queue", subject(part)),
            Fault::NoClient => f.write_str("there is no client that reads"),
            Fault::NoPlanner => f.write_str("the thread that asks the brokers has ended"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> io::Error {
        io::Error::other(fault)
    }
}
