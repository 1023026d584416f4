//! Records that are gone before they were read. The mock cluster keeps five megabytes of a
//! partition.

use millrace_kafka::{KafkaOptions, StartingOffsets, Topics};

use super::cluster::Cluster;
use super::life::{Life, Place, earliest};

fn at(offsets: &str) -> KafkaOptions {
    KafkaOptions::new().starting_offsets(StartingOffsets::parse(offsets).unwrap())
}

/// Writes twelve megabytes.
fn flood(cluster: &Cluster) {
    let value = "x".repeat(1 << 20);
    for _ in 0..12 {
        cluster.put("t", 0, &value);
    }
}

#[test]
fn a_starting_offset_that_is_not_there_ends_the_run_with_the_offsets_that_are() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 1);
    cluster.put_all("t", 0, &["a", "b", "c"]);
    let topics = || Topics::subscribe(["t"]);
    let life = Life::start(&cluster, topics(), at(r#"{"t":{"0":7}}"#));
    let error = life.error().to_string();
    let expected = "topic t, partition 0: the starting offset 7 is not there: there are 0 to 3";
    assert!(error.contains(expected), "{error}");
    let life = Life::start(&cluster, topics(), at(r#"{"t":{"0":1}}"#));
    assert_eq!(life.wait_for(2), ["b", "c"]);
}

#[test]
fn records_that_are_gone_end_the_run_unless_a_setting_says_otherwise() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 1);
    cluster.put("t", 0, "first");
    let place = Place::new("loss");
    let first = place.start(&[], &cluster, earliest());
    first.wait_for(1);
    first.stop();
    flood(&cluster);
    cluster.put("t", 0, "last");
    let error = place.start(&[], &cluster, earliest()).error().to_string();
    let expected = "records were lost: topic t, partition 0: offset 1 comes next, and there are";
    assert!(error.contains(expected), "{error}");
    let goes_on = [("millrace.kafka.failOnDataLoss", "false")];
    let third = place.start(&goes_on, &cluster, earliest());
    third.wait_until("the last value", |life| {
        life.values().iter().any(|it| it == "last")
    });
    third.stop();
}

/// The parameter of Kafka's clients says at which end it goes on.
#[test]
fn behind_a_loss_it_goes_on_where_the_reset_says() {
    for reset in ["smallest", "latest"] {
        let cluster = Cluster::new(1);
        cluster.topic("t", 1);
        cluster.put("t", 0, "first");
        let place = Place::new(&format!("reset-{reset}"));
        let first = place.start(&[], &cluster, earliest());
        first.wait_for(1);
        first.stop();
        flood(&cluster);
        cluster.put("t", 0, "last");
        let options = earliest().param("auto.offset.reset", reset);
        let goes_on = [("millrace.kafka.failOnDataLoss", "false")];
        let second = place.start(&goes_on, &cluster, options);
        second.wait_until("the partition", |life| {
            let batches = life.batches();
            let ranges = batches.iter().flat_map(|batch| &batch.ranges);
            ranges.clone().any(|range| range.until_offset == 14)
        });
        cluster.put("t", 0, "new");
        second.wait_until("the new value", |life| {
            life.values().last().is_some_and(|it| it == "new")
        });
        let has_last = second.values().iter().any(|it| it == "last");
        assert_eq!(has_last, reset == "smallest");
        second.stop();
    }
}
