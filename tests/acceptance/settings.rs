//! Settings that belong to millrace, and what the stateful program promises.

use std::fs;

use serde_json::Value;

use super::harness::{Launch, Sender, assert_ticks};

#[test]
fn a_program_ends_after_so_many_batches() {
    for launch in [Launch::network_wordcount(), Launch::stateful()] {
        let sender = Sender::new();
        let launch = launch
            .threads(2)
            .every("20ms")
            .conf("millrace.maxBatches", 4);
        let program = launch.start_at(&sender);
        let _open = sender.accept();
        let batches = program.finish().with_code(0).batches();
        assert_eq!(batches.len(), 4);
        assert_ticks(&batches, 20);
    }
}

#[test]
fn the_interval_is_the_programs_unless_it_is_set() {
    let sender = Sender::new();
    let runs = [
        (Launch::network_wordcount(), 1_000),
        (Launch::stateful(), 5_000),
        (Launch::stateful().every("2s"), 2_000),
        // A bare number counts milliseconds.
        (Launch::stateful().every("250"), 250),
    ];
    let start = |launch: Launch| {
        launch
            .threads(2)
            .conf("millrace.maxBatches", 2)
            .start_at(&sender)
    };
    // All at once, since they mostly wait.
    let running = runs.map(|(launch, interval)| (start(launch), interval));
    for (program, interval) in running {
        let batches = program.finish().with_code(0).batches();
        assert_eq!(batches.len(), 2);
        assert_ticks(&batches, interval);
    }
}

#[test]
fn the_summary_has_the_figures_of_the_run() {
    const LINES: u64 = 5;
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).in_one_batch();
    let program = launch
        .conf("millrace.summary", "figures.json")
        .start_at(&sender);
    let mut connection = sender.accept();
    for _ in 0..LINES {
        connection.send(b"some words\n");
    }
    connection.close();
    let finished = program.finish().with_code(0);
    let text = fs::read_to_string(finished.path("figures.json")).unwrap();
    let summary: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(summary["bytes"], LINES * 11, "{text}");
    assert_eq!(summary["records"], LINES, "{text}");
    assert_eq!(summary["batches"], finished.batches().len(), "{text}");
    assert_eq!(summary["bytes_dropped"], 0, "{text}");
    for figure in [
        "wall_seconds",
        "cpu_seconds",
        "latency_p50_ms",
        "latency_p99_ms",
    ] {
        assert!(
            summary[figure].as_f64().is_some_and(|value| value >= 0.0),
            "{figure}: {text}"
        );
    }
    assert!(
        summary["peak_rss_bytes"]
            .as_u64()
            .is_some_and(|bytes| bytes > 0),
        "{text}"
    );
}

#[test]
fn the_stateless_program_leaves_nothing_behind() {
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).every("20ms");
    let finished = launch
        .conf("millrace.maxBatches", 1)
        .start_at(&sender)
        .finish()
        .with_code(0);
    assert_eq!(fs::read_dir(finished.path("")).unwrap().count(), 0);
}

#[test]
fn a_quiet_run_says_nothing_on_stderr_that_is_not_about_its_connection() {
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).every("20ms");
    let program = launch.conf("millrace.maxBatches", 5).start_at(&sender);
    let _open = sender.accept();
    let port = sender.port().to_string();
    let finished = program.finish().with_code(0);
    let others: Vec<_> = finished
        .stderr
        .lines()
        .filter(|line| !line.contains(&port))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}
