//! A run is seen while it runs, and from its event log when it was killed.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use serde_json::Value;

use super::harness::{Launch, Program, Sender, Signal};

/// The address of a program's page, as it says it on stderr.
pub(super) fn address(program: &Program) -> String {
    program.wait_for_stderr("the address of the page", |text| {
        let (_, rest) = text.split_once("the Streaming page is at http://")?;
        rest.lines()
            .next()
            .map(|line| line.trim_end_matches('/').to_owned())
    })
}

pub(super) fn get(address: &str, path: &str) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "Host: localhost\r\nConnection: close\r\n\r\n";
    write!(stream, "GET {path} HTTP/1.1\r\n{head}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{path}: {answer}"))
}

pub(super) fn watched() -> Launch {
    Launch::network_wordcount()
        .threads(2)
        .every("100ms")
        .conf("spark.ui.enabled", "true")
        .conf("spark.ui.port", "0")
        .conf("spark.eventLog.enabled", "true")
        .conf("spark.eventLog.dir", "logs")
}

#[test]
fn a_run_is_seen_while_it_runs_and_after_it_was_killed() {
    let sender = Sender::new();
    let mut program = watched().start_at(&sender);
    let address = address(&program);
    let mut connection = sender.accept();
    connection.send(b"<script>one</script> two\nthree\n");
    program.wait_for_stdout("the words", |text| text.contains("three").then_some(()));
    let applications = get(&address, "/api/v1/applications");
    let id = applications[0]["id"].as_str().unwrap().to_owned();
    let statistics = format!("/api/v1/applications/{id}/streaming/statistics");
    // The listeners' thread is behind the output by as long as it takes.
    let records = || get(&address, &statistics)["numProcessedRecords"].as_u64();
    while records() != Some(2) {
        std::thread::yield_now();
    }
    program.kill();
    let finished = program.finish();
    let logs = finished.path("logs");
    let lines = fs::read_to_string(logs.join(&id).join("events-1.jsonl")).unwrap();
    for line in lines.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
    let summary = |zone: &str| {
        let history = Launch::of(env!("CARGO_BIN_EXE_millrace-history")).env("TZ", zone);
        let history = history.args(["--summary", logs.to_str().unwrap()]);
        history.start().finish().with_code(0).stdout
    };
    let in_london = summary("UTC");
    assert!(in_london.contains("records           2"), "{in_london}");
    let in_delhi = minute_of_start(&summary("XST-5:30"));
    let later = in_delhi - minute_of_start(&in_london);
    assert_eq!(later.rem_euclid(24 * 60), 5 * 60 + 30);
}

/// The minute of the day in which a run began, as its summary shows it.
fn minute_of_start(summary: &str) -> i64 {
    let mut lines = summary.lines();
    let line = lines.find(|line| line.starts_with("  started ")).unwrap();
    let (_, time) = line.rsplit_once(' ').unwrap();
    let mut parts = time.split(':').map(|part| part.parse::<i64>().unwrap_or(0));
    parts.next().unwrap() * 60 + parts.next().unwrap()
}

#[test]
fn a_log_that_cannot_be_written_is_said_before_anything_runs() {
    let finished = watched()
        .file("logs", "a file")
        .args(["127.0.0.1", "1"])
        .start()
        .finish()
        .with_code(1);
    assert!(
        finished.stderr.contains("spark.eventLog.dir"),
        "{}",
        finished.stderr
    );
    assert_eq!(finished.stdout, "");
}

/// Runs a program whose event log meets with `deed`, which `why` tells.
fn robbed_of_its_log(deed: fn(&Path), why: &str) {
    let sender = Sender::new();
    let program = watched().start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"one\n");
    program.wait_for_stdout("the word", |text| text.contains("one").then_some(()));
    deed(&program.directory().join("logs"));
    let told = |text: &str| text.matches("is not written any further").count();
    program.wait_for_stderr("the end of the log", |text| (told(text) > 0).then_some(()));
    program.wait_for_more_batches(2);
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    let line = finished.stderr.lines().find(|line| told(line) > 0).unwrap();
    assert!(line.starts_with("millrace: the event log in "), "{line}");
    let end = format!("is not written any further: {why}; the run goes on");
    assert!(line.ends_with(&end), "{line}");
    assert_eq!(told(&finished.stderr), 1, "{}", finished.stderr);
}

#[test]
fn a_log_that_is_removed_or_cut_while_the_program_runs_is_said_once() {
    let removed = |logs: &Path| fs::remove_dir_all(logs).unwrap();
    robbed_of_its_log(removed, "it was removed");
    let cut = |logs: &Path| {
        let run = fs::read_dir(logs).unwrap().next().unwrap().unwrap().path();
        let file = fs::read_dir(run).unwrap().next().unwrap().unwrap().path();
        fs::write(file, "").unwrap();
    };
    robbed_of_its_log(cut, "somebody has cut it or written into it");
}

#[test]
fn figures_of_runs_that_are_not_there_are_an_error() {
    let history = || Launch::of(env!("CARGO_BIN_EXE_millrace-history"));
    let none = history().arg("nowhere").start().finish().with_code(2);
    assert!(none.stderr.contains("nowhere"), "{}", none.stderr);
    let finished = history()
        .args(["--summary=local-7", "."])
        .start()
        .finish()
        .with_code(1);
    assert!(finished.stderr.contains("local-7"), "{}", finished.stderr);
    let help = history().arg("--help").start().finish().with_code(0);
    assert!(help.stdout.contains("--summary"), "{}", help.stdout);
    history().start().finish().with_code(2);
}

/// The directory is looked at every second; two things that come to it one after the other have
/// been seen by two looks.
#[test]
fn a_log_that_cannot_be_read_is_not_said_every_second() {
    let program = Launch::of(env!("CARGO_BIN_EXE_millrace-history"))
        .file("logs/broken/events-1.jsonl/is-a-directory", "")
        .args(["--port=0", "logs"])
        .start();
    let refused = |name: &str, text: &str| {
        let line = |line: &&str| line.contains(name) && line.contains("is not read");
        text.lines().filter(line).count()
    };
    for name in ["broken", "second", "third"] {
        let file = program
            .directory()
            .join("logs")
            .join(name)
            .join("events-1.jsonl");
        fs::create_dir_all(file).unwrap();
        program.wait_for_stderr(name, |text| (refused(name, text) > 0).then_some(()));
    }
    program.signal(Signal::Interrupt);
    let finished = program.finish().with_code(130);
    // More than one only if the machine took ten seconds for it.
    let stderr = finished.stderr;
    assert!(refused("broken", &stderr) < 3, "{stderr}");
    assert!(stderr.contains("were left out"), "{stderr}");
}
