//! Law 3: a keyed result is ordered by partition, then first arrival; a state keeps its place
//! until it is removed, and a key that returns goes last. And nothing else can be seen: what a
//! reader of a few records gets is the beginning of what a reader of all gets.

use std::sync::{Arc, Mutex};

use millrace::pipeline::{Lines, Pipeline};
use millrace::testing::Setup;
use millrace::{DStream, Data, Rdd, StateOptions, Text};
use proptest::prelude::*;

use super::model;
use super::support::{CONCATENATE, Pair, Pairs, Update, block_bytes, cases, pairs, setups, turned};

/// A record of a state program: the first letter is the key, the rest what happens to it.
fn event(word: &str) -> Pair {
    let at = word.chars().next().map_or(0, char::len_utf8);
    (word[..at].to_owned(), word[at..].to_owned())
}

fn is_removal(value: &str) -> bool {
    value.ends_with('!')
}

/// Puts new values behind the state; `!` at the end removes the key.
fn append(values: impl Iterator<Item = String>, state: Option<String>) -> Option<String> {
    let all = values.fold(state.unwrap_or_default(), |all, value| all + &value + ",");
    (!is_removal(all.trim_end_matches(','))).then_some(all)
}

/// As `append`, and a key that three batches in a row had nothing for is removed.
fn append_and_age(values: &[String], state: Option<String>) -> Option<String> {
    if values.is_empty() {
        let aged = state? + ".";
        return (!aged.ends_with("...")).then_some(aged);
    }
    append(values.iter().cloned(), state)
}

/// Batches of events of few keys: values, removals, returns, batches without any.
fn events() -> impl Strategy<Value = Vec<String>> {
    // Some lines have several events, and most batches several lines, which blocks cut apart.
    let event = "[a-h\u{e9}][0-9]?!?[ \n]";
    let batch = prop::collection::vec(event, 0..14).prop_map(|events| events.concat() + "\n");
    let batch = prop_oneof![4 => batch, 1 => Just(String::new())];
    prop::collection::vec(batch, 1..8)
}

fn initial() -> impl Strategy<Value = Vec<Pair>> {
    prop::collection::vec(("[a-j]", "[x-z]"), 0..5)
}

fn events_of(batch: &str) -> Vec<Pair> {
    let words = batch.lines().flat_map(|line| line.split(' '));
    words.map(event).collect()
}

fn expected(
    batches: &[String],
    initial: Vec<Pair>,
    partitions: usize,
    update: impl Fn(&[String], Option<String>) -> Option<String>,
) -> Vec<Vec<Pair>> {
    let mut state = model::State::new(initial);
    let batch = |batch: &String| {
        state.batch(events_of(batch), &update);
        state.stream(partitions)
    };
    batches.iter().map(batch).collect()
}

fn stream_of(lines: &DStream<Text, Lines>) -> Pairs {
    pairs(lines, |line: Text| {
        line.as_str().split(' ').map(event).collect()
    })
}

const APPEND: Update = |values, state| append(values.iter().cloned(), state);

const APPEND_AND_AGE: Update = |values, state| append_and_age(&values.to_vec(), state);

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn of_a_state_that_sees_every_key(
        batches in events(), initial in initial(),
        partitions in 1_usize..=4, block_bytes in block_bytes(),
    ) {
        let expected = expected(&batches, initial.clone(), partitions, append_and_age);
        for setup in setups(partitions, block_bytes) {
            let options = StateOptions::new().initial_state(initial.clone());
            let states = setup.run_batches(&batches, |lines| {
                stream_of(lines).update_state_by_key_with(APPEND_AND_AGE, options)
            });
            prop_assert_eq!(&states, &expected, "{:?}", setup);
        }
    }

    #[test]
    fn of_a_state_whose_idle_keys_keep_theirs(
        batches in events(), initial in initial(),
        partitions in 1_usize..=4, block_bytes in block_bytes(),
    ) {
        let expected = expected(&batches, initial.clone(), partitions, |values, state| {
            append(values.iter().cloned(), state)
        });
        for setup in setups(partitions, block_bytes) {
            for promised in [false, true] {
                let options = StateOptions::new().initial_state(initial.clone());
                let options = if promised { options.idle_keeps_state() } else { options };
                let states = setup.run_batches(&batches, |lines| {
                    stream_of(lines).update_state_by_key_with(APPEND, options)
                });
                prop_assert_eq!(&states, &expected, "{:?}, promised: {}", setup, promised);
            }
        }
    }

    #[test]
    fn of_a_shuffle_of_a_state(
        batches in events(), partitions in 1_usize..=3, block_bytes in block_bytes(),
    ) {
        fn by_length((key, state): Pair) -> Pair {
            (state.len().to_string(), key)
        }
        let expected: Vec<_> = expected(&batches, Vec::new(), partitions, append_and_age)
            .into_iter()
            .map(|state| {
                let turned = state.into_iter().map(by_length).collect();
                model::reduce_by_key(turned, partitions, CONCATENATE)
            })
            .collect();
        for setup in setups(partitions, block_bytes) {
            let lengths = setup.run_batches(&batches, |lines| {
                let states = stream_of(lines).update_state_by_key(APPEND_AND_AGE);
                turned(&states, by_length).reduce_by_key(CONCATENATE)
            });
            prop_assert_eq!(&lengths, &expected, "{:?}", setup);
        }
    }
}

/// Everything that an `Rdd` says of itself must be what its records say.
fn agrees<T: Data + PartialEq + std::fmt::Debug>(rdd: &Rdd<T>) -> Vec<T> {
    // First the cheap ways: a full read may leave behind what makes them right.
    let firsts: Vec<Vec<T>> = [0, 1, 2, 11, 63, 64, 65, 100].map(|n| rdd.take(n)).into();
    let (count, first, is_empty) = (rdd.count(), rdd.first(), rdd.is_empty());
    let all = rdd.collect();
    for (taken, n) in firsts.iter().zip([0, 1, 2, 11, 63, 64, 65, 100]) {
        assert_eq!(taken, &all[..n.min(all.len())], "the first {n}");
    }
    for n in 0..=all.len().min(40) {
        assert_eq!(rdd.take(n), all[..n], "the first {n}, after all were read");
    }
    assert_eq!(rdd.take(usize::MAX), all);
    assert_eq!(count, all.len() as u64);
    assert_eq!(first.as_ref(), all.first());
    assert_eq!(is_empty, all.is_empty());
    all
}

/// Registers an output that checks every batch of the stream, and notes how many it has seen.
fn check<P: Pipeline<Item: Data + PartialEq + std::fmt::Debug>>(
    stream: &DStream<P::Item, P>,
    seen: &Arc<Mutex<usize>>,
) {
    let seen = Arc::clone(seen);
    stream.foreach_rdd(move |rdd| {
        agrees(rdd);
        *seen.lock().unwrap() += 1;
    });
}

/// Batches of numbered keys, many enough that the first ones of a state are kept apart from the
/// rest; some are removed in every batch, and some of those come back.
fn many_events() -> impl Strategy<Value = Vec<String>> {
    let event = (0_u32..400, prop::bool::weighted(0.4)).prop_map(|(key, removed)| {
        // One character a key.
        let key = char::from_u32(0x4e00 + key).unwrap();
        format!("{key}1{}\n", if removed { "!" } else { "" })
    });
    let batch = prop::collection::vec(event, 0..250).prop_map(|events| events.concat());
    prop::collection::vec(batch, 1..8)
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn a_few_records_are_the_first_of_all(
        batches in many_events(),
        workers in 1_usize..=4,
        partitions in 1_usize..=4,
        block_bytes in block_bytes(),
    ) {
        let setup = Setup { workers, partitions, block_bytes };
        let seen = Arc::new(Mutex::new(0));
        setup.run(&batches, |lines| {
            let events = stream_of(lines);
            check(&lines.map(|line| line.to_string()), &seen);
            check(&events, &seen);
            let reduced = events.reduce_by_key(CONCATENATE);
            check(&reduced, &seen);
            check(&reduced.map(|(key, _)| key), &seen);
            check(&events.update_state_by_key(APPEND), &seen);
            let options = StateOptions::new().idle_keeps_state();
            let states = events.update_state_by_key_with(APPEND, options);
            check(&states, &seen);
            check(&states.filter(|(_, state)| state.len() > 3), &seen);
        });
        prop_assert_eq!(*seen.lock().unwrap(), 7 * batches.len());
    }

    #[test]
    fn the_first_of_a_large_state_are_right_without_a_full_read(
        batches in many_events(),
        partitions in 1_usize..=4,
    ) {
        let expected = expected(&batches, Vec::new(), partitions, |values, state| {
            append(values.iter().cloned(), state)
        });
        let setup = Setup { workers: 2, partitions, block_bytes: usize::MAX };
        let taken = Arc::new(Mutex::new(Vec::new()));
        let takes = Arc::clone(&taken);
        setup.run(&batches, |lines| {
            let options = StateOptions::new().idle_keeps_state();
            stream_of(lines)
                .update_state_by_key_with(APPEND, options)
                .foreach_rdd(move |rdd| takes.lock().unwrap().push(rdd.take(11)));
        });
        let first = |state: Vec<Pair>| state.into_iter().take(11).collect::<Vec<_>>();
        let expected: Vec<_> = expected.into_iter().map(first).collect();
        prop_assert_eq!(&*taken.lock().unwrap(), &expected);
    }
}
