//! The cost of windows (law 4), the calls that they do not allow, and panics in them (law 7).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use millrace::pipeline::Lines;
use millrace::testing::Setup;
use millrace::{DStream, Duration, ErrorKind, Rdd, Text};
use proptest::prelude::*;

use super::support::{
    CONCATENATE, Live, Pair, Pairs, block_bytes, cases, failure, named, pairs, run_to_the_end,
    setups,
};

/// Every line is a key, and the value begins with it.
fn keys(lines: &DStream<Text, Lines>) -> Pairs {
    pairs(lines, |line: Text| {
        vec![(line.to_string(), line.to_string())]
    })
}

/// Batches of keys of one letter, each at most once per batch.
fn batches() -> impl Strategy<Value = Vec<Vec<char>>> {
    let keys: Vec<char> = ('a'..='p').collect();
    prop::collection::vec(prop::sample::subsequence(keys, 0..10), 1..14)
}

fn messages(batches: &[Vec<char>]) -> Vec<String> {
    let message = |keys: &Vec<char>| keys.iter().map(|key| format!("{key}\n")).collect();
    batches.iter().map(message).collect()
}

/// The keys that a function was called with since it was asked last.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<char>>>);

impl Calls {
    fn note(&self, value: &str) {
        self.0.lock().unwrap().extend(value.chars().next());
    }

    fn take(&self) -> Vec<char> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// The calls of a run in every batch.
fn calls(
    setup: &Setup,
    batches: &[Vec<char>],
    program: impl FnOnce(&DStream<Text, Lines>, &Calls),
) -> Vec<Vec<char>> {
    let (calls, by_batch) = (Calls::default(), Arc::new(Mutex::new(Vec::new())));
    let (made, noted) = (calls.clone(), Arc::clone(&by_batch));
    setup.run(&messages(batches), |lines| {
        program(lines, &calls);
        lines.foreach_rdd(move |_| noted.lock().unwrap().push(made.take()));
    });
    std::mem::take(&mut *by_batch.lock().unwrap())
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn a_key_that_neither_enters_nor_leaves_is_not_touched(
        batches in batches(), length in 1_usize..=6, slide in 1_usize..=3,
        partitions in 1_usize..=3, block_bytes in block_bytes(),
    ) {
        let [window, every] = [length, slide].map(|count| Duration::seconds(count as i64));
        // Between two windows, and with the second one, what is in one of them and not in both.
        let window_at = |end: usize| end.saturating_sub(length)..end;
        let touched = |batch: usize| -> Vec<char> {
            let next = batch.next_multiple_of(slide);
            let (before, now) = (window_at(next - slide), window_at(next));
            let moved = (0..batches.len()).filter(|batch| before.contains(batch) != now.contains(batch));
            moved.flat_map(|batch| batches[batch].clone()).collect()
        };
        for setup in setups(partitions, block_bytes) {
            let reduce = calls(&setup, &batches, |lines, calls| {
                let calls = calls.clone();
                let function = move |a: String, b: String| {
                    calls.note(&a);
                    CONCATENATE(a, b)
                };
                keys(lines).reduce_by_key_and_window(function, window, every).foreach_rdd(|rdd| {
                    let _ = rdd.collect();
                });
            });
            let invert = calls(&setup, &batches, |lines, calls| {
                let (add, take) = (calls.clone(), calls.clone());
                let function = move |a: String, b: String| {
                    add.note(&b);
                    CONCATENATE(a, b)
                };
                let inverse = move |a: String, b: String| {
                    take.note(&b);
                    a.strip_prefix(&b).unwrap().to_owned()
                };
                keys(lines)
                    .reduce_by_key_and_window_inverse(function, inverse, window, every)
                    .foreach_rdd(|rdd| {
                        let _ = rdd.collect();
                    });
            });
            for (name, by_batch) in [("reduce", &reduce), ("invert", &invert)] {
                for (batch, calls) in (1..).zip(by_batch) {
                    let touched = touched(batch);
                    prop_assert!(
                        calls.iter().all(|key| touched.contains(key)),
                        "{name}, batch {batch}: {calls:?} of {touched:?}"
                    );
                }
            }
            // A batch of a key is merged when it enters, and when it leaves; a window of the key
            // is made with both.
            let items: usize = batches.iter().map(Vec::len).sum();
            let made: usize = invert.iter().map(Vec::len).sum();
            prop_assert!(made <= 4 * items, "{made} calls for {items} items");
            let made: usize = reduce.iter().map(Vec::len).sum();
            prop_assert!(made <= 6 * items, "{made} calls for {items} items");
        }
    }
}

/// Every batch has all keys: a window made anew would merge all batches of all of them.
#[test]
fn a_long_window_of_busy_keys_costs_what_a_short_one_does() {
    let keys_of_a_batch: Vec<char> = (0..64).map(|n| char::from(b'0' + n)).collect();
    let batches = vec![keys_of_a_batch; 100];
    for length in [2, 10, 40] {
        let by_batch = calls(&Setup::default(), &batches, |lines, calls| {
            let calls = calls.clone();
            let function = move |a: String, _: String| {
                calls.note(&a);
                a
            };
            keys(lines)
                .reduce_by_key_and_window(function, Duration::seconds(length), None)
                .foreach_rdd(|rdd| drop(rdd.take(11)));
        });
        let most = by_batch.iter().map(Vec::len).max().unwrap();
        assert!(most <= 5 * 64, "{length}: {most} calls in one batch");
        let all: usize = by_batch.iter().map(Vec::len).sum();
        assert!(all <= 3 * 64 * 100, "{length}: {all} calls");
        assert!(all >= 64 * 99, "{length}: {all} calls are too few");
    }
}

#[test]
fn durations_are_multiples_of_the_slide() {
    type Program = fn(&Live, Duration, Duration);
    let windowed: Program = |live, window, slide| live.lines.window(window, slide).print();
    let twice: Program = |live, window, slide| {
        let parent = live
            .lines
            .window(Duration::milliseconds(100), Duration::milliseconds(100));
        parent.window(window, slide).print();
    };
    let counted: Program = |live, window, slide| live.lines.count_by_window(window, slide).print();
    let cases: [(Program, i64, i64, &str); 8] = [
        (
            windowed,
            75,
            50,
            "The window duration of windowed DStream (75 ms) must be a multiple of the slide \
             duration of parent DStream (50 ms)",
        ),
        (
            windowed,
            100,
            75,
            "The slide duration of windowed DStream (75 ms) must be a multiple of the slide \
             duration of parent DStream (50 ms)",
        ),
        (
            windowed,
            0,
            50,
            "The window duration of windowed DStream (0 ms) must be a positive duration",
        ),
        (
            windowed,
            50,
            -50,
            "The slide duration of windowed DStream (-50 ms) must be a positive duration",
        ),
        (
            twice,
            150,
            100,
            "The window duration of windowed DStream (150 ms) must be a multiple of the slide \
             duration of parent DStream (100 ms)",
        ),
        (
            counted,
            75,
            50,
            "requirement failed: The window duration of ReducedWindowedDStream (75 ms) must be \
             multiple of the slide duration of parent DStream (50 ms)",
        ),
        (
            counted,
            100,
            75,
            "requirement failed: The slide duration of ReducedWindowedDStream (75 ms) must be \
             multiple of the slide duration of parent DStream (50 ms)",
        ),
        (
            counted,
            0,
            50,
            "requirement failed: The window duration of ReducedWindowedDStream (0 ms) must be a \
             positive duration",
        ),
    ];
    let directory = std::env::temp_dir().display().to_string();
    for (program, window, slide, rule) in cases {
        let settings = [(millrace::keys::CHECKPOINT_DIRECTORY, directory.as_str())];
        let live = Live::new(Duration::milliseconds(50), &settings);
        program(
            &live,
            Duration::milliseconds(window),
            Duration::milliseconds(slide),
        );
        let error = failure(live.context.start());
        assert_eq!(error.kind(), ErrorKind::Illegal, "{error}");
        assert!(error.to_string().ends_with(&format!(": {rule}")), "{error}");
    }
}

#[test]
fn what_has_an_inverse_needs_a_directory() {
    type Program = fn(&Live, Duration);
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    let inverse: [Program; 4] = [
        |live, second| live.lines.count_by_window(second, second).print(),
        |live, second| live.lines.count_by_value_and_window(second, second).print(),
        |live, second| {
            let ones = live.lines.map(|_| 1_i64);
            ones.reduce_by_window_inverse(add, add, second, second)
                .print();
        },
        |live, second| {
            let ones = live.lines.map(|line| (line, 1_i64));
            ones.reduce_by_key_and_window_inverse(add, add, second, None)
                .print();
        },
    ];
    for program in inverse {
        let live = Live::new(Duration::milliseconds(50), &[]);
        program(&live, Duration::seconds(1));
        let error = failure(live.context.start());
        assert!(
            error
                .to_string()
                .starts_with("The checkpoint directory has not been set."),
            "{error}"
        );
    }
    // The others need none.
    let live = Live::new(Duration::milliseconds(50), &[]);
    let second = Duration::seconds(1);
    let ones = live.lines.map(|line| (line, 1_i64));
    live.lines.window(second, None).print_num(-1);
    ones.reduce_by_key_and_window(add, second, None)
        .print_num(-1);
    ones.group_by_key_and_window(second, None).print_num(-1);
    live.context.start().unwrap();
    live.context.stop(false);
    live.context.await_termination().unwrap();
}

#[test]
fn a_key_that_a_filter_refused_has_nothing_to_leave_from() {
    let run = |messages: &'static [&str]| {
        catch_unwind(|| {
            millrace::testing::run_batches(messages, |lines| {
                keys(lines).reduce_by_key_and_window_inverse_filter(
                    CONCATENATE,
                    CONCATENATE,
                    Duration::seconds(2),
                    None,
                    |_, value| value.len() > 1,
                )
            })
        })
    };
    assert_eq!(run(&["a\n", ""]).unwrap(), [Vec::<Pair>::new(), Vec::new()]);
    let message = run(&["a\n", "", ""]).unwrap_err();
    let message = message.downcast_ref::<String>().unwrap();
    assert!(
        message.starts_with(&format!("{}, reduce_by_key_and_window at ", named(3000))),
        "{message}"
    );
    let words = "Neither previous window has value for key, nor new values found. Are you sure \
                 your key class hashes consistently?";
    assert!(message.ends_with(words), "{message}");
}

/// The run of a program must fail with the operator's name and what the panic said, and no
/// output may see the batch.
fn assert_blames(
    operator: &str,
    program: impl FnOnce(&DStream<Text, Lines>) -> Shown + Send + 'static,
) {
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&shown);
    let ended = run_to_the_end("good\nbad\nbad\n", move |_, lines| {
        let stream = program(lines);
        stream.foreach_rdd(move |rdd| seen.lock().unwrap().extend(rdd.collect()));
    });
    let text = failure(ended).to_string();
    assert!(text.contains(&format!("{operator} at ")), "{text}");
    assert!(text.ends_with("no good: bad"), "{text}");
    assert_eq!(*shown.lock().unwrap(), Vec::<String>::new());
}

type Shown = DStream<String>;

fn picky(a: String, b: String) -> String {
    assert!(a != "bad" && b != "bad", "no good: bad");
    a + &b
}

#[test]
fn a_function_that_panics_is_named_and_nothing_is_shown() {
    let second = Duration::milliseconds(50);
    assert_blames("reduce_by_key_and_window", move |lines| {
        let window = keys(lines).reduce_by_key_and_window(picky, second, None);
        window.map(|(key, _)| key).erased()
    });
    // The function of the batch is another than that of the window: the store fails, not a task.
    assert_blames("reduce_by_key_and_window", move |lines| {
        let window = keys(lines).reduce_by_key_and_window_inverse_filter(
            CONCATENATE,
            CONCATENATE,
            second,
            None,
            |key, _| {
                assert!(key != "bad", "no good: bad");
                true
            },
        );
        window.map(|(key, _)| key).erased()
    });
    assert_blames("reduce_by_window", move |lines| {
        let lines = lines.map(|line| line.to_string());
        lines.reduce_by_window(picky, second, second).erased()
    });
    assert_blames("window", move |lines| {
        let lines = lines.map(|line| picky(line.to_string(), String::new()));
        lines.window(second, None).erased()
    });
}

#[test]
fn a_window_is_read_while_its_batch_runs() {
    fn check<T: Clone + Send + 'static>(before: &Mutex<Option<Rdd<T>>>, rdd: &Rdd<T>) {
        if let Some(before) = before.lock().unwrap().replace(rdd.clone()) {
            let read = catch_unwind(AssertUnwindSafe(|| before.take(1)));
            let message = read.err().unwrap();
            let message = message.downcast_ref::<String>().unwrap();
            assert!(
                message.starts_with("the window of a batch was read after a later batch"),
                "{message}"
            );
            catch_unwind(AssertUnwindSafe(|| before.collect()))
                .err()
                .unwrap();
        }
    }
    let seconds = Duration::seconds(3);
    millrace::testing::run_outputs(&["a\n", "a\n", ""], |lines| {
        let (reduced, grouped) = (Mutex::new(None), Mutex::new(None));
        keys(lines)
            .reduce_by_key_and_window(CONCATENATE, seconds, None)
            .foreach_rdd(move |rdd| check(&reduced, rdd));
        keys(lines)
            .group_by_key_and_window(seconds, None)
            .foreach_rdd(move |rdd| check(&grouped, rdd));
    });
    // The records of a window are there as long as somebody has them.
    let kept: Arc<Mutex<Vec<Rdd<Pair>>>> = Arc::default();
    let keeps = Arc::clone(&kept);
    millrace::testing::run_outputs(&["a\n", "b\n", "c\n"], move |lines| {
        keys(lines)
            .window(Duration::seconds(2), None)
            .foreach_rdd(move |rdd| {
                let mut kept = keeps.lock().unwrap();
                kept.push(rdd.clone());
                let counts: Vec<u64> = kept.iter().map(Rdd::count).collect();
                assert_eq!(counts, [1, 2, 2][..kept.len()]);
            });
    });
    assert_eq!(kept.lock().unwrap().len(), 3);
}
