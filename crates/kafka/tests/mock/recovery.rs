//! Going on where it was.

use millrace_kafka::KafkaOptions;

use super::cluster::Cluster;
use super::life::Place;

#[test]
fn a_second_life_goes_on_behind_the_first_whatever_the_group_has_committed() {
    let cluster = Cluster::new(1);
    cluster.topic("t", 1);
    let place = Place::new("recovery");
    let start = || {
        let options = KafkaOptions::new()
            .param("group.id", "g")
            .param("auto.offset.reset", "smallest");
        place.start(&[], &cluster, options)
    };
    cluster.put("t", 0, "a");
    let first = start();
    first.wait_for(1);
    first.wait_until("the commit", |_| cluster.committed("g", "t") == Some(1));
    first.stop();
    cluster.put("t", 0, "b");
    let second = start();
    assert_eq!(second.wait_for(1), ["b"]);
    second.wait_for_batches(2);
    assert_eq!(second.values(), ["b"]);
    second.stop();
    assert_eq!(cluster.committed("g", "t"), Some(2));
}
