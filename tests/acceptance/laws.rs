//! Law 2 of the engine, seen from outside: for a fixed number of reduce
//! partitions the output depends on neither the workers nor on how the bytes
//! were cut. And law 1: what was sent is counted once.

use std::fmt::Write as _;
use std::thread;

use super::harness::{ENDLESS_TIME, Launch, Sender, printed};
use super::model::Model;

const ALL: usize = 1_000_000;

/// Text with some thousand distinct words, some of them frequent, in lines of
/// all lengths.
fn text(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 100);
    let mut seed = 1_u64;
    while text.len() < bytes {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let drawn = seed >> 33;
        // The square of a uniform draw prefers small numbers.
        let word = (drawn % 97) * (drawn / 97 % 97);
        let end = match drawn % 13 {
            0 => "\n",
            1 => "  ",
            _ => " ",
        };
        let name = if word.is_multiple_of(7) {
            "a-word-of-some-length"
        } else {
            "w"
        };
        write!(text, "{name}{word}{end}").unwrap();
    }
    text
}

/// The program's output for `text`, sent in pieces of `piece` bytes.
fn run(launch: Launch, text: &str, piece: usize) -> String {
    let sender = Sender::new();
    let program = launch
        .in_one_batch()
        .conf("millrace.print.num", ALL)
        .start_at(&sender);
    let mut connection = sender.accept();
    for piece in text.as_bytes().chunks(piece) {
        connection.send(piece);
        connection.settle();
    }
    connection.close();
    program.finish().with_code(0).stdout
}

/// The output according to `model`.
fn expected(model: Model, text: &str) -> String {
    printed(
        ENDLESS_TIME,
        &model.showing(ALL).only_batch(text.as_bytes()),
    )
}

/// `left == right` without half a megabyte of explanation.
fn assert_same(left: &str, right: &str, which: &str) {
    let differing = left
        .lines()
        .zip(right.lines())
        .position(|(left, right)| left != right);
    assert!(
        left == right,
        "{which}: first difference in line {differing:?}"
    );
}

#[test]
fn workers_do_not_show() {
    let text = text(3 << 20);
    let programs: [(fn() -> Launch, Model); 2] = [
        (Launch::network_wordcount, Model::stateless(3)),
        (Launch::stateful, Model::stateful(3)),
    ];
    for (launch, model) in programs {
        let expected = expected(model, &text);
        for workers in 1..=4 {
            let launch = launch()
                .threads(workers)
                .conf("spark.default.parallelism", 3);
            assert_same(
                &run(launch, &text, 1 << 20),
                &expected,
                &format!("{workers} workers"),
            );
        }
    }
}

#[test]
fn cuts_do_not_show() {
    let text = text(300_000);
    let expected = expected(Model::stateless(2), &text);
    for (piece, block_interval) in [(usize::MAX, "200ms"), (997, "1ms"), (64 * 1024, "5ms")] {
        let launch = Launch::network_wordcount().threads(2);
        let launch = launch.conf("spark.streaming.blockInterval", block_interval);
        let which = format!("pieces of {piece} bytes, blocks of {block_interval}");
        assert_same(&run(launch, &text, piece), &expected, &which);
    }
}

#[test]
fn partitions_are_as_many_as_threads_unless_somebody_says_otherwise() {
    let text = text(10_000);
    let processors = thread::available_parallelism().unwrap().get();
    for (master, threads) in [
        ("local", 1),
        ("local[1]", 1),
        ("local[5]", 5),
        ("local[3,2]", 3),
        ("local[1000]", 1000),
        ("local[*]", processors),
    ] {
        let launch = Launch::network_wordcount().args(["--master", master]);
        assert_same(
            &run(launch, &text, ALL),
            &expected(Model::stateless(threads), &text),
            master,
        );
    }
}

#[test]
fn one_thread_is_enough_for_a_receiver_and_its_batches() {
    let sender = Sender::new();
    let program = Launch::network_wordcount()
        .threads(1)
        .every("50ms")
        .start_at(&sender);
    let mut connection = sender.accept();
    for word in ["one", "two", "three"] {
        connection.send(format!("{word} {word}\n").as_bytes());
        program.wait_for_batches(word, |batches| {
            let body = format!("('{word}', 2)");
            batches.iter().any(|batch| batch.body == body).then_some(())
        });
    }
}
