//! Odd records: transactions, whose marks are no records; very large ones; those without a key or
//! a value.

use std::sync::{Arc, Mutex};
use std::time::{Duration as Pause, Instant};

use millrace::{Conf, Duration, testing};
use millrace_kafka::{KafkaOptions, KafkaRecord, KafkaStreams, StartingOffsets, Topics};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::acceptance::harness::PATIENCE;

use super::broker::Broker;

/// The records of topic `t`, once there are so many.
fn records(broker: &Broker, count: usize) -> Vec<KafkaRecord> {
    let conf = Conf::from_iter([("spark.master", "local[2]")]);
    let ssc = testing::context(&conf, Duration::milliseconds(50)).unwrap();
    let options = KafkaOptions::new().starting_offsets(StartingOffsets::Earliest);
    let stream = ssc
        .kafka_direct_stream(&broker.address(), Topics::subscribe(["t"]), options)
        .unwrap();
    let records: Arc<Mutex<Vec<KafkaRecord>>> = Arc::default();
    let seen = Arc::clone(&records);
    stream
        .records()
        .foreach_rdd(move |rdd| seen.lock().unwrap().extend(rdd.collect()));
    ssc.start().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while records.lock().unwrap().len() < count {
        let ended = ssc.await_termination_or_timeout(Pause::from_millis(5));
        assert!(
            !ended.unwrap() && Instant::now() < deadline,
            "waited in vain"
        );
    }
    ssc.stop(true);
    ssc.await_termination().unwrap();
    records.lock().unwrap().clone()
}

fn values(records: &[KafkaRecord]) -> Vec<String> {
    let values = records.iter().map(|record| record.value_text().unwrap());
    values.map(String::from).collect()
}

/// Between the records of two transactions is an offset that nobody is given.
#[test]
fn the_marks_of_transactions_are_gaps() {
    let Some(broker) = Broker::start() else {
        return;
    };
    broker.topic("t", 1);
    let mut config = broker.client();
    config.set("transactional.id", "writer");
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    for value in ["a", "b", "c"] {
        producer.begin_transaction().unwrap();
        let record = BaseRecord::<(), str>::to("t").partition(0).payload(value);
        assert!(producer.send(record).is_ok());
        producer.commit_transaction(PATIENCE).unwrap();
    }
    let records = records(&broker, 3);
    assert_eq!(values(&records), ["a", "b", "c"]);
    let offsets: Vec<i64> = records.iter().map(|record| record.offset).collect();
    assert_eq!(offsets, [0, 2, 4]);
}

#[test]
fn records_of_ten_megabytes_and_those_without_key_or_value_are_read() {
    let Some(broker) = Broker::start() else {
        return;
    };
    broker.topic("t", 1);
    let large = "x".repeat(10 << 20);
    broker.send(
        BaseRecord::<(), str>::to("t")
            .partition(0)
            .payload("before"),
    );
    broker.send(BaseRecord::to("t").partition(0).key("key").payload(&large));
    broker.send(BaseRecord::<str, str>::to("t").partition(0));
    broker.flush();
    let records = records(&broker, 3);
    let sizes: Vec<_> = records
        .iter()
        .map(|it| it.value.as_ref().map(Vec::len))
        .collect();
    assert_eq!(sizes, [Some(6), Some(10 << 20), None]);
    let keys: Vec<_> = records.iter().map(KafkaRecord::key_text).collect();
    assert_eq!(keys, [None, Some("key".into()), None]);
}
