//! Random input against the reference model, through the real programs.
//!
//! `MILLRACE_TEST_CASES` sets how many inputs each property tries; a run that
//! fails writes the smallest one it finds to `regressions.txt` beside this
//! file, from where every later run tries it first.

use std::time::Duration;
use std::{env, thread};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};

use super::harness::{ENDLESS_TIME, Launch, Sender, printed};
use super::play::{self, Kind};

const REGRESSIONS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/acceptance/regressions.txt"
);

/// Pieces that have been somebody's bug: every line end, every way to be
/// malformed, both quotes, characters that Python does not show, and words
/// around the fifteen bytes that fit into a `Text`.
const PIECES: &[&[u8]] = &[
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\r",
    b"\n\n",
    b" \n",
    b"\n ",
    b"\r \n",
    b"  ",
    b"\x80",
    b"\xbf\xbf",
    b"\xc0\xaf",
    b"\xc3",
    b"\xc3(",
    b"\xe0\x80\x80",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xed\xa0",
    b"\xed\xbf\xbf\xed",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\x98",
    b"\xf0\x80\x80\x80",
    b"\xf4\x90\x80\x80",
    b"\xf5",
    b"\xfe\xff",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"'",
    b"\"",
    b"'\"",
    b"\\",
    b"\t",
    b"\0",
    b"\x07",
    b"\x0b\x0c",
    b"\x1b[0m",
    b"\x7f",
    b"\xc2\xa0",
    b"\xc2\xad",
    b"\xe2\x80\x8b",
    b"\xf0\x9f\x98\x80",
    b"e\xcc\x81",
    b"(",
    b", 1)",
    b"fourteen bytes",
    b"14_bytes_long_",
    b"15_bytes_long__",
    b"16_bytes_long___",
    b"17_bytes_long____",
    b"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
    b"hello",
    b"world",
    b"the",
];

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => select(PIECES).prop_map(<[u8]>::to_vec),
        8 => "[a-c]{0,2}".prop_map(String::into_bytes),
        12 => Just(b" ".to_vec()),
        2 => Just(b"\n".to_vec()),
        2 => "[a-z]{13,18}".prop_map(String::into_bytes),
        2 => any::<String>().prop_map(String::into_bytes),
        2 => prop::collection::vec(0x7f..=u8::MAX, 1..6),
        // Lines and words of the length of a read, a page, a cache line.
        1 => (1_usize..9_000).prop_map(|length| vec![b'x'; length]),
        1 => (1_usize..3_000).prop_map(|words| b"y ".repeat(words)),
    ]
}

fn bytes(pieces: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..pieces).prop_map(|pieces| pieces.concat())
}

/// A run of the stateless program in one batch.
#[derive(Debug, Clone)]
struct Run {
    bytes: Vec<u8>,
    cuts: Vec<Cut>,
    threads: usize,
    /// The interval at which blocks are sealed, in milliseconds.
    block_interval: u64,
    shown: usize,
}

/// The place where the bytes are cut in two.
#[derive(Debug, Clone)]
enum Cut {
    Anywhere(Index),
    /// Behind a carriage return or inside of a character.
    Tender(Index),
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        any::<Index>().prop_map(Cut::Anywhere),
        any::<Index>().prop_map(Cut::Tender),
    ]
}

fn run() -> impl Strategy<Value = Run> {
    let cuts = prop::collection::vec(cut(), 0..8);
    let knobs = (1_usize..=8, select(&[1, 20, 200]), select(&[10, 1_000_000]));
    (bytes(80), cuts, knobs).prop_map(|(bytes, cuts, (threads, block_interval, shown))| Run {
        bytes,
        cuts,
        threads,
        block_interval,
        shown,
    })
}

impl Run {
    /// The bytes as they are written: in pieces, each read before the next.
    fn pieces(&self) -> Vec<&[u8]> {
        let is_tender = |at: &usize| self.bytes[at - 1] == b'\r' || self.bytes[at - 1] >= 0x80;
        let tender: Vec<usize> = (1..self.bytes.len()).filter(is_tender).collect();
        let place = |cut: &Cut| match cut {
            Cut::Tender(cut) if !tender.is_empty() => *cut.get(&tender),
            Cut::Tender(cut) | Cut::Anywhere(cut) => cut.index(self.bytes.len() + 1),
        };
        let mut cuts: Vec<usize> = self.cuts.iter().map(place).collect();
        cuts.push(self.bytes.len());
        cuts.sort_unstable();
        let mut from = 0;
        let piece = |to| &self.bytes[std::mem::replace(&mut from, to)..to];
        cuts.into_iter().map(piece).collect()
    }

    fn printed(&self) -> String {
        let sender = Sender::new();
        let launch = Launch::network_wordcount()
            .threads(self.threads)
            .in_one_batch();
        let launch = launch
            .conf(
                "spark.streaming.blockInterval",
                format!("{}ms", self.block_interval),
            )
            .conf("millrace.print.num", self.shown);
        let program = launch.start_at(&sender);
        let mut connection = sender.accept();
        for piece in self.pieces() {
            connection.send(piece);
            connection.settle();
            if self.block_interval == 1 {
                // Only to see more: time for a block to be sealed here.
                thread::sleep(Duration::from_millis(3));
            }
        }
        connection.close();
        program.finish().with_code(0).stdout
    }
}

fn check<S: Strategy>(
    cases: u32,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let cases = env::var("MILLRACE_TEST_CASES").map_or(cases, |cases| cases.parse().unwrap());
    let config = Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        // A step of shrinking is a process.
        max_shrink_iters: 500,
        source_file: Some(file!()),
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&strategy, test);
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn any_bytes_in_one_batch_are_counted_as_the_model_counts_them() {
    check(150, run(), |run| {
        let model = Kind::Stateless.model(run.threads).showing(run.shown);
        // Where nothing was received, nothing is left to run.
        let expected = match run.bytes.as_slice() {
            [] => String::new(),
            bytes => printed(ENDLESS_TIME, &model.only_batch(bytes)),
        };
        prop_assert_eq!(run.printed(), expected);
        Ok(())
    });
}

/// Messages for a play. A message is one write, and one that the system might
/// cut in two would not be in one batch.
fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let message = (bytes(12), any::<bool>()).prop_map(|(mut bytes, ended)| {
        bytes.truncate(16 * 1024);
        if ended {
            bytes.push(b'\n');
        }
        bytes
    });
    prop::collection::vec(message, 1..5)
}

#[test]
fn any_messages_are_counted_batch_by_batch() {
    check(6, (messages(), 1_usize..=8), |(messages, threads)| {
        let launch = Launch::network_wordcount().threads(threads);
        play::messages(
            launch,
            Kind::Stateless,
            Kind::Stateless.model(threads),
            &messages,
        );
        Ok(())
    });
}

#[test]
fn any_messages_are_kept_in_the_state() {
    const ALL: usize = 1_000_000;
    check(8, (messages(), 1_usize..=8), |(messages, threads)| {
        let launch = Launch::stateful()
            .threads(threads)
            .conf("millrace.print.num", ALL);
        let model = Kind::Stateful.model(threads).showing(ALL);
        play::messages(launch, Kind::Stateful, model, &messages);
        Ok(())
    });
}
