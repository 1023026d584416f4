//! Law 6: memory is bounded, whatever the sender does, and nothing is lost for
//! it.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::harness::{Finished, Launch, Program, Read, Sender, Signal};

const MIB: usize = 1 << 20;

/// The memory that a program takes besides the budget: itself, its stacks, its
/// tables.
const SLACK: usize = 48 * MIB;

/// A program that prints every count, as JSON, and writes a summary.
fn counting(budget: usize) -> Launch {
    Launch::network_wordcount()
        .threads(2)
        .conf("millrace.print.format", "json")
        .conf("millrace.print.num", i32::MAX)
        .conf("millrace.receiver.maxBytesInFlight", budget)
        .conf("millrace.summary", "summary.json")
}

/// The counts of all batches that were printed.
fn counted(finished: &Finished) -> usize {
    let count = |record: &Value| usize::try_from(record[1].as_u64().unwrap()).unwrap();
    let batch = |line: &str| -> usize {
        let batch: Value = serde_json::from_str(line).unwrap();
        batch["records"].as_array().unwrap().iter().map(count).sum()
    };
    finished.stdout.lines().map(batch).sum()
}

/// The bytes that were read and run, of which none were dropped.
fn bytes_of_summary(finished: &Finished) -> usize {
    let text = fs::read_to_string(finished.path("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(summary["bytes_dropped"], 0, "{text}");
    usize::try_from(summary["bytes"].as_u64().unwrap()).unwrap()
}

fn assert_within(budget: usize, program: &Program) {
    match program.peak_resident_bytes() {
        None => eprintln!("skipped: this system does not say what a program takes"),
        Some(peak) => {
            let limit = (budget + SLACK) as u64;
            let (peak, limit) = (peak / MIB as u64, limit / MIB as u64);
            assert!(peak <= limit, "{peak} MiB, and {limit} were allowed");
        }
    }
}

/// Lines of words; a tenth of the words are too long to be kept inline.
fn text(words: usize) -> String {
    let word = |n: usize| match n % 10 {
        0 => format!("a-rather-long-word-{}", n * 7919 % 401),
        _ => format!("w{}", n * 7919 % 4001),
    };
    let words: Vec<String> = (0..words).map(word).collect();
    words.chunks(12).map(|line| line.join(" ") + "\n").collect()
}

/// Sends `text` so many times and checks that every word was counted, and that
/// the program kept to its budget.
fn flood(launch: Launch, budget: usize, rounds: usize) {
    const WORDS: usize = 150_000;
    let text = text(WORDS);
    let sender = Sender::new();
    let program = launch.until_eof().start_at(&sender);
    let mut connection = sender.accept();
    for _ in 0..rounds {
        connection.send(text.as_bytes());
    }
    assert_within(budget, &program);
    connection.close();
    let finished = program.finish().with_code(0);
    assert_eq!(counted(&finished), WORDS * rounds);
    assert_eq!(bytes_of_summary(&finished), text.len() * rounds);
}

#[test]
fn a_flood_is_counted_whole_within_the_budget() {
    let budget = 32 * MIB;
    flood(counting(budget).every("500ms"), budget, 600);
}

#[test]
fn a_batch_may_be_larger_than_the_budget() {
    let budget = 8 * MIB;
    flood(counting(budget).in_one_batch(), budget, 100);
}

#[test]
fn a_state_has_every_word_of_a_flood() {
    const ROUNDS: u64 = 100;
    let text = text(100_000);
    let sender = Sender::new();
    let launch = Launch::stateful().threads(2).every("200ms").until_eof();
    let launch = launch
        .conf("millrace.print.format", "json")
        .conf("millrace.print.num", i32::MAX);
    let program = launch.start_at(&sender);
    let mut connection = sender.accept();
    for _ in 0..ROUNDS {
        connection.send(text.as_bytes());
    }
    connection.close();
    let mut expected = BTreeMap::from([("hello".to_owned(), 1), ("world".to_owned(), 1)]);
    for word in text.split_ascii_whitespace() {
        *expected.entry(word.to_owned()).or_default() += ROUNDS;
    }
    let finished = program.finish().with_code(0);
    let last = finished.stdout.lines().last().unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    let record = |record: &'_ Value| {
        (
            record[0].as_str().unwrap().to_owned(),
            record[1].as_u64().unwrap(),
        )
    };
    let records: Vec<_> = last["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(record)
        .collect();
    assert_eq!(records.len(), expected.len());
    assert!(
        records.into_iter().collect::<BTreeMap<_, _>>() == expected,
        "counts differ"
    );
}

#[test]
fn a_flood_that_is_stopped_prints_what_it_read() {
    let line = b"four words a line\n";
    let lines = line.repeat(10_000);
    let sender = Sender::new();
    let program = counting(32 * MIB).every("100ms").start_at(&sender);
    let mut connection = sender.accept();
    let mut rounds = 0;
    // The sender never ends, and does not keep the program from ending.
    while connection.try_send(&lines) {
        rounds += 1;
        if rounds == 100 {
            program.signal(Signal::Terminate);
        }
    }
    let finished = program.finish().with_code(0);
    let read = bytes_of_summary(&finished);
    assert!(read >= 50 * lines.len(), "{read} bytes");
    // It may have stopped in the middle of a line.
    let cut = std::str::from_utf8(&line[..read % line.len()]).unwrap();
    let words_of_cut = if cut.is_empty() {
        0
    } else {
        cut.split(' ').count()
    };
    assert_eq!(counted(&finished), read / line.len() * 4 + words_of_cut);
}

#[test]
fn output_that_nobody_reads_slows_the_sender() {
    const SENT: usize = 48 * MIB;
    let budget = 16 * MIB;
    let sender = Sender::new();
    let program = counting(budget)
        .every("50ms")
        .start_at_read(&sender, Read::Nothing);
    let mut connection = sender.accept();
    // Words that never come again, so that nothing can be combined.
    let mut word = 0_u64;
    let mut sent = 0;
    let end = Instant::now() + Duration::from_secs(20);
    while sent < SENT && Instant::now() < end {
        let mut words: String = (word..word + 50_000)
            .map(|word| format!("{word:x} "))
            .collect();
        words.push('\n');
        // It may well take no more.
        if !connection.try_send_within(words.as_bytes(), Duration::from_secs(2)) {
            break;
        }
        word += 50_000;
        sent += words.len();
    }
    // One batch is being printed and two wait: their words, no two the same, come on top of the
    // budget. All that was sent would be twice that and more. How much a batch brings is a
    // matter of how late its tick comes on a busy machine.
    assert_within(budget + 96 * MIB, &program);
}
