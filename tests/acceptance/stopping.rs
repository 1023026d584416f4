//! The ways in which a program ends before its input does.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::harness::{
    Connection, ENDLESS, ENDLESS_TIME, FULL, Launch, PATIENCE, Program, Read, Reserved, Sender,
    Signal, printed,
};

/// A program that has read a line and whose batch would end in 2069; `None`
/// where it cannot be seen whether it has read.
fn in_the_middle_of_a_batch(launch: Launch) -> Option<(Program, Connection)> {
    let sender = Sender::new();
    let program = launch.threads(2).every(ENDLESS).start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"a b a\n");
    if connection.settle() {
        return Some((program, connection));
    }
    eprintln!("skipped: this system does not say what a program has read");
    None
}

#[test]
fn the_first_signal_runs_what_was_received() {
    for (signal, code) in [
        (Signal::Interrupt, 130),
        (Signal::Terminate, 0),
        (Signal::Hangup, 0),
    ] {
        let launch = Launch::network_wordcount();
        let Some((program, _open)) = in_the_middle_of_a_batch(launch) else {
            return;
        };
        program.signal(signal);
        if matches!(signal, Signal::Hangup) {
            // The terminal sends one, and the shell in it another.
            program.signal(signal);
        }
        let finished = program.finish().with_code(code);
        let expected = printed(ENDLESS_TIME, "('b', 1)\n('a', 2)");
        assert_eq!(finished.stdout, expected, "{signal:?}");
    }
}

#[test]
fn the_first_signal_runs_what_was_received_into_the_state() {
    let Some((program, _open)) = in_the_middle_of_a_batch(Launch::stateful()) else {
        return;
    };
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    let state = "('hello', 1)\n('world', 1)\n('b', 1)\n('a', 2)";
    assert_eq!(finished.stdout, printed(ENDLESS_TIME, state));
}

#[test]
fn a_hangup_that_was_ignored_at_the_start_is_ignored() {
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).every("50ms");
    let program = launch.behind("trap '' HUP").start_at(&sender);
    let mut open = sender.accept();
    program.wait_for_more_batches(1);
    program.signal(Signal::Hangup);
    // It goes on with its batches, and with reading.
    program.wait_for_more_batches(5);
    open.send(b"c\n");
    program.wait_for_batches("the line", |batches| {
        let seen = batches.iter().any(|batch| batch.body == "('c', 1)");
        seen.then_some(())
    });
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    let said = finished.stderr.matches("stopping: ").count();
    assert_eq!(said, 1, "{}", finished.stderr);
}

#[test]
fn without_grace_nothing_more_is_run() {
    for (signal, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 0)] {
        let launch = Launch::network_wordcount();
        let launch = launch.conf("spark.streaming.stopGracefullyOnShutdown", "false");
        let Some((program, _open)) = in_the_middle_of_a_batch(launch) else {
            return;
        };
        program.signal(signal);
        let finished = program.finish().with_code(code);
        assert_eq!(finished.stdout, "", "{signal:?}");
    }
}

#[test]
fn a_signal_ends_a_program_that_never_connected() {
    let reserved = Reserved::new();
    let launch = Launch::network_wordcount().threads(2).every("50ms");
    let program = launch
        .args(["127.0.0.1", &reserved.port().to_string()])
        .start();
    program.wait_for_more_batches(1);
    program.signal(Signal::Interrupt);
    let finished = program.finish().with_code(130);
    assert!(finished.bodies().is_empty());
}

#[test]
fn a_signal_as_soon_as_there_is_a_connection_loses_nothing() {
    // A narrow moment, so it is looked for more than once.
    for _ in 0..20 {
        let sender = Sender::new();
        let launch = Launch::network_wordcount().threads(2).every(ENDLESS);
        let program = launch.start_at(&sender);
        let mut open = sender.accept();
        open.send(b"a\n");
        if !open.deliver() {
            eprintln!("skipped: this system does not say what a program has received");
            return;
        }
        program.signal(Signal::Terminate);
        let finished = program.finish().with_code(0);
        // The program's system had the line, and the program perhaps not yet the connection.
        assert_eq!(finished.stdout, printed(ENDLESS_TIME, "('a', 1)"));
    }
}

/// A program whose first batches print more than any pipe holds, into one that nobody reads.
fn that_nobody_reads(launch: Launch) -> (Program, Connection) {
    let sender = Sender::new();
    let launch = launch.threads(2).every("50ms");
    let launch = launch.conf("millrace.print.num", 1_000_000);
    let program = launch.start_at_read(&sender, Read::Nothing);
    let mut connection = sender.accept();
    let words: String = (0..50_000).map(|word| format!("word-{word} ")).collect();
    connection.send(words.as_bytes());
    connection.send(b"\n");
    connection.settle();
    (program, connection)
}

#[test]
fn an_output_that_nobody_reads_does_not_outlast_the_time_of_a_stop() {
    let grace = "spark.streaming.gracefulStopTimeout";
    let graceful = "spark.streaming.stopGracefullyOnShutdown";
    let launch = Launch::network_wordcount;
    for (launch, code) in [
        (launch().conf(grace, "5s"), 1),
        (launch().conf(graceful, false), 0),
    ] {
        let (program, _connection) = that_nobody_reads(launch);
        // Until it waits for a reader.
        thread::sleep(Duration::from_millis(500));
        program.signal(Signal::Terminate);
        let finished = program.finish().with_code(code);
        let said = |text: &str| finished.stderr.contains(text);
        assert_eq!(said("Error: "), code == 1, "{}", finished.stderr);
        if code == 1 {
            let waits = " is not done yet (nobody reads the output); a second signal ends at once";
            assert!(said("millrace: stopping: batch "), "{}", finished.stderr);
            assert!(said(waits), "{}", finished.stderr);
        }
    }
}

#[test]
fn messages_that_nobody_reads_hold_up_neither_batches_nor_the_end() {
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).every("50ms");
    let launch = launch
        .conf("spark.log.level", "ALL")
        .conf("spark.streaming.gracefulStopTimeout", "1h");
    let program = launch.with_full_stderr().start_at(&sender);
    let _connection = sender.accept();
    program.wait_for_more_batches(3);
    program.signal(Signal::Terminate);
    program.finish().with_code(0);
}

#[test]
fn the_messages_that_were_left_out_are_counted_where_they_are_missing() {
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).every("50ms");
    let launch = launch.conf("spark.log.level", "ALL").with_full_stderr();
    let mut program = launch.start_at(&sender);
    let _connection = sender.accept();
    program.wait_for_more_batches(3);
    program.read_stderr();
    let missing = " left out here: nobody read standard error\n";
    program.wait_for_stderr("their number", |said| said.contains(missing).then_some(()));
    program.signal(Signal::Terminate);
    let said = program.finish().with_code(0).stderr;
    let lines = said.trim_start_matches('x');
    assert!(lines.starts_with("millrace: "), "{lines}");
    assert_eq!(lines.matches(missing).count(), 1, "{lines}");
    assert!(lines.contains(" DEBUG "), "{lines}");
}

#[test]
fn the_second_signal_does_not_wait() {
    // Its first batch never ends, and neither does the drain that the first signal asks for.
    let launch = Launch::network_wordcount();
    let launch = launch.conf("spark.streaming.gracefulStopTimeout", "1h");
    let (mut program, _connection) = that_nobody_reads(launch);

    let deadline = Instant::now() + PATIENCE;
    let mut signals = 0;
    while !program.has_ended() {
        assert!(
            Instant::now() < deadline,
            "it waits, {signals} signals or not"
        );
        program.signal(Signal::Interrupt);
        signals += 1;
        // Signals that come too fast are one.
        thread::sleep(Duration::from_millis(50));
    }
    program.finish().with_code(130);
}

#[test]
fn a_closed_stdout_ends_the_program_quietly() {
    let list = "data/streaming/AFINN-111.txt";
    // What it shows is no `print` of a stream.
    let shows = Launch::of(env!("CARGO_BIN_EXE_network_wordjoinsentiments"));
    let shows = shows.file(list, "good\t3\n");
    for launch in [Launch::network_wordcount(), Launch::stateful(), shows] {
        let sender = Sender::new();
        // A header and a half, as `head` might have had enough.
        let launch = launch.threads(2).every("20ms");
        let program = launch.start_at_read(&sender, Read::First(150));
        let _open = sender.accept();
        let finished = program.finish().with_code(0);
        assert_eq!(finished.stdout.len(), 150);
        let complaints = ["pipe", "error", "exception"];
        let stderr = finished.stderr.to_lowercase();
        assert!(
            !complaints.iter().any(|word| stderr.contains(word)),
            "{stderr}"
        );
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    if !Path::new(FULL).exists() {
        eprintln!("skipped: this system has no {FULL}");
        return;
    }
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).every("20ms");
    let finished = launch
        .start_at_read(&sender, Read::Full)
        .finish()
        .with_code(1);
    let line = finished
        .stderr
        .lines()
        .find(|line| line.starts_with("Error: "));
    assert!(
        line.is_some_and(|line| line.contains("standard output")),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_limit_on_the_length_of_files_is_an_error_that_is_said() {
    let sender = Sender::new();
    let launch = Launch::stateful().threads(2).every("50ms");
    let program = launch.limited_files(64 << 10).start_at(&sender);
    let mut connection = sender.accept();
    let words: String = (0..50_000).map(|word| format!("word-{word} ")).collect();
    connection.send(words.as_bytes());
    connection.send(b"\n");
    let finished = program.finish().with_code(1);
    let line = finished
        .stderr
        .lines()
        .find(|line| line.starts_with("Error: "));
    let line = line.unwrap_or_default();
    let end = "File too large; raise the limit on the size of files (ulimit -f)";
    assert!(line.ends_with(end), "{}", finished.stderr);
}

#[test]
fn a_limit_on_the_length_of_files_is_said_of_results_in_a_file_too() {
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).every("50ms");
    let launch = launch.behind("ulimit -f 1; exec >results");
    let program = launch.start_at(&sender);
    let _connection = sender.accept();
    let finished = program.finish().with_code(1);
    let end = "cannot write to standard output: File too large; raise the limit on the size of \
               files (ulimit -f)\n";
    assert!(finished.stderr.ends_with(end), "{}", finished.stderr);
}

#[test]
fn a_checkpoint_directory_that_cannot_be_made_is_an_error() {
    let sender = Sender::new();
    let launch = Launch::stateful()
        .threads(2)
        .file("checkpoint", "not a directory");
    let finished = launch.start_at(&sender).finish().with_code(1);
    assert_eq!(finished.stdout, "");
    let line = finished
        .stderr
        .lines()
        .find(|line| line.starts_with("Error: "));
    assert!(
        line.is_some_and(|line| line.contains("checkpoint")),
        "{}",
        finished.stderr
    );
}
