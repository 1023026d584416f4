//! A backlog is worked through with the memory of the budget, however large it is.
//!
//! It is librdkafka's mock cluster that has it, which is fast and keeps five megabytes of a
//! partition.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};

use crate::acceptance::harness::{Launch, PATIENCE, Signal};

use super::counted::Counted;

const PARTITIONS: i32 = 64;
const RECORDS_OF_A_PARTITION: i32 = 1_150;
/// The words of a record, each of eight bytes with its blank.
const WORDS: usize = 512;
/// The queues of the partitions hold a mebibyte each, and the largest answer is of fifty.
const MEMORY: u64 = 128 << 20;

/// A cluster that has three hundred megabytes.
fn backlog() -> MockCluster<'static, DefaultProducerContext> {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", PARTITIONS, 1).unwrap();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", cluster.bootstrap_servers());
    let producer: BaseProducer = config.create().unwrap();
    let value = ["word-00", "word-01"].repeat(WORDS / 2).join(" ");
    for _ in 0..RECORDS_OF_A_PARTITION {
        for partition in 0..PARTITIONS {
            let mut record = BaseRecord::<(), str>::to("t").partition(partition);
            record = record.payload(&value);
            while let Err((error, back)) = producer.send(record) {
                let full = Some(RDKafkaErrorCode::QueueFull);
                assert_eq!(error.rdkafka_error_code(), full, "{error}");
                producer.poll(Duration::from_millis(5));
                record = back;
            }
        }
        producer.poll(Duration::ZERO);
    }
    producer.flush(PATIENCE).unwrap();
    cluster
}

#[test]
fn a_backlog_far_larger_than_the_budget_is_worked_through_with_flat_memory() {
    let cluster = backlog();
    let program = Launch::of(env!("CARGO_BIN_EXE_direct_kafka_wordcount"))
        .threads(2)
        .every("200ms")
        .conf("millrace.kafka.startingOffsets", "earliest")
        .conf("millrace.receiver.maxBytesInFlight", "32m")
        .args([cluster.bootstrap_servers(), "t".to_owned()])
        .start();
    let mut counted = Counted::default();
    let each = i64::from(RECORDS_OF_A_PARTITION * PARTITIONS) * WORDS as i64 / 2;
    let words = ["word-00", "word-01"].map(|word| (word.to_owned(), each));
    let expected = BTreeMap::from(words);
    program.wait_for_batches("the whole backlog", |batches| {
        counted.take(batches);
        (counted.counts() == expected).then_some(())
    });
    let peak = program.peak_resident_bytes();
    program.signal(Signal::Terminate);
    program.finish().with_code(0);
    let Some(peak) = peak else {
        eprintln!("skipped: this system does not say what a program holds");
        return;
    };
    eprintln!("{} MiB at most", peak >> 20);
    assert!(peak < MEMORY, "{} MiB", peak >> 20);
}
