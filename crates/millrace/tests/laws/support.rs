//! The part that the tests share: random input and setups, a watchdog, a program on a real
//! socket.
//!
//! Their functions are pointers where it does not matter what the compiler sees through: streams
//! of one type are compiled once, and these tests would take minutes to compile otherwise.

use std::env;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::panic;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration as StdDuration;

use millrace::dstream::Computed;

use millrace::pipeline::{FlatMap, Lines, Map, Output};
use millrace::record::Split;
use millrace::testing::Setup;
use millrace::{
    BatchTime, Conf, DStream, Duration, Error, PrintFormat, Result, StreamingContext, Text, Values,
    keys,
};
use proptest::prelude::*;

/// The time that a run may take before it counts as one that hangs.
const PATIENCE: StdDuration = StdDuration::from_secs(240);

/// So many cases, or as many as `PROPTEST_CASES` says if that is fewer: every case starts and
/// joins the threads of some engines.
pub(crate) fn cases(count: u32) -> ProptestConfig {
    let asked = env::var("PROPTEST_CASES").ok();
    let asked = asked.and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: count.min(asked.unwrap_or(count)),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A batch of a long gone day, as messages name it.
pub(crate) fn named(millis: i64) -> String {
    let time = PrintFormat::PySpark.time_of(BatchTime::from_millis(millis));
    format!("batch {time}")
}

/// The rest of an error behind the name of its batch, a time of day.
pub(crate) fn behind_batch(error: &str) -> &str {
    let named = error.strip_prefix("batch ");
    let (time, rest) = named
        .and_then(|named| named.split_once(", "))
        .unwrap_or_else(|| panic!("names no batch: {error}"));
    let of_time = |c: char| c.is_ascii_digit() || " /:.-".contains(c);
    assert!(time.chars().all(of_time), "names no batch: {error}");
    rest
}

/// Runs `body` on a thread of its own and gives what it gives, or fails with its panic; fails
/// too if it takes so long that it must be hanging.
pub(crate) fn watched<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    let (send, receive) = channel();
    let thread = thread::spawn(move || {
        // Nobody waits any more if the watchdog has barked.
        let _ = send.send(body());
    });
    match receive.recv_timeout(PATIENCE) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("hangs for {PATIENCE:?}"),
        Err(RecvTimeoutError::Disconnected) => {
            panic::resume_unwind(thread.join().expect_err("it ended without a result"))
        }
    }
}

/// A setup for every number of workers that the laws are tried with.
pub(crate) fn setups(partitions: usize, block_bytes: usize) -> impl Iterator<Item = Setup> {
    (1..=4).map(move |workers| Setup {
        workers,
        partitions,
        block_bytes,
    })
}

/// Sizes of blocks: a few bytes, some lines, or only what the tick cuts.
pub(crate) fn block_bytes() -> impl Strategy<Value = usize> {
    prop_oneof![1_usize..12, 12_usize..200, Just(usize::MAX)]
}

/// Bytes of a socket, one message per batch: words of few letters, so that keys meet; blanks that
/// make empty words; every line end; letters of several bytes, and bytes that are no letters.
/// A line may be cut anywhere, between messages too.
pub(crate) fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let piece = prop::sample::select(vec![
        &b"a"[..],
        b"b",
        b"c",
        b"ab",
        b"a-word-of-more-than-fifteen-bytes",
        b" ",
        b" ",
        b" ",
        b"\n",
        b"\n",
        b"\r",
        b"\r\n",
        "\u{e9}".as_bytes(),
        "\u{1f600}".as_bytes(),
        b"\xf0\x9f",
        b"\xc3",
        b"\x80",
        b"\xff",
    ]);
    let message = prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat());
    prop::collection::vec(message, 1..5)
}

/// A key and a value, with room for traces of where they have been.
pub(crate) type Pair = (String, String);

/// A stream of pairs that lines were made into.
pub(crate) type Pairs = DStream<Pair, FlatMap<Lines, fn(Text) -> Vec<Pair>>>;

/// The result of `reduce_by_key` and `update_state_by_key` on pairs.
pub(crate) type Keyed = Computed<Pair>;

/// A function of `update_state_by_key`.
pub(crate) type Update = fn(&Values<String>, Option<String>) -> Option<String>;

pub(crate) fn pairs(lines: &DStream<Text, Lines>, function: fn(Text) -> Vec<Pair>) -> Pairs {
    lines.flat_map(function)
}

/// The pairs of a keyed stream, turned into others.
pub(crate) fn turned(
    stream: &Keyed,
    function: fn(Pair) -> Pair,
) -> DStream<Pair, Map<Output<Pair>, PairFunction>> {
    stream.map(function)
}

/// A function of pairs that can be named.
pub(crate) type PairFunction = fn(Pair) -> Pair;

/// The words of lines.
pub(crate) type Words = FlatMap<Lines, fn(Text) -> Split>;

pub(crate) fn words(lines: &DStream<Text, Lines>) -> DStream<Text, Words> {
    lines.flat_map(|line| line.split(" "))
}

/// The word count.
pub(crate) fn counted(lines: &DStream<Text, Lines>) -> Computed<(Text, i64)> {
    words(lines).count_by_value()
}

/// Associative, not commutative, and forgets nothing.
pub(crate) const CONCATENATE: fn(String, String) -> String = |mut earlier, later| {
    earlier.push_str(&later);
    earlier
};

/// A context that has not started, and what reads from its socket: the context connects to the
/// listener that comes with it.
pub(crate) struct Live {
    pub(crate) context: StreamingContext,
    pub(crate) lines: DStream<Text, Lines>,
    pub(crate) listener: TcpListener,
}

impl Live {
    /// With a batch every `interval` of the wall clock, and `settings`.
    pub(crate) fn new(interval: Duration, settings: &[(&str, &str)]) -> Live {
        let mut conf = Conf::new();
        conf.set(keys::MASTER, "local[2]");
        for (key, value) in settings {
            conf.set(*key, *value);
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let context = millrace::testing::context(&conf, interval).unwrap();
        let lines = context.socket_text_stream("127.0.0.1", port);
        Live {
            context,
            lines,
            listener,
        }
    }
}

/// Runs `program` on a socket that sends `input` and ends, until everything has been run or the
/// run has failed. A directory for what it keeps is there, which is its own.
pub(crate) fn run_to_the_end(
    input: impl Into<Vec<u8>>,
    program: impl FnOnce(&StreamingContext, &DStream<Text, Lines>) + Send + 'static,
) -> Result<()> {
    run_with(&[], input, program)
}

/// [`run_to_the_end`] with settings.
pub(crate) fn run_with(
    settings: &[(&'static str, &str)],
    input: impl Into<Vec<u8>>,
    program: impl FnOnce(&StreamingContext, &DStream<Text, Lines>) + Send + 'static,
) -> Result<()> {
    let input = input.into();
    let own = |&(key, value): &(&'static str, &str)| (key, value.to_owned());
    let mut settings: Vec<(&'static str, String)> = settings.iter().map(own).collect();
    settings.push((keys::STOP_AT_EOF, "true".to_owned()));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display().to_string();
    settings.push((keys::CHECKPOINT_DIRECTORY, path));
    watched(move || {
        let _directory = directory;
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let live = Live::new(Duration::milliseconds(50), &settings);
        program(&live.context, &live.lines);
        let listener = live.listener;
        let address = listener.local_addr().unwrap();
        let sender = thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            // A run that fails does not read to the end.
            let _ = connection.write_all(&input);
        });
        live.context.start()?;
        let ended = live.context.await_termination();
        live.context.stop(false);
        // A run that fails at once may never have connected.
        drop(TcpStream::connect(address));
        sender.join().unwrap();
        ended
    })
}

/// The error of a run that was expected to fail.
pub(crate) fn failure(ended: Result<()>) -> Error {
    ended.expect_err("the run was to fail")
}
