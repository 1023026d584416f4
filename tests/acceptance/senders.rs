//! Senders that break, vanish, never come or can never be: what a program makes of them, for its
//! own receiver of lines and for one that it brings along.

use std::fs;
use std::net::Ipv6Addr;

use serde_json::Value;

use super::harness::{Finished, Launch, Reserved, Sender, Signal};

/// The two programs that read lines from a socket, each by its own receiver.
fn programs() -> [Launch; 2] {
    let of = |launch: Launch| {
        launch
            .threads(2)
            .conf("spark.streaming.receiverRestartDelay", "20ms")
            .conf("millrace.summary", "figures.json")
    };
    [of(Launch::network_wordcount()), of(custom_receiver())]
}

fn custom_receiver() -> Launch {
    Launch::of(env!("CARGO_BIN_EXE_custom_receiver"))
}

fn summary(finished: &Finished) -> Value {
    let text = fs::read_to_string(finished.path("figures.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_reset_drops_an_unfinished_line_and_counts_it() {
    for launch in programs() {
        let sender = Sender::new();
        let program = launch.every("50ms").start_at(&sender);
        let mut connection = sender.accept();
        connection.send(b"order 1000\norder 10");
        program.wait_for_batches("the whole line", |batches| {
            let seen = batches.iter().any(|batch| batch.body.contains("'1000'"));
            seen.then_some(())
        });
        connection.settle();
        connection.reset();
        // What comes next is a line of its own.
        let mut connection = sender.accept();
        connection.send(b"00\n");
        program.wait_for_batches("the next line", |batches| {
            let seen = batches.iter().any(|batch| batch.body == "('00', 1)");
            seen.then_some(())
        });
        program.signal(Signal::Terminate);
        let finished = program.finish().with_code(0);
        assert!(
            !finished.stdout.contains("('10', 1)"),
            "{}",
            finished.stdout
        );
        let said = "the 8 bytes of it that had come were dropped";
        assert_eq!(
            finished.stderr.matches(said).count(),
            1,
            "{}",
            finished.stderr
        );
        let summary = summary(&finished);
        assert_eq!(summary["unfinished_dropped"], 1, "{summary}");
        assert_eq!(summary["unfinished_bytes"], 8, "{summary}");
    }
}

#[test]
fn a_closed_connection_ends_the_run_where_that_is_asked_for() {
    for launch in programs() {
        let sender = Sender::new();
        let program = launch.in_one_batch().start_at(&sender);
        let mut connection = sender.accept();
        connection.send(b"whole\nunfinished");
        connection.close();
        let finished = program.finish().with_code(0);
        assert_eq!(finished.bodies(), ["('whole', 1)\n('unfinished', 1)"]);
        assert_eq!(summary(&finished)["unfinished_dropped"], 0);
    }
}

#[test]
fn a_reset_connection_ends_the_run_where_that_is_asked_for() {
    for launch in programs() {
        let sender = Sender::new();
        let program = launch
            .every("50ms")
            .conf("millrace.stopAtReset", "true")
            .start_at(&sender);
        let mut connection = sender.accept();
        connection.send(b"whole\nunfinished");
        connection.settle();
        program.wait_for_batches("the whole line", |batches| {
            let seen = batches.iter().any(|batch| batch.body == "('whole', 1)");
            seen.then_some(())
        });
        connection.reset();
        let finished = program.finish().with_code(0);
        assert_eq!(finished.bodies(), ["('whole', 1)"]);
        assert_eq!(summary(&finished)["unfinished_bytes"], 10);
    }
}

#[test]
fn a_reset_is_no_end_where_only_a_close_is() {
    for launch in programs() {
        let sender = Sender::new();
        let program = launch.in_one_batch().start_at(&sender);
        sender.accept().reset();
        let mut connection = sender.accept();
        connection.send(b"again\n");
        connection.close();
        let finished = program.finish().with_code(0);
        assert_eq!(finished.bodies(), ["('again', 1)"]);
    }
}

#[test]
fn nobody_answering_for_too_long_is_an_error_where_that_is_asked_for() {
    for launch in programs() {
        let reserved = Reserved::new();
        let port = reserved.port();
        let finished = launch
            .every("50ms")
            .conf("millrace.receiver.connectTimeout", "300ms")
            .args(["127.0.0.1", &port.to_string()])
            .start()
            .finish()
            .with_code(1);
        let said = format!(
            "Error: nobody has answered at 127.0.0.1:{port} for 300ms \
             (millrace.receiver.connectTimeout): "
        );
        let last = finished.stderr.lines().last();
        let is_last = last.is_some_and(|line| line.starts_with(&said));
        assert!(is_last, "nothing is said behind it: {}", finished.stderr);
        assert_eq!(
            finished.stderr.matches(&said).count(),
            1,
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn a_host_that_can_never_be_one_is_refused() {
    for (host, says) in [
        ("", "no such host: ''"),
        (" ", "no such host: ' '"),
        ("local host", "a blank"),
        ("tcp://localhost", "leave out 'tcp://'"),
        ("localhost:9999", "the port is an argument of its own"),
        ("[localhost]", "brackets"),
        ("ho*st", "there is a '*' in it"),
        ("256.1.1.1", "no IPv4 address"),
        ("local..host", "a part of it is empty"),
    ] {
        for launch in programs() {
            let launch = launch.every("1h").arg(host).arg("9999");
            let finished = launch.start().finish().with_code(1);
            let stderr = &finished.stderr;
            assert!(stderr.contains("Error: no such host: "), "{stderr}");
            assert!(stderr.contains(says), "{stderr}");
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
        }
    }
}

#[test]
fn an_ipv6_address_may_stand_in_brackets() {
    for launch in programs() {
        let Ok(sender) = Sender::on(Ipv6Addr::LOCALHOST.into()) else {
            eprintln!("skipped: this machine has no ::1");
            return;
        };
        let port = sender.port().to_string();
        let program = launch.in_one_batch().args(["[::1]", &port]).start();
        let mut connection = sender.accept();
        connection.send(b"six\n");
        connection.close();
        assert_eq!(program.finish().with_code(0).bodies(), ["('six', 1)"]);
    }
}

#[test]
fn a_queue_is_in_the_summary() {
    let launch = Launch::of(env!("CARGO_BIN_EXE_queue_stream")).every("50ms");
    let launch = launch.conf("millrace.summary", "figures.json").threads(2);
    let finished = launch.start().finish().with_code(0);
    assert_eq!(summary(&finished)["records"], 5_000);
}
