//! Windows of every kind, over streams of every kind, through several lives.
//!
//! A life shows the lives before it in its windows only, so whatever a checkpoint lost, doubled
//! or put elsewhere shows in the records, in their order, or in their partitions.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use millrace::checkpoint::CheckpointReader;
use millrace::pipeline::Lines;
use millrace::testing::Setup;
use millrace::{DStream, Duration, Text, Values};
use proptest::prelude::*;

/// A stream whose records say what they are.
type Shown = DStream<String>;

/// Words with the numbers of their lines: keys meet, values tell when they came.
fn pairs(lines: &DStream<Text, Lines>) -> DStream<(Text, String)> {
    let pairs = lines.flat_map(|line: Text| {
        let mut words = line.split(" ");
        let value = words
            .next()
            .map(|word| word.to_string())
            .unwrap_or_default();
        words.map(|word| (word, value.clone())).collect::<Vec<_>>()
    });
    pairs.erased()
}

fn numbers(lines: &DStream<Text, Lines>) -> DStream<i64> {
    pairs(lines).map(|(word, _)| word.len() as i64).erased()
}

fn joined(mut earlier: String, later: String) -> String {
    earlier.push_str(&later);
    earlier
}

/// Takes a beginning away, which must be there.
fn without(all: String, beginning: String) -> String {
    all.strip_prefix(&beginning).unwrap().to_owned()
}

fn shown<T: std::fmt::Debug + Send + 'static>(stream: &DStream<T>) -> Shown {
    stream.map(|record| format!("{record:?}")).erased()
}

/// Every partition as one record.
fn by_partition<T: millrace::Data + std::fmt::Debug>(stream: &DStream<T>) -> Shown {
    shown(&stream.glom().erased())
}

fn state(values: &Values<String>, state: Option<String>) -> Option<String> {
    let all = values.iter().fold(state.unwrap_or_default(), |all, one| {
        joined(all, one.clone())
    });
    (all.len() < 12).then_some(all)
}

/// A program with a window of this length and slide, in seconds.
type Program = fn(&DStream<Text, Lines>, Duration, Duration) -> Shown;

const PROGRAMS: [(&str, Program); 18] = [
    ("window", |lines, window, slide| {
        by_partition(&lines.window(window, slide).erased())
    }),
    ("window of partitions", |lines, window, slide| {
        let reduced = pairs(lines).reduce_by_key_with(joined, 3);
        by_partition(&reduced.window(window, slide).erased())
    }),
    ("window of a window", |lines, window, slide| {
        let parent = lines.window(Duration::seconds(3), Duration::seconds(2));
        by_partition(&parent.window(window * 2, slide * 2).erased())
    }),
    ("window of state", |lines, window, slide| {
        let state = pairs(lines).update_state_by_key(state);
        by_partition(&state.window(window, slide).erased())
    }),
    ("state of a window", |lines, window, slide| {
        let window = pairs(lines).window(window, slide);
        shown(&window.update_state_by_key(state).erased())
    }),
    ("reduce_by_window", |lines, window, slide| {
        let values = pairs(lines).map(|(_, value)| value);
        shown(&values.reduce_by_window(joined, window, slide).erased())
    }),
    ("reduce_by_window_inverse", |lines, window, slide| {
        let values = pairs(lines).map(|(_, value)| value);
        shown(
            &values
                .reduce_by_window_inverse(joined, without, window, slide)
                .erased(),
        )
    }),
    ("reduce_by_window of a window", |lines, window, slide| {
        let parent = numbers(lines).window(Duration::seconds(2), Duration::seconds(2));
        let sum = |a: i64, b: i64| a + b;
        shown(&parent.reduce_by_window(sum, window * 2, slide * 2).erased())
    }),
    ("count_by_window", |lines, window, slide| {
        shown(&lines.count_by_window(window, slide).erased())
    }),
    ("count_by_value_and_window", |lines, window, slide| {
        let words = pairs(lines).map(|(word, _)| word);
        shown(&words.count_by_value_and_window(window, slide).erased())
    }),
    ("group_by_key_and_window", |lines, window, slide| {
        shown(&pairs(lines).group_by_key_and_window(window, slide).erased())
    }),
    (
        "group_by_key_and_window of numbers",
        |lines, window, slide| {
            let pairs = numbers(lines).map(|number| (number % 3, number));
            shown(&pairs.group_by_key_and_window(window, slide).erased())
        },
    ),
    ("reduce_by_key_and_window", |lines, window, slide| {
        shown(
            &pairs(lines)
                .reduce_by_key_and_window(joined, window, slide)
                .erased(),
        )
    }),
    (
        "reduce_by_key_and_window of a window",
        |lines, window, slide| {
            let parent = pairs(lines).window(Duration::seconds(4), Duration::seconds(2));
            shown(
                &parent
                    .reduce_by_key_and_window(joined, window * 2, slide * 2)
                    .erased(),
            )
        },
    ),
    (
        "reduce_by_key_and_window_inverse",
        |lines, window, slide| {
            let pairs = pairs(lines);
            shown(
                &pairs
                    .reduce_by_key_and_window_inverse(joined, without, window, slide)
                    .erased(),
            )
        },
    ),
    (
        "reduce_by_key_and_window_inverse_filter",
        |lines, window, slide| {
            let filter = |_: &Text, value: &String| !value.is_empty();
            let reduced = pairs(lines)
                .reduce_by_key_and_window_inverse_filter(joined, without, window, slide, filter);
            shown(&reduced.erased())
        },
    ),
    ("two windows of one stream", |lines, window, slide| {
        let pairs = pairs(lines);
        let lists = pairs
            .group_by_key_and_window(window, slide)
            .map(|record| format!("{record:?}"));
        let sums = pairs.reduce_by_key_and_window(joined, window * 2, slide);
        lists
            .union(&sums.map(|record| format!("{record:?}")))
            .erased()
    }),
    ("window of a keyed window", |lines, window, slide| {
        let parent = pairs(lines).reduce_by_key_and_window(joined, Duration::seconds(2), None);
        by_partition(&parent.window(window, slide).erased())
    }),
];

/// Lines of a number and some words, one message per batch; many bring nothing.
fn messages() -> impl Strategy<Value = Vec<String>> {
    let line = prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "dd", "e"]), 0..4);
    let message = prop::collection::vec(line, 0..3);
    let message = prop_oneof![1 => Just(Vec::new()), 2 => message];
    prop::collection::vec(message, 1..14).prop_map(|messages| {
        let mut number = 0;
        let mut line = |words: Vec<&str>| {
            number += 1;
            format!("{number},; {}\n", words.join(" "))
        };
        let message = |lines: Vec<Vec<&str>>| lines.into_iter().map(&mut line).collect();
        messages.into_iter().map(message).collect()
    })
}

/// The batches at which lives end, in order.
fn ends() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0_usize..14, 1..4).prop_map(|mut ends| {
        ends.sort_unstable();
        ends
    })
}

fn cases() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: asked
            .and_then(|cases| cases.parse().ok())
            .map_or(96, |cases: u32| cases.min(96)),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    /// With `log_bytes` of one there is a snapshot after almost every batch, with many none.
    #[test]
    fn go_on(
        program in 0..PROGRAMS.len(), messages in messages(), ends in ends(),
        frame in (1_i64..=5, 1_i64..=3), log_bytes in prop::sample::select(vec![1, 200, 1 << 20]),
        partitions in 1_usize..=3, workers in 1_usize..=3, block_bytes in 1_usize..40,
    ) {
        let (name, program) = PROGRAMS[program];
        let [window, slide] = [frame.0, frame.1].map(Duration::seconds);
        let program = |lines: &DStream<Text, Lines>| program(lines, window, slide);
        let whole = Setup { workers: 2, partitions, ..Setup::default() };
        let expected = whole.run_batches(&messages, program);
        let directory = tempfile::tempdir().unwrap();
        let lives = (&ends[..], log_bytes);
        let setup = Setup { workers, partitions, block_bytes };
        let seen = setup.run_lives(directory.path(), lives, &messages, program);
        prop_assert_eq!(seen, expected, "{}", name);
    }
}

#[test]
fn every_program_goes_on_in_the_middle() {
    let messages: Vec<String> = (1..10)
        .map(|number| format!("{number}; a bb a c\n"))
        .collect();
    for (name, program) in PROGRAMS {
        let program = |lines: &DStream<Text, Lines>| {
            program(lines, Duration::seconds(3), Duration::seconds(1))
        };
        let expected = Setup::default().run_batches(&messages, program);
        for end in [1, 4, 6] {
            let directory = tempfile::tempdir().unwrap();
            let lives = (&[end][..], 1 << 20);
            let seen = Setup::default().run_lives(directory.path(), lives, &messages, program);
            assert_eq!(seen, expected, "{name}, stopped after {end}");
        }
    }
}

#[test]
fn a_tool_is_told_that_a_window_has_no_values() {
    let messages: Vec<String> = (1..6).map(|number| format!("{number}; a b\n")).collect();
    for log_bytes in [1, 1 << 20] {
        let directory = tempfile::tempdir().unwrap();
        Setup::default().run_lives(directory.path(), (&[3], log_bytes), &messages, |lines| {
            let window = pairs(lines).reduce_by_key_and_window(joined, Duration::seconds(2), None);
            window.update_state_by_key(state)
        });
        let reader = CheckpointReader::open(directory.path()).unwrap();
        let view = reader.view(1).unwrap();
        assert_eq!(view.info().stores.len(), 2);
        let (window, state) = (0, 1);
        assert!(view.is_window(window) && !view.is_window(state));
        let size = view.size(window).unwrap();
        assert!(size.keys == 0 && size.bytes > 0);
        let found = view.get(window, "a").map(drop);
        for error in [view.entries(window).map(drop), found] {
            let error = error.unwrap_err().to_string();
            assert!(error.contains("reduce_by_key_and_window"), "{error}");
        }
        let entries = view.entries(state).unwrap();
        assert_eq!(view.size(state).unwrap().keys, entries.len());
        assert!(!entries.is_empty());
    }
}

/// A changed window has of what was kept what it would have kept itself.
#[test]
fn a_window_may_be_changed() {
    let messages: Vec<String> = (1..=9).map(|number| format!("{number}; a\n")).collect();
    for log_bytes in [1, 1 << 20] {
        let directory = tempfile::tempdir().unwrap();
        let life = Cell::new(0);
        let lives = (&[4, 6][..], log_bytes);
        let seen = Setup::default().run_lives(directory.path(), lives, &messages, |lines| {
            let (length, slide) = [(3, 1), (2, 1), (4, 2)][life.replace(life.get() + 1)];
            let [length, slide] = [length, slide].map(Duration::seconds);
            let lists = pairs(lines).group_by_key_and_window(length, slide);
            lists.map(|(_, values)| values.to_vec().concat())
        });
        let expected = ["1;", "1;2;", "1;2;3;", "2;3;4;", "4;5;", "5;6;", "5;6;7;8;"];
        assert_eq!(seen.concat(), expected);
    }
}

/// A function that cannot be called again for what was kept fails the start and says so.
#[test]
fn a_function_that_panics_now_fails_the_start() {
    let messages: Vec<String> = (1..=3).map(|number| format!("{number}; a\n")).collect();
    let directory = tempfile::tempdir().unwrap();
    let life = Cell::new(0);
    let run = || {
        let lives = (&[2][..], 1 << 20);
        Setup::default().run_lives(directory.path(), lives, &messages, |lines| {
            let panics = life.replace(1) == 1;
            let joined = move |earlier: String, later: String| {
                assert!(!panics, "no more of {earlier}");
                joined(earlier, later)
            };
            pairs(lines).reduce_by_key_and_window(joined, Duration::seconds(3), None)
        })
    };
    let payload = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    for part in ["reduce_by_key_and_window", "panicked", "no more of 1;"] {
        assert!(message.contains(part), "{message}");
    }
}
