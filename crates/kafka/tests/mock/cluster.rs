//! A mock cluster, and who writes to it.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

type Threaded = ThreadedProducer<DefaultProducerContext>;

pub(crate) struct Cluster {
    producer: Threaded,
    pub(crate) mock: MockCluster<'static, DefaultProducerContext>,
}

impl Cluster {
    pub(crate) fn new(brokers: i32) -> Cluster {
        let mock = MockCluster::new(brokers).unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", mock.bootstrap_servers());
        config.set("message.max.bytes", "20000000");
        // Broken batches of a producer are not what is tried here.
        config.set("reconnect.backoff.max.ms", "200");
        Cluster {
            producer: config.create().unwrap(),
            mock,
        }
    }

    pub(crate) fn topic(&self, name: &str, partitions: i32) {
        self.mock.create_topic(name, partitions, 1).unwrap();
    }

    pub(crate) fn brokers(&self) -> String {
        self.mock.bootstrap_servers()
    }

    /// Writes a record, which is there when the call returns.
    pub(crate) fn put(&self, topic: &str, partition: i32, value: &str) {
        self.put_all(topic, partition, &[value]);
    }

    pub(crate) fn put_all(&self, topic: &str, partition: i32, values: &[&str]) {
        for value in values {
            self.send(
                BaseRecord::<(), str>::to(topic)
                    .partition(partition)
                    .payload(value),
            );
        }
        self.flush();
    }

    /// Writes a record with a key and a header, and one that has neither key nor value.
    pub(crate) fn put_odd(&self, topic: &str) {
        let header = Header {
            key: "from",
            value: Some("test"),
        };
        let none = Header {
            key: "none",
            value: None::<&str>,
        };
        let headers = OwnedHeaders::new().insert(header).insert(none);
        let record = BaseRecord::<str, str>::to(topic).partition(0);
        self.send(
            record
                .key("key")
                .payload("value")
                .timestamp(1234)
                .headers(headers),
        );
        self.send(BaseRecord::<str, str>::to(topic).partition(0));
        self.flush();
    }

    fn send<K, V>(&self, record: BaseRecord<'_, K, V>)
    where
        K: rdkafka::message::ToBytes + ?Sized,
        V: rdkafka::message::ToBytes + ?Sized,
    {
        let sent = self.producer.send(record);
        assert!(sent.is_ok(), "the queue of the producer is full");
    }

    fn flush(&self) {
        self.producer.flush(PATIENCE).unwrap();
    }

    /// Another consumer of a group.
    pub(crate) fn member(&self, group: &str, topic: &str) -> Member {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.brokers());
        config.set("group.id", group);
        config.set("heartbeat.interval.ms", "200");
        let consumer: BaseConsumer = config.create().unwrap();
        consumer.subscribe(&[topic]).unwrap();
        Member(consumer)
    }

    /// The offset of partition 0 that is committed to a group.
    pub(crate) fn committed(&self, group: &str, topic: &str) -> Option<i64> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.brokers());
        config.set("group.id", group);
        let consumer: BaseConsumer = config.create().unwrap();
        let mut asked = TopicPartitionList::new();
        asked.add_partition(topic, 0);
        let answer = consumer.committed_offsets(asked, PATIENCE).unwrap();
        match answer.elements()[0].offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }
}

/// A consumer that is in a group.
pub(crate) struct Member(BaseConsumer);

impl Member {
    pub(crate) fn wait_for_a_partition(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.0.assignment().unwrap().count() == 0 {
            drop(self.0.poll(Duration::from_millis(20)));
            assert!(Instant::now() < deadline, "the group gives it nothing");
        }
    }
}
