//! Brokers that are not there, and leaders that change.

use millrace_kafka::Topics;
use rdkafka::bindings::rd_kafka_resp_err_t::{
    RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
};

use super::cluster::Cluster;
use super::life::{Life, POISON, Place, earliest};

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

/// A partition that nobody leads is not there; one that is added comes the same way.
#[test]
fn a_partition_that_comes_while_it_runs_is_read_from_its_first_record_on() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 2);
    cluster.put("t", 0, "a");
    cluster.put("t", 1, "b");
    cluster.mock.partition_leader("t", 1, None).unwrap();
    let life = Life::start(&cluster, Topics::subscribe(["t"]), earliest());
    assert_eq!(life.wait_for(1), ["a"]);
    life.wait_for_batches(2);
    assert!(life.batches().iter().all(|batch| batch.ranges.len() < 2));
    cluster.mock.partition_leader("t", 1, Some(1)).unwrap();
    assert_eq!(life.wait_for(2), ["a", "b"]);
    cluster.put("t", 0, "c");
    assert_eq!(life.wait_for(3), ["a", "b", "c"]);
}

/// A topic that the brokers do not know for a while is in no batch, and then goes on.
#[test]
fn a_topic_that_is_unknown_for_a_while_loses_and_repeats_nothing() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 1);
    cluster.put("t", 0, "a");
    let life = Life::start(&cluster, Topics::subscribe(["t"]), earliest());
    assert_eq!(life.wait_for(1), ["a"]);
    let error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    cluster.mock.topic_error("t", error).unwrap();
    life.wait_for_batches(4);
    let none = RD_KAFKA_RESP_ERR_NO_ERROR;
    cluster.mock.topic_error("t", none).unwrap();
    cluster.put("t", 0, "b");
    assert_eq!(life.wait_for(2), ["a", "b"]);
}

/// Others of the group come and go: the stream has its partitions whatever they have, and goes on
/// when its commit is refused.
#[test]
fn others_of_the_group_take_nothing_away() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 2);
    let options = earliest().param("group.id", "g");
    let life = Life::start(&cluster, Topics::subscribe(["t"]), options);
    cluster.put("t", 0, "a");
    assert_eq!(life.wait_for(1), ["a"]);
    let other = cluster.member("g", "t");
    other.wait_for_a_partition();
    cluster.put("t", 1, "b");
    assert_eq!(life.wait_for(2), ["a", "b"]);
    drop(other);
    cluster.put("t", 0, "c");
    assert_eq!(life.wait_for(3), ["a", "b", "c"]);
    life.stop();
}

/// As any error of the program it ends the run; where records may be passed over, it is one of
/// them.
#[test]
fn a_record_at_which_the_program_panics_ends_the_run_or_is_passed_over() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 1);
    cluster.put_all("t", 0, &["a", POISON, "b"]);
    let place = Place::new("poison");
    let error = place.start(&[], &cluster, earliest()).error().to_string();
    assert!(error.contains("a value that is no value"), "{error}");
    let letters = place.beside("letters");
    let skip = [
        ("millrace.onRecordError", "skip"),
        ("millrace.deadLetterDir", letters.as_str()),
    ];
    let second = place.start(&skip, &cluster, earliest());
    assert_eq!(second.wait_for(2), ["a", "b"]);
    second.stop();
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
