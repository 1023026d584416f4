//! Logs that no broker of the tests makes: compacted ones, transactions that were taken back, a
//! partition that is added; and logins. The broker is a program that answers by Kafka's protocol from a log that it is given.

use std::collections::BTreeMap;
use std::env;
use std::net::TcpStream;
use std::process::{Child, Command};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use crate::acceptance::harness::{GLANCE, Launch, PATIENCE, Program, Signal};

use super::broker::{Broker, free_port};
use super::counted::Counted;

const BROKER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/acceptance/kafka/scripted_broker.py"
);

struct Scripted {
    broker: Child,
    port: u16,
}

impl Scripted {
    /// Starts it with a log; `login` is a user, a password and a mechanism, if somebody has to log in.
    fn start(log: &Value, login: &[&str]) -> Scripted {
        let port = free_port();
        let named = env::var_os("MILLRACE_TEST_PYTHON");
        let broker = Command::new(named.unwrap_or_else(|| "python3".into()))
            .args([BROKER, &port.to_string(), &log.to_string()])
            .args(login)
            .spawn()
            .unwrap();
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "the broker does not listen");
            thread::sleep(GLANCE);
        }
        Scripted { broker, port }
    }

    fn run(&self, launch: Launch) -> Program {
        let address = format!("127.0.0.1:{}", self.port);
        launch.args([address, "t".to_owned()]).start()
    }

    /// Waits until these words have come, and no others, each once.
    fn assert_counts(&self, launch: Launch, expected: &[&str]) {
        let program = self.run(launch);
        let mut counted = Counted::default();
        counted.wait_for(&program, expected.len());
        // The batch has ended, and what comes behind it begins.
        program.wait_for_more_batches(2);
        program.signal(Signal::Terminate);
        counted.take(&program.finish().with_code(0).batches());
        let expected = expected.iter().map(|word| ((*word).to_owned(), 1));
        assert_eq!(counted.counts(), expected.collect::<BTreeMap<_, _>>());
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        // Both fail when it has ended, and then there is nothing to do.
        let _ = self.broker.kill();
        let _ = self.broker.wait();
    }
}

/// Records are gone at the beginning of a batch, within it and at its end, and of one batch all are.
#[test]
fn a_compacted_log_has_the_records_that_are_left() {
    let log = json!({"batches": [
        {"base": 3, "last": 9, "records": {"5": "a", "7": "b"}},
        {"base": 10, "last": 14},
        {"base": 15, "last": 15, "records": {"15": "c"}},
        {"base": 16, "last": 20, "records": {"16": "d"}},
    ]});
    let broker = Scripted::start(&log, &[]);
    broker.assert_counts(Broker::wordcount(), &["a", "b", "c", "d"]);
    // The limit cuts ranges where there is no record, too.
    let slow = Broker::wordcount().conf("spark.streaming.kafka.maxRatePerPartition", 20);
    broker.assert_counts(slow, &["a", "b", "c", "d"]);
}

#[test]
fn records_of_a_transaction_that_was_taken_back_are_not_read() {
    let log = json!({"batches": [
        {"base": 0, "last": 1, "records": {"0": "gone", "1": "too"}, "writer": 7},
        {"base": 2, "last": 2, "records": {"2": "kept"}, "writer": 8},
        {"base": 3, "last": 3, "writer": 7, "ends": "abort"},
        {"base": 4, "last": 4, "writer": 8, "ends": "commit"},
        {"base": 5, "last": 5, "records": {"5": "plain"}},
        {"base": 6, "last": 6, "records": {"6": "again"}, "writer": 7},
        {"base": 7, "last": 7, "writer": 7, "ends": "commit"},
    ], "aborted": [[7, 0]]});
    let broker = Scripted::start(&log, &[]);
    broker.assert_counts(Broker::wordcount(), &["kept", "plain", "again"]);
    let key = "millrace.kafka.client.isolation.level";
    let all = Broker::wordcount().conf(key, "read_uncommitted");
    broker.assert_counts(all, &["gone", "too", "kept", "plain", "again"]);
}

#[test]
fn a_partition_that_is_added_is_read_from_its_first_record_on() {
    let log = json!({
        "batches": [{"base": 0, "last": 1, "records": {"0": "a", "1": "b"}}],
        "added": [{"base": 2, "last": 4, "records": {"2": "c", "4": "d"}}],
    });
    let broker = Scripted::start(&log, &[]);
    broker.assert_counts(Broker::wordcount(), &["a", "b", "c", "d"]);
}

/// Runs the program with a login that is right and with one that is not.
fn assert_logs_in(mechanism: &str, login: impl Fn(bool) -> Vec<(&'static str, &'static str)>) {
    let log = json!({"batches": [{"base": 0, "last": 0, "records": {"0": "a"}}]});
    let broker = Scripted::start(&log, &["reader", "secret", mechanism]);
    let launch = |is_right| {
        let mut settings = vec![
            ("security.protocol", "SASL_PLAINTEXT"),
            ("sasl.mechanism", mechanism),
        ];
        settings.extend(login(is_right));
        settings
            .iter()
            .fold(Broker::wordcount(), |launch, (key, value)| {
                launch.conf(&format!("millrace.kafka.client.{key}"), value)
            })
    };
    broker.assert_counts(launch(true), &["a"]);
    let refused = broker.run(launch(false));
    refused.wait_for_stderr("why it is not read", |text| {
        text.contains("no such user").then_some(())
    });
    refused.wait_for_more_batches(1);
}

#[test]
fn a_broker_that_asks_for_a_login_is_read_by_whoever_has_one() {
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        assert_logs_in(mechanism, |is_right| {
            let password = if is_right { "secret" } else { "guess" };
            vec![("sasl.username", "reader"), ("sasl.password", password)]
        });
    }
}

#[test]
fn a_broker_that_asks_for_a_token_is_read_by_whoever_has_one() {
    assert_logs_in("OAUTHBEARER", |is_right| {
        let config = match is_right {
            true => "principal=reader",
            false => "principal=other",
        };
        vec![
            ("enable.sasl.oauthbearer.unsecure.jwt", "true"),
            ("sasl.oauthbearer.config", config),
        ]
    });
}
