//! Law 7: user code that panics ends the run with an error that names stage, batch and message;
//! what it left half done is never used again, and nobody hangs.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use millrace::pipeline::Lines;
use millrace::testing::Setup;
use millrace::{DStream, ErrorKind, Rdd, Text};

use super::support::{
    CONCATENATE, Pair, Update, behind_batch, failure, named, pairs, run_to_the_end, setups, turned,
    watched,
};

/// The input: four lines, one of which nobody likes.
const LINES: &str = "a\nb\nbad\nc\n";

fn pair(line: Text) -> Vec<Pair> {
    vec![(line.to_string(), String::new())]
}

fn picky(line: Text) -> Vec<Pair> {
    assert!(line != "bad", "no good: {line}");
    pair(line)
}

/// The run of `program` on `input` must end with an error that says that the program's code did
/// it, in which batch, in which stage (the operator, this file and the line that `program`
/// gives), and what it said.
fn assert_blames(
    input: &str,
    operator: &str,
    message: &str,
    program: impl FnOnce(&DStream<Text, Lines>) -> u32 + Send + 'static,
) {
    let (send, line) = channel();
    let ended = run_to_the_end(input, move |_, lines| send.send(program(lines)).unwrap());
    let error = failure(ended);
    assert_eq!(error.kind(), ErrorKind::Task, "{error}");
    let text = error.to_string();
    let stage = format!("{operator} at {}:{}:", file!(), line.recv().unwrap());
    let rest = behind_batch(&text);
    assert!(rest.starts_with(&stage), "does not name {stage} {text}");
    assert!(rest.ends_with(message), "does not say {message}: {text}");
}

#[test]
fn a_function_in_a_stage() {
    assert_blames(LINES, "reduce_by_key", "no good: bad", |lines| {
        let pairs = pairs(lines, picky);
        let (line, reduced) = (line!(), pairs.reduce_by_key(CONCATENATE));
        reduced.foreach_rdd(|_| ());
        line
    });
}

#[test]
fn a_function_in_an_output() {
    assert_blames(LINES, "foreach_rdd", "no good: bad", |lines| {
        let pairs = pairs(lines, picky);
        let (line, ()) = (line!(), pairs.foreach_rdd(|rdd| drop(rdd.collect())));
        line
    });
}

#[test]
fn a_function_behind_a_shuffle() {
    assert_blames(LINES, "reduce_by_key", "no good", |lines| {
        let once = pairs(lines, pair).reduce_by_key(CONCATENATE);
        let turned = turned(&once, |(word, rest)| {
            assert!(word != "bad", "no good");
            (rest, word)
        });
        let (line, twice) = (line!(), turned.reduce_by_key(CONCATENATE));
        twice.foreach_rdd(|_| ());
        line
    });
}

#[test]
fn the_function_of_reduce_by_key() {
    let meet: fn(String, String) -> String = |a, b| panic!("{a} meets {b}");
    assert_blames(
        "a 1\nb 2\na 3\n",
        "reduce_by_key",
        "a 1 meets a 3",
        move |lines| {
            let pairs = pairs(lines, |line| vec![(line[..1].to_owned(), line.to_string())]);
            let (line, reduced) = (line!(), pairs.reduce_by_key(meet));
            reduced.foreach_rdd(|_| ());
            line
        },
    );
}

#[test]
fn the_update_function() {
    let update: Update = |_, _| panic!("no state today");
    assert_blames(
        "a\n",
        "update_state_by_key",
        "no state today",
        move |lines| {
            let pairs = pairs(lines, pair);
            let (line, states) = (line!(), pairs.update_state_by_key(update));
            states.foreach_rdd(|_| ());
            line
        },
    );
}

#[test]
fn the_function_of_an_output() {
    assert_blames(LINES, "foreach_rdd", "records came", |lines| {
        let check: fn(&Rdd<Text>) = |rdd| assert!(rdd.is_empty(), "records came");
        let (line, ()) = (line!(), lines.foreach_rdd(check));
        line
    });
}

#[test]
fn a_key_that_python_cannot_hash() {
    assert_blames(LINES, "foreach_rdd", "unhashable type: 'dict'", |lines| {
        let counts = lines
            .map(|line| BTreeMap::from([(line, 1)]))
            .count_by_value();
        let (line, ()) = (line!(), counts.foreach_rdd(|rdd| drop(rdd.collect())));
        line
    });
}

#[test]
fn a_panic_without_a_message() {
    assert_blames(LINES, "foreach_rdd", "a panic without a message", |lines| {
        let (line, ()) = (line!(), lines.foreach_rdd(|_| std::panic::panic_any(7)));
        line
    });
}

/// The harness's panic, which is the error of the run.
fn error_of(
    setup: &Setup,
    messages: &[&str],
    program: impl FnOnce(&DStream<Text, Lines>),
) -> String {
    let run = catch_unwind(AssertUnwindSafe(|| setup.run(messages, program)));
    let message = run.expect_err("the run was to fail").downcast::<String>();
    *message.unwrap()
}

#[test]
fn the_batch_is_the_one_whose_record_it_was() {
    watched(|| {
        for setup in setups(1, 2) {
            let error = error_of(&setup, &["a\n", "b\n", "bad\n", "c\n"], |lines| {
                pairs(lines, picky)
                    .reduce_by_key(CONCATENATE)
                    .foreach_rdd(|_| ());
            });
            assert!(
                error.starts_with(&format!("{}, reduce_by_key at ", named(3000))),
                "{error}"
            );
        }
    });
}

#[test]
fn a_panic_where_blocks_meet_is_no_other() {
    // Each block has the key once: the function is called when their outputs are merged.
    let meet: fn(String, String) -> String = |_, _| panic!("they met");
    watched(move || {
        for setup in setups(1, 2) {
            let error = error_of(&setup, &["a\na\n"], |lines| {
                pairs(lines, pair).reduce_by_key(meet).foreach_rdd(|_| ());
            });
            assert!(
                error.starts_with(&format!("{}, reduce_by_key at ", named(1000))),
                "{error}"
            );
            assert!(error.ends_with("they met"), "{error}");
        }
    });
}

#[test]
fn a_panic_where_blocks_meet_early_is_no_other() {
    // One line, and so one block, that flushes every key twice: the task that combined it merges
    // it too, while the batch already waits for nothing else. The worker lingers before it
    // panics, so that whoever finishes the batch gets as far as it can.
    let words: Vec<String> = (0..600_000).map(|n| format!("k{}", n % 300_000)).collect();
    let text = words.join(" ") + "\n";
    let meet: fn(String, String) -> String = |earlier, later| {
        if later == "k7" {
            (0..2_000).for_each(|_| thread::yield_now());
            panic!("they met");
        }
        earlier
    };
    watched(move || {
        for workers in [2, 3] {
            let setup = Setup {
                workers,
                ..Setup::default()
            };
            let error = error_of(&setup, &[&text], |lines| {
                let words = pairs(lines, |line| {
                    let pair = |word: &str| (word.to_owned(), word.to_owned());
                    line.as_str().split(' ').map(pair).collect()
                });
                words.reduce_by_key(meet).foreach_rdd(|_| ());
            });
            assert!(
                error.starts_with(&format!("{}, reduce_by_key at ", named(1000))),
                "{error}"
            );
            assert!(error.ends_with("they met"), "{error}");
        }
    });
}

#[test]
fn the_other_outputs_of_the_batch_run_and_no_later_batch_does() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    watched(move || {
        let error = error_of(&Setup::default(), &["a\n", "bad\n", "c\n"], |lines| {
            lines.foreach_rdd(|rdd| assert!(rdd.first().is_none_or(|line| line != "bad")));
            lines.foreach_rdd_with_time(move |_, time| {
                noted.lock().unwrap().push(time.as_millis());
            });
        });
        assert!(
            error.starts_with(&format!("{}, foreach_rdd at ", named(2000))),
            "{error}"
        );
    });
    assert_eq!(*seen.lock().unwrap(), [1000, 2000]);
}

#[test]
fn a_state_that_an_update_left_half_done_is_not_read() {
    // Two outputs look at the state that fails; neither gets what is left of it.
    let update: Update = |_, state| {
        assert!(state.is_none(), "not again");
        Some("a state that is on the heap".to_owned())
    };
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = [Arc::clone(&seen), Arc::clone(&seen)];
    watched(move || {
        let error = error_of(&Setup::default(), &["a\nb\n", "a\nb\n"], |lines| {
            let states = pairs(lines, pair).update_state_by_key(update);
            for noted in noted {
                states.foreach_rdd(move |rdd| noted.lock().unwrap().push(rdd.collect().len()));
            }
        });
        assert!(
            error.starts_with(&format!("{}, update_state_by_key at ", named(2000))),
            "{error}"
        );
    });
    assert_eq!(*seen.lock().unwrap(), [2, 2]);
}
