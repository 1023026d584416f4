//! Lines longer than buffers, blocks and limits, and senders slower than
//! batches: a line is a line however it comes.

use serde_json::Value;

use super::harness::{Finished, Launch, Sender, Signal};
use super::model::Model;

const MIB: usize = 1 << 20;

#[test]
fn a_line_may_be_longer_than_every_buffer() {
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).in_one_batch();
    let launch = launch.conf("millrace.receiver.maxLineBytes", "256m");
    let program = launch.start_at(&sender);
    let mut connection = sender.accept();
    let mut bytes = b"short\n".to_vec();
    bytes.extend(b"0123456 ".repeat(8 * MIB));
    bytes.extend(b"\nshort\n");
    connection.send(&bytes);
    connection.close();
    let expected = Model::stateless(2).only_batch(&bytes);
    assert_eq!(program.finish().with_code(0).bodies(), [expected]);
}

#[test]
fn a_line_without_an_end_is_a_line_and_stalls_nothing() {
    let sender = Sender::new();
    let program = Launch::network_wordcount()
        .threads(2)
        .every("100ms")
        .conf("spark.streaming.receiverRestartDelay", "10ms")
        .conf("millrace.receiver.maxLineBytes", "64m")
        .start_at(&sender);
    let mut connection = sender.accept();
    let word = vec![b'x'; MIB];
    for _ in 0..64 {
        connection.send(&word);
    }
    // Batches go on while the line is unfinished.
    program.wait_for_more_batches(3);
    connection.close();
    let mut connection = sender.accept();
    connection.send(b"short\n");
    program.wait_for_batches("the short line", |batches| {
        batches
            .iter()
            .any(|batch| batch.body.contains("('short', 1)"))
            .then_some(())
    });
    program.signal(Signal::Terminate);
    let bodies = program.finish().with_code(0).bodies();
    let long = format!("('{}', 1)", "x".repeat(64 * MIB));
    let mut records = bodies.iter().flat_map(|body| body.lines());
    assert!(records.any(|record| record == long), "not counted");
}

#[test]
fn a_slow_sender_is_counted_as_it_comes() {
    let sender = Sender::new();
    let program = Launch::network_wordcount()
        .threads(2)
        .every("20ms")
        .start_at(&sender);
    let mut connection = sender.accept();
    for letter in b"a slow word\nand more\n" {
        connection.send(&[*letter]);
        connection.settle();
    }
    program.wait_for_batches("both lines", |batches| {
        let seen = |word| {
            let record = format!("('{word}', 1)");
            batches.iter().any(|batch| batch.body.contains(&record))
        };
        ["a", "slow", "word", "and", "more"]
            .into_iter()
            .all(seen)
            .then_some(())
    });
}

#[test]
fn a_line_past_the_limit_is_cut_said_once_and_counted() {
    const LIMIT: usize = MIB;
    const LENGTH: usize = 7 * LIMIT / 2;
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).in_one_batch();
    let program = launch
        .conf("millrace.receiver.maxLineBytes", LIMIT)
        .conf("millrace.summary", "figures.json")
        .start_at(&sender);
    let mut connection = sender.accept();
    connection.send(&vec![b'x'; LENGTH]);
    connection.send(b"\nshort\n");
    connection.close();
    let finished = program.finish().with_code(0);
    let said = finished.stderr.matches("maxLineBytes").count();
    assert_eq!(said, 1, "once a connection: {}", finished.stderr);
    // Nor is the second one a repetition that is counted.
    assert!(!finished.stderr.contains("left out"), "{}", finished.stderr);
    assert_eq!(figures(&finished)["lines_cut"], 3);
    let bodies = finished.bodies();
    let records = bodies.iter().flat_map(|body| body.lines());
    let (mut length, mut short) = (0, 0);
    for record in records {
        let (word, count) = record.rsplit_once("', ").unwrap();
        let count: usize = count.trim_end_matches(')').parse().unwrap();
        match word.trim_start_matches("('") {
            "short" => short += count,
            piece => length += piece.len() * count,
        }
    }
    // Cut, not dropped.
    assert_eq!((length, short), (LENGTH, 1));
}

/// The memory that a text without a line end costs a program with state and a log, as it is
/// configured unless somebody says otherwise: the budget, and a few lines of the longest
/// kind.
#[test]
fn a_text_without_a_line_end_can_be_stored_and_stays_in_bounds() {
    const TEXT: usize = 256 * MIB;
    const LINE: usize = 32 * MIB;
    let sender = Sender::new();
    let program = Launch::stateful()
        .threads(2)
        .every("1s")
        .until_eof()
        .conf("spark.streaming.receiver.writeAheadLog.enable", "true")
        .conf("millrace.wal.sync", "none")
        .conf("millrace.receiver.maxBytesInFlight", "64m")
        .conf("millrace.summary", "figures.json")
        .start_at(&sender);
    let mut connection = sender.accept();
    let word = vec![b'x'; MIB];
    for _ in 0..TEXT / MIB {
        connection.send(&word);
    }
    connection.close();
    let finished = program.finish().with_code(0);
    let figures = figures(&finished);
    assert_eq!(figures["bytes"], TEXT, "{figures}");
    assert_eq!(figures["lines_cut"], TEXT / LINE, "{figures}");
    if let Some(peak) = figures["peak_rss_bytes"].as_u64() {
        // On a busy machine two batches wait and one is printed: each has a line or two in hand.
        assert!(peak < (64 * MIB + 16 * LINE) as u64, "{figures}");
    }
}

fn figures(finished: &Finished) -> Value {
    let text = std::fs::read_to_string(finished.path("figures.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}
