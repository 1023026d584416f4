//! The log and the messages on standard error: which are written, and in which form.

use serde_json::Value;

use super::harness::{Launch, Reserved, Sender};
use super::page::{address, get, watched};

/// A run of three batches; gives its standard error.
fn run(launch: Launch) -> String {
    let sender = Sender::new();
    let launch = launch.every("50ms").conf("millrace.maxBatches", 3);
    let program = launch.start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"a b\n");
    let finished = program.finish().with_code(0);
    assert!(finished.stdout.contains("Time: "), "{}", finished.stdout);
    finished.stderr
}

#[test]
fn a_run_is_silent_until_a_level_is_chosen() {
    assert_eq!(run(Launch::network_wordcount()), "");
    let log = run(Launch::network_wordcount().conf("spark.log.level", "info"));
    let lines: Vec<&str> = log.lines().collect();
    let has = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!(has("INFO millrace::batch: batch 2"), 3, "{log}");
    assert_eq!(has("total_delay_ms="), 3, "{log}");
    assert_eq!(
        has("INFO millrace::receiver: started receiver=0"),
        1,
        "{log}"
    );
    assert_eq!(has("INFO millrace::run: ended"), 1, "{log}");
    assert_eq!(has("DEBUG"), 0, "{log}");
    let log = run(Launch::stateful().conf("spark.log.level", "DEBUG"));
    assert!(
        log.contains("DEBUG millrace::checkpoint: checkpoint of batch "),
        "{log}"
    );
    assert!(
        log.contains("DEBUG millrace::batch: output 0 of batch "),
        "{log}"
    );
}

#[test]
fn a_level_leaves_messages_out_and_the_end_of_a_run_never() {
    let recover = |level: &str| {
        let launch = Launch::stateful()
            .arg("--recover")
            .conf("spark.log.level", level);
        let reserved = Reserved::new();
        let launch = launch.conf("millrace.maxBatches", 1).every("20ms");
        let program = launch
            .args(["127.0.0.1", &reserved.port().to_string()])
            .start();
        program.finish().with_code(0).stderr
    };
    assert!(recover("WARN").contains("there is nothing to go on from"));
    assert_eq!(recover("Error"), "");
    let refused = Launch::network_wordcount().conf("spark.log.level", "OFF");
    let refused = refused
        .args(["localhost", "port"])
        .start()
        .finish()
        .with_code(1);
    assert!(refused.stderr.starts_with("Error: "), "{}", refused.stderr);
    assert_eq!(refused.stderr.lines().count(), 1);
    let loud = Launch::network_wordcount().conf("spark.log.level", "LOUD");
    let loud = loud.args(["localhost", "1"]).start().finish().with_code(1);
    let expected = "Error: spark.log.level should be ALL, DEBUG, ERROR, FATAL, INFO, OFF, TRACE \
                    or WARN, but was 'LOUD'\n";
    assert_eq!(loud.stderr, expected);
}

#[test]
fn every_line_is_json_where_json_was_asked_for() {
    let json = |stderr: &str| -> Vec<Value> {
        let lines = stderr.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let launch = Launch::network_wordcount().conf("millrace.log.format", "json");
    let launch = launch.conf("spark.log.level", "INFO").arg("--summary");
    let log = json(&run(launch.conf("millrace.nosuch", "1")));
    assert_eq!(log[0]["level"], "WARN");
    assert_eq!(log[0]["target"], "millrace");
    let batches = log
        .iter()
        .filter(|line| line["target"] == "millrace::batch");
    let records = batches.filter_map(|line| line["fields"]["records"].as_u64());
    assert_eq!(records.sum::<u64>(), 1);
    let summary = log.last().unwrap()["message"].as_str().unwrap();
    assert!(summary.starts_with("the figures of the run\n"), "{summary}");
    let refused = Launch::network_wordcount().conf("millrace.log.format", "json");
    let refused = refused
        .args(["localhost", "port"])
        .start()
        .finish()
        .with_code(1);
    let refused = json(&refused.stderr);
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["level"], "ERROR");
}

#[test]
fn what_is_wrong_with_an_argument_is_all_that_is_said() {
    let launch = Launch::network_wordcount().conf("spark.ui.enabled", "true");
    let launch = launch.conf("spark.ui.port", 0).args(["localhost", "port"]);
    let finished = launch.start().finish().with_code(1);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    assert!(
        finished.stderr.starts_with("Error: "),
        "{}",
        finished.stderr
    );
}

#[test]
fn requests_to_the_page_are_logged_at_debug() {
    let sender = Sender::new();
    let launch = watched().conf("spark.log.level", "DEBUG");
    let program = launch.start_at(&sender);
    let _connection = sender.accept();
    get(&address(&program), "/api/v1/version");
    let line = "DEBUG millrace::http: answered method=GET path=/api/v1/version status=200\n";
    program.wait_for_stderr("the request", |text| text.contains(line).then_some(()));
}
