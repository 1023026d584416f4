//! Law 7: user code that panics ends the run with an error that names stage, batch and message;
//! what it left half done is never used again, and nobody hangs.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use millrace::testing::Setup;
use millrace::{DStream, Error, ErrorKind, Lines, StreamingContext, Values};

use super::support::{failure, run_to_the_end, setups, watched};

/// The error must say that the program's code did it, in which batch, in which stage (the
/// operator and the line of this file), and what it said.
fn assert_blames(error: &Error, operator: &str, line: u32, message: &str) {
    assert_eq!(error.kind(), ErrorKind::Task, "{error}");
    let text = error.to_string();
    let stage = format!("{operator} at {}:{line}:", file!());
    let batch = text
        .strip_prefix("batch ")
        .and_then(|rest| rest.split_once(" ms, "));
    let (time, rest) = batch.unwrap_or_else(|| panic!("names no batch: {text}"));
    assert!(time.parse::<i64>().is_ok(), "names no batch: {text}");
    assert!(rest.starts_with(&stage), "does not name {stage} {text}");
    assert!(rest.ends_with(message), "does not say {message}: {text}");
}

fn error_of(
    input: &str,
    program: impl FnOnce(&StreamingContext, &DStream<Lines>) + Send + 'static,
) -> Error {
    failure(run_to_the_end(input, program))
}

const LINES: &str = "a\nb\nbad\nc\n";

#[test]
fn map_in_a_stage() {
    let line = line!() + 8;
    let error = error_of(LINES, |_, lines| {
        let checked = lines.map(|line| {
            assert!(line != "bad", "no good: {line}");
            (line, 1)
        });
        checked.reduce_by_key(|a, b| a + b).print_num(-1);
    });
    assert_blames(&error, "reduce_by_key", line, "no good: bad");
}

#[test]
fn map_in_an_output() {
    let line = line!() + 5;
    let error = error_of(LINES, |_, lines| {
        lines
            .filter(|line| {
                assert!(line != "bad", "no good");
                true
            })
            .foreach_rdd(|rdd| {
                rdd.collect();
            });
    });
    assert_blames(&error, "foreach_rdd", line, "no good");
}

#[test]
fn flat_map_behind_a_shuffle() {
    let line = line!() + 7;
    let error = error_of(LINES, |_, lines| {
        let counts = lines.count_by_value();
        let bad = counts.flat_map(|(word, _)| {
            assert!(word != "bad", "no good");
            vec![(word.len() as u64, 1)]
        });
        bad.reduce_by_key(|a, b| a + b).foreach_rdd(|_| ());
    });
    assert_blames(&error, "reduce_by_key", line, "no good");
}

#[test]
fn the_function_of_reduce_by_key() {
    let line = line!() + 2;
    let error = error_of("a 1\nb 2\na 3\n", |_, lines| {
        lines
            .map(|line| (line[..1].to_owned(), line.to_string()))
            .reduce_by_key(|a, b| panic!("{a} meets {b}"))
            .foreach_rdd(|_| ());
    });
    assert_blames(&error, "reduce_by_key", line, "a 1 meets a 3");
}

#[test]
fn the_update_function() {
    let line = line!() + 2;
    let error = error_of("a\n", |_, lines| {
        lines
            .map(|word| (word, 1))
            .update_state_by_key(|_: &Values<i32>, _: Option<i32>| panic!("no state today"))
            .foreach_rdd(|_| ());
    });
    assert_blames(&error, "update_state_by_key", line, "no state today");
}

#[test]
fn the_function_of_an_output() {
    let line = line!() + 2;
    let error = error_of("a\n", |_, lines| {
        lines.foreach_rdd(|rdd| assert_eq!(rdd.count(), u64::MAX));
    });
    assert_blames(&error, "foreach_rdd", line, "right: 18446744073709551615");
}

#[test]
fn a_key_that_python_cannot_hash() {
    let line = line!() + 3;
    let error = error_of("a\nb\n", |_, lines| {
        let counts = lines
            .map(|line| BTreeMap::from([(line, 1)]))
            .count_by_value();
        counts.foreach_rdd(|rdd| {
            rdd.collect();
        });
    });
    assert_blames(&error, "foreach_rdd", line, "unhashable type: 'dict'");
}

#[test]
fn a_panic_without_a_message() {
    let line = line!() + 2;
    let error = error_of("a\n", |_, lines| {
        lines.foreach_rdd(|_| std::panic::panic_any(7));
    });
    assert_blames(&error, "foreach_rdd", line, "a panic without a message");
}

/// What the harness panics with, which is the error of the run.
fn harness_error(
    setup: &Setup,
    messages: &[&str],
    program: impl FnOnce(&DStream<Lines>),
) -> String {
    let run = catch_unwind(AssertUnwindSafe(|| setup.run(messages, program)));
    *run.expect_err("the run was to fail")
        .downcast::<String>()
        .unwrap()
}

#[test]
fn the_batch_is_the_one_whose_record_it_was() {
    watched(|| {
        for setup in setups(1, 2) {
            let error = harness_error(&setup, &["a\n", "b\n", "bad\n", "c\n"], |lines| {
                lines
                    .map(|line| {
                        assert!(line != "bad", "no good");
                        (line, 1)
                    })
                    .reduce_by_key(|a, b| a + b)
                    .print();
            });
            assert!(
                error.starts_with("batch 3000 ms, reduce_by_key at "),
                "{error}"
            );
        }
    });
}

#[test]
fn a_panic_where_blocks_meet_is_no_other() {
    // Each block has the key once: the function is called when their outputs are merged.
    watched(|| {
        for setup in setups(1, 2) {
            let error = harness_error(&setup, &["a\na\n"], |lines| {
                lines
                    .map(|line| (line, 1))
                    .reduce_by_key(|_, _| panic!("they met"))
                    .print();
            });
            assert!(error.ends_with("they met"), "{error}");
        }
    });
}

#[test]
fn the_other_outputs_of_the_batch_run_and_no_later_batch_does() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    watched(move || {
        let error = harness_error(&Setup::default(), &["a\n", "bad\n", "c\n"], |lines| {
            lines.foreach_rdd(|rdd| assert!(rdd.first().is_none_or(|line| line != "bad")));
            lines.foreach_rdd_with_time(move |_, time| {
                noted.lock().unwrap().push(time.as_millis());
            });
        });
        assert!(
            error.starts_with("batch 2000 ms, foreach_rdd at "),
            "{error}"
        );
    });
    assert_eq!(*seen.lock().unwrap(), [1000, 2000]);
}

#[test]
fn a_state_that_an_update_left_half_done_is_not_read() {
    // Both streams look at the state that failed; the second must not get what is left of it.
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    watched(move || {
        let error = harness_error(&Setup::default(), &["a\nb\n", "a\nb\n"], |lines| {
            let states = lines.map(|word| (word, 1)).update_state_by_key(
                |_: &Values<i32>, state: Option<String>| {
                    assert!(state.is_none(), "not again");
                    Some("a state that is on the heap".to_owned())
                },
            );
            states.foreach_rdd(move |rdd| noted.lock().unwrap().push(rdd.collect().len()));
            let noted = Arc::clone(&seen);
            states.map(|(word, _)| word).foreach_rdd(move |rdd| {
                noted.lock().unwrap().push(rdd.collect().len());
            });
        });
        assert!(
            error.starts_with("batch 2000 ms, update_state_by_key at "),
            "{error}"
        );
        assert_eq!(*seen.lock().unwrap(), [2, 2]);
    });
}
