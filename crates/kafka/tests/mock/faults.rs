//! Brokers that are not there, and leaders that change.

use millrace_kafka::Topics;

use super::cluster::Cluster;
use super::life::{Life, earliest};

#[test]
fn batches_go_on_without_a_broker_that_is_down_and_have_its_records_later() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 1);
    cluster.put("t", 0, "first");
    cluster.mock.broker_down(1).unwrap();
    let life = Life::start(&cluster, Topics::subscribe(["t"]), earliest());
    life.wait_for_batches(3);
    assert!(life.batches().iter().all(|batch| batch.ranges.is_empty()));
    cluster.mock.broker_up(1).unwrap();
    life.wait_for(1);
    cluster.mock.broker_down(1).unwrap();
    // The one that was planned when it went may wait for it.
    life.wait_until("a batch without it", |life| {
        life.batches()
            .last()
            .is_some_and(|batch| batch.ranges.is_empty())
    });
    life.wait_for_batches(3);
    cluster.mock.broker_up(1).unwrap();
    cluster.put("t", 0, "second");
    assert_eq!(life.wait_for(2), ["first", "second"]);
}

#[test]
fn a_change_of_the_leader_loses_and_repeats_nothing() {
    let cluster = Cluster::new(3);
    cluster.topic("t", 1);
    let life = Life::start(&cluster, Topics::subscribe(["t"]), earliest());
    let mut sent = Vec::new();
    for round in 0..9 {
        cluster
            .mock
            .partition_leader("t", 0, Some(1 + round % 3))
            .unwrap();
        let value = format!("value {round}");
        cluster.put("t", 0, &value);
        sent.push(value);
        assert_eq!(life.wait_for(sent.len()), sent);
    }
}

#[test]
fn a_topic_that_is_made_later_is_read_from_its_first_record_on() {
    let cluster = Cluster::new(1);
    cluster.topic("log-a", 1);
    cluster.topic("other", 1);
    cluster.put("log-a", 0, "old");
    let life = Life::start(&cluster, Topics::pattern("log-.*"), Default::default());
    life.wait_until("the first topic", |life| {
        life.batches().iter().any(|batch| batch.ranges.len() == 1)
    });
    cluster.topic("log-b", 2);
    cluster.put("log-b", 1, "b");
    cluster.put("log-a", 0, "a");
    cluster.put("other", 0, "not this");
    assert_eq!(life.wait_for(2), ["a", "b"]);
    life.wait_for_batches(2);
    let batches = life.stop();
    assert_eq!(batches.last().unwrap().ranges.len(), 3);
}

#[test]
fn partitions_that_are_assigned_are_the_only_ones() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 3);
    for partition in 0..3 {
        cluster.put("t", partition, &partition.to_string());
    }
    let life = Life::start(&cluster, Topics::assign([("t", 2), ("t", 0)]), earliest());
    assert_eq!(life.wait_for(2), ["0", "2"]);
    life.wait_for_batches(3);
    assert_eq!(life.values().len(), 2);
}
