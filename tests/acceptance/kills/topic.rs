//! A topic that is written to, and what has arrived of it.
//!
//! The brokers are librdkafka's mock cluster in this process, so that they outlive every kill. They
//! keep what was sent: the sender never goes back.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use super::view::{Counts, word};

/// The name of the topic.
const NAME: &str = "t";
/// The number of partitions; line number `n` is in partition `n` modulo this.
const PARTITIONS: u64 = 3;

/// A topic of a cluster of its own.
pub(super) struct Topic {
    /// The line that comes next.
    pub(super) next: u64,
    producer: ThreadedProducer<DefaultProducerContext>,
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Topic {
    pub(super) fn new() -> Topic {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic(NAME, PARTITIONS as i32, 1).unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers());
        config.set("linger.ms", "0");
        Topic {
            next: 0,
            producer: config.create().unwrap(),
            cluster,
        }
    }

    /// The arguments of the program: the brokers, and the topic.
    pub(super) fn arguments(&self) -> [String; 2] {
        [self.cluster.bootstrap_servers(), NAME.to_owned()]
    }

    /// Writes so many lines; they are there when the call returns.
    pub(super) fn put(&mut self, lines: u64) {
        for line in self.next..self.next + lines {
            let (partition, value) = ((line % PARTITIONS) as i32, word(line));
            let record = BaseRecord::<(), str>::to(NAME).partition(partition);
            let sent = self.producer.send(record.payload(&value));
            assert!(sent.is_ok(), "the queue of the producer is full");
        }
        self.producer.flush(Duration::from_secs(240)).unwrap();
        self.next += lines;
    }

    /// The number of lines that have arrived: of each partition a beginning, each line once, and
    /// nothing else.
    pub(super) fn judge(&self, counts: &Counts) -> Result<u64, String> {
        let mut arrived = 0;
        for partition in 0..PARTITIONS {
            let mut missing = None;
            for line in (partition..self.next).step_by(PARTITIONS as usize) {
                match (counts.get(&word(line)), missing) {
                    (Some(1), None) => arrived += 1,
                    (Some(1), Some(missing)) => {
                        return Err(format!("line {line} is there, and {missing} is not"));
                    }
                    (Some(count), _) => return Err(format!("line {line} is there {count} times")),
                    (None, _) => missing = missing.or(Some(line)),
                }
            }
        }
        let all = counts.len() as u64;
        (all == arrived)
            .then_some(arrived)
            .ok_or_else(|| format!("{} words were never sent", all - arrived))
    }
}
