//! Law 4: a batch costs what it brings and not what the state holds, unless the program asked
//! for all of it. What can be counted is how often the program's function is called.

use std::sync::{Arc, Mutex};

use millrace::{StateOptions, Values};
use proptest::prelude::*;

use super::support::{block_bytes, cases, setups};

/// Batches of words of one letter.
fn batches() -> impl Strategy<Value = Vec<Vec<char>>> {
    prop::collection::vec(
        prop::collection::vec(prop::char::range('a', 'p'), 0..20),
        1..6,
    )
}

/// For every call of the update function what it was called with: how many values, and the
/// state, which is the key with a count.
type Calls = Arc<Mutex<Vec<(usize, Option<(char, usize)>)>>>;

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn only_touched_keys_are_visited_and_each_once(
        batches in batches(), partitions in 1_usize..=3, block_bytes in block_bytes(),
    ) {
        let initial = ['a', 'q', 'r'];
        let messages: Vec<String> = batches
            .iter()
            .map(|words| words.iter().map(|word| format!("{word}\n")).collect())
            .collect();
        for setup in setups(partitions, block_bytes) {
            let calls = Calls::default();
            let seen = Arc::clone(&calls);
            let count = move |values: &Values<char>, state: Option<(char, usize)>| {
                seen.lock().unwrap().push((values.len(), state));
                let key = state.map(|(key, _)| key).or(values.iter().next().copied())?;
                Some((key, state.map_or(0, |(_, count)| count) + values.len()))
            };
            let read = Arc::clone(&calls);
            let by_batch = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&by_batch);
            setup.run(&messages, |lines| {
                let options = StateOptions::new()
                    .initial_state(initial.map(|key| (key, (key, 0))))
                    .idle_keeps_state();
                lines
                    .flat_map(|line| line.chars().collect::<Vec<char>>())
                    .map(|letter| (letter, letter))
                    .update_state_by_key_with(count, options)
                    .foreach_rdd(move |_| {
                        let mut calls = std::mem::take(&mut *read.lock().unwrap());
                        calls.sort_unstable();
                        noted.lock().unwrap().push(calls);
                    });
            });
            let mut counts: std::collections::BTreeMap<char, usize> =
                initial.map(|key| (key, 0)).into();
            for (words, calls) in batches.iter().zip(&*by_batch.lock().unwrap()) {
                let mut touched = words.clone();
                touched.sort_unstable();
                touched.dedup();
                let mut expected: Vec<_> = touched
                    .into_iter()
                    .map(|key| {
                        let values = words.iter().filter(|word| **word == key).count();
                        let state = counts.get(&key).map(|&count| (key, count));
                        *counts.entry(key).or_default() += values;
                        (values, state)
                    })
                    .collect();
                expected.sort_unstable();
                prop_assert_eq!(calls, &expected, "{:?}", setup);
            }
        }
    }

    #[test]
    fn without_the_promise_every_key_is_visited_once(
        batches in batches(), partitions in 1_usize..=3, block_bytes in block_bytes(),
    ) {
        let messages: Vec<String> = batches
            .iter()
            .map(|words| words.iter().map(|word| format!("{word}\n")).collect())
            .collect();
        for setup in setups(partitions, block_bytes) {
            let calls = Arc::new(Mutex::new(0_usize));
            let (seen, read) = (Arc::clone(&calls), Arc::clone(&calls));
            let by_batch = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&by_batch);
            setup.run(&messages, |lines| {
                lines
                    .flat_map(|line| line.chars().collect::<Vec<char>>())
                    .map(|letter| (letter, ()))
                    .update_state_by_key(move |_: &Values<()>, _: Option<()>| {
                        *seen.lock().unwrap() += 1;
                        Some(())
                    })
                    .foreach_rdd(move |rdd| {
                        let calls = std::mem::take(&mut *read.lock().unwrap());
                        noted.lock().unwrap().push((calls, rdd.count()));
                    });
            });
            for (calls, keys) in &*by_batch.lock().unwrap() {
                prop_assert_eq!(*calls as u64, *keys, "{:?}", setup);
            }
        }
    }
}

#[test]
fn a_frequent_word_is_one_call_with_all_its_values() {
    let text = "the ".repeat(100_000) + "end\n";
    let batches = millrace::testing::run_batches(&[text], |lines| {
        lines
            .flat_map(|line| line.split(" "))
            .map(|word| (word.to_string(), 1_i64))
            .update_state_by_key(|values: &Values<i64>, state: Option<Vec<usize>>| {
                let mut lengths = state.unwrap_or_default();
                lengths.push(values.len());
                Some(lengths)
            })
    });
    assert_eq!(
        batches,
        [[
            ("the".to_owned(), vec![100_000]),
            ("end".to_owned(), vec![1])
        ]]
    );
}
