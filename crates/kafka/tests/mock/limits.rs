//! Limits of the records of a batch.

use millrace_kafka::{OffsetRange, Topics};

use super::cluster::Cluster;
use super::life::{Life, earliest};

#[test]
fn a_partition_gives_no_more_than_its_rate() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 2);
    let values: Vec<String> = (0..40).map(|it| format!("{it:02}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    cluster.put_all("t", 0, &values);
    cluster.put_all("t", 1, &values[..5]);
    // Batches of 20 ms: four records.
    let rate = [("spark.streaming.kafka.maxRatePerPartition", "200")];
    let life = Life::start_with(&rate, &cluster, Topics::subscribe(["t"]), earliest());
    life.wait_for(45);
    let batches = life.stop();
    let counts = |index: usize| -> Vec<u64> {
        let ranges = batches.iter().filter_map(|batch| batch.ranges.get(index));
        ranges
            .map(OffsetRange::count)
            .filter(|&count| count > 0)
            .collect()
    };
    assert_eq!(counts(0), [4; 10]);
    assert_eq!(counts(1), [4, 1]);
}

#[test]
fn backpressure_begins_at_the_initial_rate_and_goes_on_at_the_estimate() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 1);
    let values: Vec<String> = (0..2000).map(|it| it.to_string()).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    cluster.put_all("t", 0, &values);
    let settings = [
        ("spark.streaming.backpressure.enabled", "true"),
        ("spark.streaming.backpressure.initialRate", "150"),
        ("spark.streaming.backpressure.pid.minRate", "50"),
    ];
    let life = Life::start_with(&settings, &cluster, Topics::subscribe(["t"]), earliest());
    // Three records per batch until the second batch has said how fast the program is.
    life.wait_until("another rate than the first", |life| {
        let batches = life.batches();
        let counts = batches
            .iter()
            .flat_map(|batch| &batch.ranges)
            .map(OffsetRange::count);
        let counts: Vec<u64> = counts.filter(|&count| count > 0).collect();
        assert!(counts.first().is_none_or(|&count| count == 3), "{counts:?}");
        counts.iter().any(|&count| count != 3)
    });
}
