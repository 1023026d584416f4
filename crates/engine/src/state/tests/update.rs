//! `update_state_by_key` on the state map, against a list of keys.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::durable::StoreError;
use crate::exec::Executor;
use crate::shuffle::Values;
use crate::state::head::HEAD;

use super::{batches, delta, store};

/// Keys and states in the order of their places, changed as the contract is written.
fn model(
    state: &mut Vec<(u32, String)>,
    records: &[(u32, u8)],
    update: impl Fn(&[u8], Option<String>) -> Option<String>,
    every: bool,
) {
    let values = |key: u32| -> Vec<u8> {
        let of_key = records.iter().filter(|record| record.0 == key);
        of_key.map(|record| record.1).collect()
    };
    let old: Vec<u32> = state.iter().map(|(key, _)| *key).collect();
    *state = std::mem::take(state)
        .into_iter()
        .filter_map(|(key, state)| match values(key) {
            values if values.is_empty() && !every => Some((key, state)),
            values => Some((key, update(&values, Some(state))?)),
        })
        .collect();
    let mut seen = old;
    for &(key, _) in records {
        if !seen.contains(&key) {
            seen.push(key);
            state.extend(update(&values(key), None).map(|state| (key, state)));
        }
    }
}

/// Nines remove a key, and so do idle batches in the end.
fn append(values: &[u8], state: Option<String>) -> Option<String> {
    let mut state = state.unwrap_or_default();
    if values.is_empty() {
        state.push('.');
    }
    state.extend(values.iter().map(|value| char::from(b'0' + value)));
    (!values.contains(&9) && !state.ends_with("....")).then_some(state)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.min(64)))]

    #[test]
    fn equals_a_list_of_keys(
        batches in batches(), partitions in 1_u32..4, every: bool,
        seeds in prop::collection::vec(0_u32..200, 0..20), read: u8,
    ) {
        let (executor, store) = (Executor::new(2).unwrap(), store::<String>(partitions));
        let mut expected: Vec<(u32, String)> = Vec::new();
        seeds.iter().for_each(|&key| store.seed(key, "s".to_owned()));
        for key in seeds {
            if !expected.iter().any(|(other, _)| *other == key) {
                expected.push((key, "s".to_owned()));
            }
        }
        let update = |_: &u32, values: &Values<u8>, state: Option<String>| match state {
            // What was promised of idle keys has to hold.
            Some(state) if !every && values.is_empty() => Some(state),
            state => append(&values.to_vec(), state),
        };
        for runs in batches {
            let records = runs.concat();
            model(&mut expected, &records, append, every);
            let generation = store.generation();
            let spent = store.update(delta(&store.hasher, &runs), &update, every, 1, &executor).unwrap();
            prop_assert_eq!(store.generation(), generation + 1);
            prop_assert!(spent.iter().all(|shard| shard.len() == 0), "shards are spent");
            prop_assert_eq!(store.len(), expected.len());
            let mut in_order = expected.clone();
            in_order.sort_by_key(|(key, _)| store.partitioner.partition(key));
            // What is known without a full read must be right at all times; sometimes more
            // is asked for, which may rebuild what is known.
            let some = usize::from(read) % (HEAD + 10);
            for count in [0, 1, 11, some] {
                let first = &in_order[..count.min(in_order.len())];
                prop_assert_eq!(store.take(count, String::clone), first, "the first {}", count);
            }
            if read % 4 == 0 {
                prop_assert_eq!(store.take(usize::MAX, String::clone), in_order.clone());
                prop_assert_eq!(super::in_order(&store, String::clone), in_order);
            }
        }
    }
}

/// States that are alive.
static ALIVE: AtomicI64 = AtomicI64::new(0);

#[derive(Serialize, Deserialize)]
struct Counted(Box<u32>);

impl Counted {
    fn new(value: u32) -> Counted {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Counted(Box::new(value))
    }
}

impl Clone for Counted {
    fn clone(&self) -> Counted {
        Counted::new(*self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn a_panic_amid_an_update_drops_every_state_once() {
    let executor = Executor::new(2).unwrap();
    // Few keys are updated by the caller, many by the workers.
    for keys in [20, 20_000] {
        for every in [false, true] {
            let store = store::<Counted>(1);
            let records: Vec<(u32, u8)> = (0..keys).map(|key| (key, 1)).collect();
            let good = |_: &u32, values: &Values<u8>, state: Option<Counted>| {
                let before = state.map_or(0, |state| *state.0);
                Some(Counted::new(before + values.len() as u32))
            };
            let spent = store.update(delta(&store.hasher, &[records]), &good, every, 1, &executor);
            drop(spent.unwrap());
            assert_eq!(ALIVE.load(Ordering::SeqCst), i64::from(keys));
            let bad = |_: &u32, values: &Values<u8>, state: Option<Counted>| {
                let is_the_one = values.iter().any(|&value| value == 7);
                assert!(!is_the_one, "seven");
                state
            };
            let records = (0..keys / 2).map(|key| (key, if key == 7 { 7 } else { 1 }));
            let delta = delta(&store.hasher, &[records.collect()]);
            let update = || drop(store.update(delta, &bad, every, 2, &executor));
            catch_unwind(AssertUnwindSafe(update)).expect_err("the update panics");
            drop(store);
            assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
        }
    }
}

#[test]
fn readers_see_the_map_while_no_batch_runs() {
    let (executor, store) = (Executor::new(1).unwrap(), store::<String>(1));
    let update = |_: &u32, values: &Values<u8>, state| append(&values.to_vec(), state);
    let run = |runs: &[Vec<(u32, u8)>]| {
        let delta = (!runs.is_empty())
            .then(|| delta(&store.hasher, runs))
            .flatten();
        drop(store.update(delta, &update, true, 1, &executor).unwrap());
    };
    run(&[vec![(1, 1), (2, 2)]]);
    assert_eq!(store.map.get(&1).unwrap().get(), Some(&"1".to_owned()));
    run(&[vec![(1, 9)]]);
    assert!(store.map.get(&1).is_none());
    // An empty batch, without any block, is a batch.
    run(&[]);
    assert_eq!(store.map.get(&2).unwrap().get(), Some(&"2..".to_owned()));
}

#[test]
fn a_broken_promise_is_found_before_it_matters() {
    let (executor, store) = (Executor::new(1).unwrap(), store::<String>(2));
    let ages = |_: &u32, values: &Values<u8>, state| append(&values.to_vec(), state);
    let delta = delta(&store.hasher, &[vec![(1, 1)]]);
    let updated = store.update(delta, &ages, false, 1, &executor);
    assert_eq!(updated.is_err(), cfg!(debug_assertions));
    if let Err(error) = updated {
        assert!(matches!(error, StoreError::Rule(_)), "{error:?}");
        let message = error.to_string();
        assert!(
            message.starts_with("idle_keeps_state was declared, but"),
            "{message}"
        );
    }
}

#[test]
fn keys_that_come_and_go_are_in_order_whenever_somebody_reads_them() {
    let (executor, store) = (Executor::new(2).unwrap(), store::<String>(2));
    let mut expected: Vec<(u32, String)> = Vec::new();
    // Goes with a nine; so slots are given to other keys, and tables are made anew without growing.
    let goes = |values: &[u8], state: Option<String>| match values {
        [] => state,
        values => (!values.contains(&9)).then(|| format!("{values:?}")),
    };
    let update =
        |_: &u32, values: &Values<u8>, state: Option<String>| goes(&values.to_vec(), state);
    let mut seed = 1_u32;
    let mut drawn = |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % below
    };
    for batch in 0..120 {
        let records: Vec<(u32, u8)> = (0..400)
            .map(|_| (drawn(3_000), if drawn(5) < 2 { 9 } else { drawn(9) as u8 }))
            .collect();
        model(&mut expected, &records, goes, false);
        let records = delta(&store.hasher, &[records]);
        drop(
            store
                .update(records, &update, false, batch, &executor)
                .unwrap(),
        );
        // For some time nobody reads, longer than the order is kept.
        if batch < 60 || batch % 20 == 0 {
            let mut in_order = expected.clone();
            in_order.sort_by_key(|(key, _)| store.partitioner.partition(key));
            assert_eq!(
                super::in_order(&store, String::clone),
                in_order,
                "batch {batch}"
            );
        }
    }
}
