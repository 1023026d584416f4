//! librdkafka's mock cluster, filled once. It keeps five megabytes of a partition, as they were
//! sent, so a large backlog has many partitions.

use std::io::Read;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::{Outcome, PATIENCE, TOPIC};

/// Fills a topic by a producer with the given settings, prints the address of the brokers, and serves until standard input is closed.
///
/// # Errors
/// If the cluster or the producer refuses something.
pub(crate) fn serve(records: u64, partitions: i32, bytes: usize, settings: &[&str]) -> Outcome<()> {
    let cluster = MockCluster::new(1)?;
    cluster.create_topic(TOPIC, partitions, 1)?;
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", cluster.bootstrap_servers());
    // The cluster answers with one batch of the producer for each partition, so that batches should
    // be as large as they may.
    config.set("queue.buffering.max.messages", "10000000");
    config.set("queue.buffering.max.kbytes", "500000");
    config.set("linger.ms", "2000");
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or("a setting is KEY=VALUE")?;
        config.set(key, value);
    }
    let producer: BaseProducer = config.create()?;
    for number in 0..records {
        let value = value(number, bytes);
        let partition = i32::try_from(number % partitions.unsigned_abs() as u64).unwrap_or(0);
        let mut record = BaseRecord::<(), str>::to(TOPIC)
            .partition(partition)
            .payload(&value);
        while let Err((error, back)) = producer.send(record) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(error.into());
            }
            producer.poll(Duration::from_millis(10));
            record = back;
        }
        if number.is_multiple_of(10_000) {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(PATIENCE * 20)?;
    #[expect(clippy::print_stdout, reason = "who reads it is told where")]
    {
        println!("{}", cluster.bootstrap_servers());
    }
    // Whoever closes it has had enough.
    drop(std::io::stdin().read_to_end(&mut Vec::new()));
    Ok(())
}

/// Letters of which compression makes an eighth or so: words of sixteen, each four times.
fn value(number: u64, bytes: usize) -> String {
    let words = (0_u64..).map(|word| {
        let mixed = (number << 20 | word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{:016x}", mixed ^ mixed >> 29)
    });
    let mut value = String::with_capacity(bytes + 64);
    for word in words.take(bytes.div_ceil(64)) {
        (0..4).for_each(|_| value.push_str(&word));
    }
    value.truncate(bytes);
    value
}
