//! A record that a function panics at may be skipped. The law: what comes out is what would come
//! out if the record had never come in, and what is known of it is written down once, in the order
//! in which records come in; whatever the workers and the blocks.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use millrace::pipeline::Lines;
use millrace::testing::Setup;
use millrace::{DStream, ErrorKind, Result, StreamingContext, Text, keys};
use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

use super::model;
use super::support::{
    CONCATENATE, Pair, Update, block_bytes, cases, messages, named, setups, watched,
};

/// A program, with the function that makes pairs of a line and may panic.
type Program = fn(&StreamingContext, &DStream<Text, Lines>, ToPairs);
type ToPairs = fn(Text) -> Pieces;
type Pieces = Box<dyn Iterator<Item = Pair>>;

/// True of a line that nobody likes.
fn is_bad(line: &str) -> bool {
    line.contains('c')
}

/// Pairs of the words of a line, as they are asked for.
fn pieces(line: Text) -> Pieces {
    let words = line.clone().split(" ").enumerate();
    Box::new(words.map(move |(at, word)| (word.to_string(), format!("{at}of{};", line.len()))))
}

/// The same, which gives the words before the first bad one, and then panics.
fn picky(line: Text) -> Pieces {
    Box::new(pieces(line).inspect(|(word, _)| assert!(!is_bad(word), "no good")))
}

/// The same, of good lines only.
fn patient(line: Text) -> Pieces {
    if is_bad(line.as_str()) {
        return Box::new(std::iter::empty());
    }
    pieces(line)
}

fn narrow(_: &StreamingContext, lines: &DStream<Text, Lines>, pairs: ToPairs) {
    lines.flat_map(pairs).map(|(a, b)| (b, a)).print_num(1000);
}

fn first_few(_: &StreamingContext, lines: &DStream<Text, Lines>, pairs: ToPairs) {
    lines.flat_map(pairs).foreach_rdd(|rdd| {
        let counts = (rdd.take(1).len(), rdd.count(), rdd.take(1000).len());
        assert_eq!(counts.1, counts.2 as u64);
    });
}

fn reduced(_: &StreamingContext, lines: &DStream<Text, Lines>, pairs: ToPairs) {
    let reduced = lines.flat_map(pairs).reduce_by_key(CONCATENATE);
    reduced.print_num(1000);
}

fn folded(_: &StreamingContext, lines: &DStream<Text, Lines>, pairs: ToPairs) {
    let words = lines.flat_map(pairs).map(|(word, _)| word);
    words.count().print();
    words.reduce(CONCATENATE).print();
}

fn kept(_: &StreamingContext, lines: &DStream<Text, Lines>, pairs: ToPairs) {
    let update: Update = |new, old| {
        Some(
            new.iter()
                .fold(old.unwrap_or_default(), |all, new| all + new),
        )
    };
    lines
        .flat_map(pairs)
        .update_state_by_key(update)
        .print_num(1000);
}

fn transformed(_: &StreamingContext, lines: &DStream<Text, Lines>, pairs: ToPairs) {
    lines
        .transform(move |rdd| rdd.flat_map(pairs).map_values(|trace| trace.len()))
        .print_num(1000);
}

/// With the settings of a run that skips, and writes letters to a directory of its own.
fn skipping(
    setup: &Setup,
    directory: &Path,
    most: &str,
    messages: &[Vec<u8>],
    program: impl FnOnce(&StreamingContext, &DStream<Text, Lines>),
) -> (String, Result<()>) {
    let directory = directory.display().to_string();
    let settings = [
        (keys::ON_RECORD_ERROR, "skip"),
        (keys::MAX_RECORD_ERRORS, most),
        (keys::DEAD_LETTER_DIR, &directory),
    ];
    setup.run_with(&settings, messages, program)
}

/// The letters of every batch that has any, by its time, as they stand in the files.
fn letters(directory: &Path) -> Vec<(String, Vec<Value>)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some())
        .collect();
    files.sort();
    let file = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, lines.collect())
    };
    files.into_iter().map(file).collect()
}

/// The lines that the files must have for so many readers of every line.
fn expected(messages: &[Vec<u8>], readers: usize) -> Vec<(String, Vec<String>)> {
    let batches = model::lines(messages).into_iter().zip(1..);
    let batches = batches.map(|(lines, number): (_, u64)| {
        let bad: Vec<String> = lines.into_iter().filter(|line| is_bad(line)).collect();
        let bad = vec![bad; readers].concat();
        (format!("batch-{number}000.jsonl"), bad)
    });
    batches.filter(|(_, bad)| !bad.is_empty()).collect()
}

fn check(
    messages: &[Vec<u8>],
    (partitions, block_bytes): (usize, usize),
    readers: usize,
    program: Program,
) -> std::result::Result<(), TestCaseError> {
    for setup in setups(partitions, block_bytes) {
        let without = setup.run_stream(messages, |ssc, lines| program(ssc, lines, patient));
        let top = TempDir::new().unwrap();
        let (printed, ended) = skipping(&setup, top.path(), "100000", messages, |ssc, lines| {
            program(ssc, lines, picky);
        });
        prop_assert!(ended.is_ok(), "{:?}", ended);
        prop_assert_eq!(printed, without, "{:?}", setup);
        let written = letters(top.path()).into_iter().map(|(name, letters)| {
            let record = |letter: &Value| letter["record"].as_str().unwrap().to_owned();
            (name, letters.iter().map(record).collect())
        });
        let written: Vec<(String, Vec<String>)> = written.collect();
        prop_assert_eq!(written, expected(messages, readers), "{:?}", setup);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn in_a_narrow_chain(messages in messages(), block_bytes in block_bytes()) {
        check(&messages, (1, block_bytes), 1, narrow)?;
    }

    #[test]
    fn whatever_is_read_of_a_dataset_and_how_often(
        messages in messages(), block_bytes in block_bytes(),
    ) {
        check(&messages, (1, block_bytes), 1, first_few)?;
    }

    #[test]
    fn in_front_of_a_shuffle(
        messages in messages(), partitions in 1_usize..=3, block_bytes in block_bytes(),
    ) {
        check(&messages, (partitions, block_bytes), 1, reduced)?;
    }

    #[test]
    fn in_front_of_a_count_and_a_reduce(messages in messages(), block_bytes in block_bytes()) {
        check(&messages, (1, block_bytes), 2, folded)?;
    }

    #[test]
    fn in_front_of_a_state(
        messages in messages(), partitions in 1_usize..=3, block_bytes in block_bytes(),
    ) {
        check(&messages, (partitions, block_bytes), 1, kept)?;
    }

    #[test]
    fn in_a_function_of_a_dataset(messages in messages(), block_bytes in block_bytes()) {
        check(&messages, (1, block_bytes), 1, transformed)?;
    }
}

/// The run of a program on these messages, with its letters.
fn run(
    most: &'static str,
    messages: &'static [&str],
    program: impl FnOnce(&DStream<Text, Lines>) + Send + 'static,
) -> (Result<()>, Vec<(String, Vec<Value>)>) {
    watched(move || {
        let top = TempDir::new().unwrap();
        let messages: Vec<Vec<u8>> = messages
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect();
        let setup = Setup::default();
        let (_, ended) = skipping(&setup, top.path(), most, &messages, |_, lines| {
            program(lines)
        });
        (ended, letters(top.path()))
    })
}

#[test]
fn a_letter_says_what_happened_where_and_to_what() {
    let (ended, letters) = run("9", &["a\n", "c\n"], |lines| {
        lines.flat_map(picky).reduce_by_key(CONCATENATE).print();
    });
    ended.unwrap();
    let [(file, letters)] = letters.as_slice() else {
        panic!("one batch has letters: {letters:?}")
    };
    assert_eq!(file, "batch-2000.jsonl");
    let letter = &letters[0];
    assert_eq!(
        (&letter["batch_ms"], &letter["record"]),
        (&2000.into(), &"c".into())
    );
    let operator = letter["operator"].as_str().unwrap();
    let stage = format!("reduce_by_key at {}:", file!());
    assert!(operator.starts_with(&stage), "{operator}");
    let message = letter["message"].as_str().unwrap();
    let place = format!("no good ({}:", file!());
    assert!(message.starts_with(&place), "{message}");
}

#[test]
fn what_has_crossed_a_shuffle_is_shown_and_what_nobody_can_show_is_named() {
    #[derive(Clone)]
    struct Odd(String);

    let (ended, letters) = run("9", &["a\nc\n"], |lines| {
        let pairs = lines.flat_map(pieces).reduce_by_key(CONCATENATE);
        pairs
            .map(|(word, _)| assert!(!is_bad(&word)))
            .count()
            .print();
        let odd = lines.transform(|rdd| rdd.map(|line| Odd(line.to_string())));
        odd.map(|odd| assert!(!is_bad(&odd.0))).count().print();
    });
    ended.unwrap();
    let letters = &letters[0].1;
    assert_eq!(letters[0]["record"], serde_json::json!(["c", "0of1;"]));
    assert!(letters[1]["record"].is_null());
    let name = letters[1]["record_type"].as_str().unwrap();
    assert!(name.ends_with("::Odd"), "{name}");
}

#[test]
fn too_many_end_the_run() {
    let (ended, letters) = run("2", &["c\n", "c\nc\n", "a\n"], |lines| {
        lines.flat_map(picky).print();
    });
    let error = ended.expect_err("three are too many");
    assert_eq!(error.kind(), ErrorKind::RecordErrors);
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("{}, print at ", named(2000))),
        "{text}"
    );
    assert!(text.contains("more than 2 records have failed"), "{text}");
    assert!(text.contains("no good"), "{text}");
    assert_eq!(
        letters.len(),
        1,
        "a batch that is not committed writes none: {letters:?}"
    );
}

#[test]
fn a_function_that_combines_fails_the_batch() {
    type Meet = fn(String, String) -> String;
    type Describe = fn(&DStream<Text, Lines>, Meet, Update);

    let (meet, update): (Meet, Update) = (|_, _| panic!("they met"), |_, _| panic!("they met"));
    let programs: [Describe; 3] = [
        |lines, meet, _| lines.flat_map(picky).reduce_by_key(meet).print(),
        |lines, meet, _| {
            lines
                .flat_map(picky)
                .map(|(word, _)| word)
                .reduce(meet)
                .print()
        },
        |lines, _, update| lines.flat_map(picky).update_state_by_key(update).print(),
    ];
    for program in programs {
        let (ended, letters) = run("9", &["c\na\na\n"], move |lines| {
            program(lines, meet, update)
        });
        let text = ended.expect_err("the run was to fail").to_string();
        assert!(
            text.contains("the program's code panicked: they met"),
            "{text}"
        );
        assert_eq!(letters.len(), 0);
    }
}

#[test]
fn a_function_of_an_output_fails_the_batch_and_those_in_it_do_not() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let (ended, letters) = run("9", &["a\nc\nb\n"], move |lines| {
        lines.foreach_rdd(move |rdd| {
            let good = rdd.filter(|line| {
                assert!(!is_bad(line.as_str()));
                true
            });
            noted.lock().unwrap().extend(good.collect());
            good.for_each(|_| panic!("not here"));
        });
    });
    assert_eq!(*seen.lock().unwrap(), ["a", "b"]);
    let text = ended.expect_err("the run was to fail").to_string();
    assert!(text.ends_with("not here"), "{text}");
    assert_eq!(letters.len(), 0);
}
