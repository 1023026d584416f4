//! Stops while a batch waits for records that do not come.

use std::time::{Duration, Instant};

use millrace::ErrorKind;
use rdkafka::bindings::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_UNKNOWN;
use rdkafka::types::RDKafkaApiKey;

use super::cluster::Cluster;
use super::life::{Life, Place, earliest};

/// Far below the two minutes for which a batch waits.
const SOON: Duration = Duration::from_secs(40);

/// A cluster that says where partitions end and gives no records.
fn silent() -> Cluster {
    let cluster = Cluster::new(1);
    cluster.topic("t", 2);
    cluster.put("t", 0, "a");
    cluster.put("t", 1, "b");
    let errors = [RD_KAFKA_RESP_ERR_UNKNOWN; 5000];
    cluster.mock.request_errors(RDKafkaApiKey::Fetch, &errors);
    cluster
}

#[test]
fn a_stop_gives_up_a_batch_whose_records_do_not_come_and_a_recovery_runs_it() {
    for graceful in [false, true] {
        let cluster = silent();
        let place = Place::new(&format!("stops-{graceful}"));
        // The grace of a stop is its own limit, and is not what ends it here.
        let grace = [("spark.streaming.gracefulStopTimeout", "600s")];
        let first = place.start(&grace, &cluster, earliest());
        first.wait_until("a batch with a range", Life::has_begun);
        let since = Instant::now();
        let ended = first.end(graceful);
        let waited = since.elapsed();
        assert!(waited < SOON, "{waited:?}");
        match graceful {
            true => {
                let error = ended.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unfinished, "{error}");
                let error = error.to_string();
                let expected = "topic t, partition ";
                assert!(error.contains(expected), "{error}");
                let expected = "offset 0 has not come for ";
                assert!(error.contains(expected), "{error}");
            }
            false => ended.unwrap(),
        }
        cluster.mock.clear_request_errors(RDKafkaApiKey::Fetch);
        let second = place.start(&[], &cluster, earliest());
        assert_eq!(second.wait_for(2), ["a", "b"]);
        second.stop();
    }
}
