//! Brokers of librdkafka's mock cluster, in a process of their own, for the tests of Kafka programs
//! in Python; or, with the address of other brokers as its argument, a writer to those.
//!
//! The first line that it writes is the brokers' address. It does what lines of its input say,
//! words between tabs, and answers each with a line: `topic NAME PARTITIONS`, `put TOPIC PARTITION
//! KEY VALUE [HEADER HEADERVALUE]` (texts as hexadecimal bytes, `-` for none), `committed GROUP TOPIC
//! PARTITION`. It ends with its input.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::io::{BufRead, stdin};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

const PATIENCE: Duration = Duration::from_secs(240);

struct Brokers {
    address: String,
    /// None if the brokers are somebody else's.
    mock: Option<MockCluster<'static, DefaultProducerContext>>,
    producer: ThreadedProducer<DefaultProducerContext>,
}

fn main() {
    let given = std::env::args().nth(1);
    let mock = given.is_none().then(|| MockCluster::new(1).unwrap());
    let own = mock.as_ref().map(MockCluster::bootstrap_servers);
    let address = given.or(own).unwrap();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &address);
    // The real broker of the tests takes the first record of the last batch for the end of a
    // partition.
    config.set("batch.num.messages", "1");
    let producer = config.create().unwrap();
    let brokers = Brokers {
        address,
        mock,
        producer,
    };
    println!("{}", brokers.address);
    for line in stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split('\t').collect();
        println!("{}", brokers.answer(&words));
    }
}

impl Brokers {
    fn answer(&self, words: &[&str]) -> String {
        match words {
            ["topic", name, partitions] => {
                let partitions = partitions.parse().unwrap();
                let mock = self.mock.as_ref().unwrap();
                mock.create_topic(name, partitions, 1).unwrap();
                "made".to_owned()
            }
            ["put", topic, partition, key, value, header @ ..] => {
                self.put(topic, partition.parse().unwrap(), key, value, header);
                "put".to_owned()
            }
            ["flush"] => {
                self.producer.flush(PATIENCE).unwrap();
                "flushed".to_owned()
            }
            ["committed", group, topic, partition] => {
                self.committed(group, topic, partition.parse().unwrap())
            }
            other => panic!("{other:?} is no command"),
        }
    }

    fn put(&self, topic: &str, partition: i32, key: &str, value: &str, header: &[&str]) {
        let (key, value) = (bytes(key), bytes(value));
        let mut record = BaseRecord::<[u8], [u8]>::to(topic)
            .partition(partition)
            .timestamp(1234);
        if let Some(key) = &key {
            record = record.key(key);
        }
        if let Some(value) = &value {
            record = record.payload(value);
        }
        if let [name, value] = header {
            let value = bytes(value);
            let header = Header {
                key: name,
                value: value.as_ref(),
            };
            record = record.headers(OwnedHeaders::new().insert(header));
        }
        assert!(self.producer.send(record).is_ok(), "the queue is full");
    }

    /// The offset that a group has committed, or `none`.
    fn committed(&self, group: &str, topic: &str, partition: i32) -> String {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.address);
        config.set("group.id", group);
        let consumer: BaseConsumer = config.create().unwrap();
        let mut asked = TopicPartitionList::new();
        asked.add_partition(topic, partition);
        let answer = consumer.committed_offsets(asked, PATIENCE).unwrap();
        match answer.elements()[0].offset() {
            Offset::Offset(offset) => offset.to_string(),
            _ => "none".to_owned(),
        }
    }
}

/// The bytes of pairs of hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
    if text == "-" {
        return None;
    }
    let pairs = (0..text.len()).step_by(2);
    let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    Some(pairs.map(pair).collect())
}
