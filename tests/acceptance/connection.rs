//! A program is a client that never gives up: servers that are not there yet,
//! that go away, that live at another address.

use std::net::{Ipv4Addr, Ipv6Addr, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::harness::{Connection, Launch, Program, Reserved, Sender, Signal};
use super::model::Model;

const THREADS: usize = 2;

/// Short batches, and short waits before a new attempt.
fn patient() -> Launch {
    Launch::network_wordcount()
        .threads(THREADS)
        .every("50ms")
        .conf("spark.streaming.receiverRestartDelay", "20ms")
}

/// Waits for a batch that has read exactly these bytes.
fn wait_for(program: &Program, bytes: &[u8]) {
    let body = Model::stateless(THREADS).only_batch(bytes);
    program.wait_for_batches(&body, |batches| {
        let mut bodies = batches.iter().map(|batch| &batch.body);
        bodies.any(|printed| *printed == body).then_some(())
    });
}

/// Sends a line of one word and waits until it has been counted.
fn counted(program: &Program, connection: &mut Connection, word: &str) {
    connection.send(format!("{word}\n").as_bytes());
    wait_for(program, word.as_bytes());
}

/// The number of lines of `text` that speak of `what`.
fn lines_about(text: &str, what: &str) -> usize {
    text.lines()
        .filter(|line| line.to_lowercase().contains(what))
        .count()
}

#[test]
fn a_server_that_comes_late_is_found_and_its_absence_said_once() {
    let reserved = Reserved::new();
    let port = reserved.port().to_string();
    let program = patient().args(["127.0.0.1", &port]).start();
    // Some ten attempts.
    program.wait_for_more_batches(5);
    program.wait_for_stderr("the refusal", |text| {
        (lines_about(text, "refused") > 0).then_some(())
    });
    let sender = reserved.listen();
    let mut connection = sender.accept();
    counted(&program, &mut connection, "late");

    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    let refusals: Vec<_> = finished
        .stderr
        .lines()
        .filter(|line| line.contains("refused"))
        .collect();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(
        refusals[0].contains(&format!("127.0.0.1:{port}")),
        "{refusals:?}"
    );
}

#[test]
fn an_ended_connection_is_followed_by_the_next() {
    let sender = Sender::new();
    let program = patient().start_at(&sender);
    for round in ["one", "two", "three"] {
        let mut connection = sender.accept();
        counted(&program, &mut connection, round);
        connection.close();
    }
    sender.accept();
}

#[test]
fn a_reset_connection_is_followed_by_the_next_and_said() {
    let sender = Sender::new();
    let program = patient().start_at(&sender);
    let mut connection = sender.accept();
    counted(&program, &mut connection, "before");
    connection.reset();
    let mut connection = sender.accept();
    counted(&program, &mut connection, "after");
    program.wait_for_stderr("the reset", |text| {
        (lines_about(text, "reset") == 1).then_some(())
    });
}

#[test]
fn a_server_that_closes_at_once_is_said_ever_more_seldom() {
    const ROUNDS: usize = 40;
    let sender = Sender::new();
    let program = patient().start_at(&sender);
    for _ in 0..ROUNDS {
        sender.accept().close();
    }
    program.signal(Signal::Terminate);
    let stderr = program.finish().with_code(0).stderr;
    let said = lines_about(&stderr, "closed") + lines_about(&stderr, "connected to");
    // Two lines at once, and two after ten seconds, twenty, forty.
    assert!((2..ROUNDS / 2).contains(&said), "{stderr}");
    let left_out = stderr.lines().find(|line| line.contains("left out"));
    assert!(
        left_out.is_some_and(|line| line.contains(" times within ")),
        "{stderr}"
    );
}

#[test]
fn a_restart_delay_of_zero_is_raised_and_said() {
    let reserved = Reserved::new();
    let program = Launch::network_wordcount()
        .threads(THREADS)
        .every("50ms")
        .conf("spark.streaming.receiverRestartDelay", "0")
        .args(["127.0.0.1", &reserved.port().to_string()])
        .start();
    program.wait_for_stderr("the delay", |text| {
        let raised = "receiverRestartDelay is 0ms, and receivers wait 10ms at least";
        text.contains(raised).then_some(())
    });
    program.signal(Signal::Terminate);
    program.finish().with_code(0);
}

#[test]
fn a_restart_delay_of_zero_makes_no_loop_without_a_pause() {
    const ROUNDS: u32 = 40;
    let sender = Sender::new();
    let program = Launch::network_wordcount()
        .threads(THREADS)
        .conf("spark.streaming.receiverRestartDelay", "0")
        .start_at(&sender);
    let mut connection = sender.accept();
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        connection.close();
        connection = sender.accept();
    }
    let passed = begun.elapsed();
    assert!(passed >= ROUNDS * Duration::from_millis(10), "{passed:?}");
    program.signal(Signal::Terminate);
    program.finish().with_code(0);
}

#[test]
fn the_end_of_a_connection_finishes_its_last_line() {
    let sender = Sender::new();
    let program = patient().start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"half \xe2\x82");
    program.wait_for_more_batches(2);
    connection.close();
    wait_for(&program, b"half \xe2\x82");
    // What follows is a line of another connection, and begins one.
    let mut connection = sender.accept();
    connection.send(b"\x82\xac whole\n");
    wait_for(&program, b"\x82\xac whole");
}

#[test]
fn a_carriage_return_finishes_a_line_without_waiting_for_more() {
    let sender = Sender::new();
    let program = patient().start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"first\r");
    wait_for(&program, b"first");
    // The line feed belongs to the line before.
    connection.send(b"\nsecond\r\n");
    wait_for(&program, b"second");
    connection.send(b"\n");
    wait_for(&program, b"\n");
    program.signal(Signal::Terminate);
    let bodies = program.finish().with_code(0).bodies();
    assert_eq!(bodies, ["('first', 1)", "('second', 1)", "('', 1)"]);
}

#[test]
fn a_name_without_an_address_is_tried_again_and_each_reason_said_once() {
    // Nobody has a name in `invalid` (RFC 6761). If no server of names answers, a try ends soon.
    let host = "nobody.invalid";
    let program = patient()
        .env("RES_OPTIONS", "timeout:1 attempts:1")
        .args([host, "9999"])
        .start();
    program.wait_for_stderr("the host's name", |text| text.contains(host).then_some(()));
    program.wait_for_more_batches(5);
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    // A busy server of names may give more than one reason.
    let about = |line: &&str| line.contains(host);
    let mut said: Vec<_> = finished.stderr.lines().filter(about).collect();
    let count = said.len();
    said.sort_unstable();
    said.dedup();
    assert!(count == said.len() && count > 0, "{}", finished.stderr);
}

#[test]
fn ipv6_works() {
    let Ok(sender) = Sender::on(Ipv6Addr::LOCALHOST.into()) else {
        eprintln!("skipped: this machine has no ::1");
        return;
    };
    let program = patient().start_at(&sender);
    counted(&program, &mut sender.accept(), "six");
}

#[test]
fn a_name_is_tried_at_each_of_its_addresses() {
    let addresses: Vec<_> = ("localhost", 1).to_socket_addrs().unwrap().collect();
    for address in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
        if !addresses.iter().any(|known| known.ip() == address) {
            eprintln!("skipped: localhost is not {address} here");
            continue;
        }
        // Nobody listens at the other one.
        let sender = Sender::on(address).unwrap();
        let program = patient()
            .args(["localhost", &sender.port().to_string()])
            .start();
        counted(&program, &mut sender.accept(), "home");
    }
}
