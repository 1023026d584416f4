//! Records of topics, as a stream has them.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use millrace::{Duration, StreamingContext, testing};
use millrace_kafka::{KafkaRecord, KafkaStreams, OffsetRange, Topics};

use super::cluster::{Cluster, PATIENCE};
use super::life::{Life, earliest};

#[test]
fn a_record_has_everything_that_it_was_sent_with() {
    let cluster = Cluster::new(1);
    cluster.topic("odd", 1);
    cluster.put_odd("odd");
    let records: Arc<Mutex<Vec<KafkaRecord>>> = Arc::default();
    let ssc = context();
    let stream = ssc
        .kafka_direct_stream(&cluster.brokers(), Topics::subscribe(["odd"]), earliest())
        .unwrap();
    let seen = Arc::clone(&records);
    stream
        .records()
        .foreach_rdd(move |rdd| seen.lock().unwrap().extend(rdd.collect()));
    run_until(&ssc, || records.lock().unwrap().len() >= 2);
    let records = records.lock().unwrap();
    let [first, second] = &records[..] else {
        panic!("{records:?}");
    };
    assert_eq!(
        (&*first.topic, first.partition, first.offset),
        ("odd", 0, 0)
    );
    assert_eq!(first.timestamp, Some(1234));
    assert_eq!(first.key_text().as_deref(), Some("key"));
    assert_eq!(first.value_text().as_deref(), Some("value"));
    let headers: Vec<_> = first
        .headers
        .iter()
        .map(|(name, it)| (&**name, it.clone()))
        .collect();
    assert_eq!(headers, [("from", Some(b"test".to_vec())), ("none", None)]);
    assert_eq!(
        (second.offset, &second.key, &second.value),
        (1, &None, &None)
    );
    assert_eq!(second.value_text(), None);
}

/// Runs it until something holds.
fn run_until(ssc: &StreamingContext, holds: impl Fn() -> bool) {
    ssc.start().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        let ended = ssc.await_termination_or_timeout(std::time::Duration::from_millis(5));
        assert!(
            !ended.unwrap() && Instant::now() < deadline,
            "waited in vain"
        );
    }
    ssc.stop(false);
    ssc.await_termination().unwrap();
}

fn context() -> StreamingContext {
    let conf = millrace::Conf::from_iter([("spark.master", "local[2]")]);
    testing::context(&conf, Duration::milliseconds(20)).unwrap()
}

#[test]
fn each_record_is_in_one_batch_and_each_topic_partition_is_a_partition() {
    let cluster = Cluster::new(1);
    cluster.topic("a", 2);
    cluster.topic("b", 1);
    let life = Life::start(&cluster, Topics::subscribe(["a", "b"]), earliest());
    let mut sent = Vec::new();
    for round in 0..10 {
        for (topic, partition) in [("a", 0), ("a", 1), ("b", 0)] {
            let value = format!("{topic}{partition}-{round}");
            cluster.put(topic, partition, &value);
            sent.push(value);
        }
    }
    sent.sort();
    assert_eq!(life.wait_for(30), sent);
    life.wait_for_batches(2);
    let batches = life.stop();
    let mut next = [0; 3];
    for batch in batches.iter().filter(|batch| !batch.ranges.is_empty()) {
        let parts = batch.ranges.iter().map(|it| (&*it.topic, it.partition));
        assert_eq!(parts.collect::<Vec<_>>(), [("a", 0), ("a", 1), ("b", 0)]);
        for (range, next) in batch.ranges.iter().zip(&mut next) {
            assert_eq!(range.from_offset, *next);
            *next = range.until_offset;
        }
        let counts = batch.ranges.iter().map(OffsetRange::count);
        assert_eq!(counts.sum::<u64>(), batch.values.len() as u64);
    }
    assert_eq!(next, [10; 3]);
}

#[test]
fn latest_is_what_is_there_when_the_stream_is_described() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 1);
    cluster.put("t", 0, "old");
    let life = Life::start(&cluster, Topics::subscribe(["t"]), Default::default());
    life.wait_until("the partition", |life| {
        life.batches().iter().any(|batch| !batch.ranges.is_empty())
    });
    cluster.put("t", 0, "new");
    assert_eq!(life.wait_for(1), ["new"]);
}

#[test]
fn a_second_reading_of_a_batch_has_the_same_records() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 1);
    let ssc = context();
    let stream = ssc
        .kafka_direct_stream(&cluster.brokers(), Topics::subscribe(["t"]), earliest())
        .unwrap();
    let offsets: Arc<Mutex<Vec<i64>>> = Arc::default();
    let seen = Arc::clone(&offsets);
    stream.records().foreach_rdd(move |rdd| {
        let read = || -> Vec<i64> { rdd.collect().iter().map(|it| it.offset).collect() };
        let first = read();
        assert_eq!(first, read());
        seen.lock().unwrap().extend(first);
    });
    for value in 0..20 {
        cluster.put("t", 0, &value.to_string());
    }
    let count = Mutex::new(20);
    run_until(&ssc, || {
        let mut count = count.lock().unwrap();
        if *count < 60 {
            cluster.put("t", 0, &count.to_string());
            *count += 1;
        }
        offsets.lock().unwrap().len() >= 60
    });
    assert_eq!(*offsets.lock().unwrap(), (0..60).collect::<Vec<_>>());
}

/// The cluster keeps no larger ones; ten megabytes are sent to the real broker.
#[test]
fn records_of_four_megabytes_are_read() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 1);
    let life = Life::start(&cluster, Topics::subscribe(["t"]), earliest());
    let large = "x".repeat(4 << 20);
    for (count, value) in [(1, "before"), (2, &large), (3, "behind")] {
        cluster.put("t", 0, value);
        life.wait_for(count);
    }
    assert_eq!(life.wait_for(3)[2].len(), large.len());
}
