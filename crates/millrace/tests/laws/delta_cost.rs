//! Law 4: a batch costs what it brings and not what the state holds, unless the program asked
//! for all of it. The cost that can be counted is the number of calls of the program's function.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use millrace::{StateOptions, Values};
use proptest::prelude::*;

use super::support::{Pair, block_bytes, cases, pairs, setups};

/// Batches of keys of one letter.
fn batches() -> impl Strategy<Value = Vec<Vec<char>>> {
    prop::collection::vec(
        prop::collection::vec(prop::char::range('a', 'p'), 0..20),
        1..6,
    )
}

/// The arguments of a call of the update function: how many values, and the state. Values and
/// state begin with the key.
type Call = (usize, Option<String>);

/// The calls that the model makes in every batch, sorted.
fn expected(batches: &[Vec<char>], initial: &[char], every: bool) -> Vec<Vec<Call>> {
    let mut counts: BTreeMap<char, usize> = initial.iter().map(|&key| (key, 0)).collect();
    let calls = |keys: &Vec<char>| {
        let mut seen = keys.clone();
        if every {
            seen.extend(counts.keys());
        }
        seen.sort_unstable();
        seen.dedup();
        let call = |key: char| {
            let values = keys.iter().filter(|other| **other == key).count();
            let state = counts.get(&key).map(|count| format!("{key}{count}"));
            *counts.entry(key).or_default() += values;
            (values, state)
        };
        let mut calls: Vec<Call> = seen.into_iter().map(call).collect();
        calls.sort_unstable();
        calls
    };
    batches.iter().map(calls).collect()
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn touched_keys_are_visited_once_and_others_only_if_asked_for(
        batches in batches(), partitions in 1_usize..=3, block_bytes in block_bytes(),
        idle_keeps: bool,
    ) {
        let initial = ['a', 'q', 'r'];
        let expected = expected(&batches, &initial, !idle_keeps);
        let line = |keys: &Vec<char>| keys.iter().map(|key| format!("{key}\n")).collect();
        let messages: Vec<String> = batches.iter().map(line).collect();
        for setup in setups(partitions, block_bytes) {
            let calls = Arc::new(Mutex::new(Vec::<Call>::new()));
            let (made, read) = (Arc::clone(&calls), Arc::clone(&calls));
            let count = move |values: &Values<String>, state: Option<String>| {
                made.lock().unwrap().push((values.len(), state.clone()));
                let state = state.or_else(|| Some(values.iter().next()?.clone() + "0"))?;
                let before: usize = state[1..].parse().unwrap();
                Some(format!("{}{}", &state[..1], before + values.len()))
            };
            let by_batch = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&by_batch);
            setup.run(&messages, |lines| {
                let initial = initial.map(|key| (key.to_string(), format!("{key}0")));
                let options = StateOptions::new().initial_state(initial);
                let options = if idle_keeps { options.idle_keeps_state() } else { options };
                let keys = pairs(lines, |line| vec![(line.to_string(), line.to_string())]);
                keys.update_state_by_key_with(count, options).foreach_rdd(move |_| {
                    let mut calls = std::mem::take(&mut *read.lock().unwrap());
                    if idle_keeps {
                        // Builds for tests check some keys for what was promised.
                        let made = calls.len();
                        calls.retain(|(values, _)| *values > 0);
                        let most = if cfg!(debug_assertions) { 64 } else { 0 };
                        assert!(made - calls.len() <= most);
                    }
                    calls.sort_unstable();
                    noted.lock().unwrap().push(calls);
                });
            });
            prop_assert_eq!(&*by_batch.lock().unwrap(), &expected, "{:?}", setup);
        }
    }
}

#[test]
fn a_frequent_word_is_one_call_with_all_its_values() {
    let text = "the ".repeat(100_000) + "end\n";
    let batches = millrace::testing::run_batches(&[text], |lines| {
        let words = pairs(lines, |line| {
            let pair = |word: &str| -> Pair { (word.to_owned(), "1".to_owned()) };
            line.as_str().split(' ').map(pair).collect()
        });
        words.update_state_by_key(|values: &Values<String>, state: Option<String>| {
            Some(format!("{}{},", state.unwrap_or_default(), values.len()))
        })
    });
    let expected = [("the", "100000,"), ("end", "1,")];
    assert_eq!(
        batches,
        [expected.map(|(word, calls)| (word.to_owned(), calls.to_owned()))]
    );
}
