//! `map_with_state`: one call per record and one a key that times out, in an order that neither
//! workers nor blocks can be seen in (laws 2 and 3), at the cost of what the batch brings and of
//! what is due (law 4); and Spark's rules for the state, in its words.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use millrace::pipeline::Lines;
use millrace::testing::Setup;
use millrace::{BatchTime, DStream, Duration, ErrorKind, State, StateSpec, Text, keys};
use proptest::prelude::*;

use super::model;
use super::support::{
    Live, Pair, Pairs, block_bytes, cases, failure, named, pairs, run_to_the_end, setups,
};

fn stream_of(lines: &DStream<Text, Lines>) -> Pairs {
    pairs(lines, |line: Text| {
        let pair = line.as_str().split_once(' ');
        pair.map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into_iter()
            .collect()
    })
}

/// The function's output, and its use of the value: `r` reads, `x` removes, `n` updates and
/// emits nothing, all else updates.
fn emitted(time: i64, key: &str, value: Option<&str>, before: Option<&String>) -> Option<String> {
    let exists = match value {
        None | Some("r") => before.is_some(),
        Some("x") => false,
        Some("n") => return None,
        Some(_) => true,
    };
    Some(format!("{time} {key} {value:?} {before:?} {exists}"))
}

#[expect(clippy::ptr_arg, reason = "the key's type is String")]
fn follow(
    time: BatchTime,
    key: &String,
    value: Option<String>,
    state: &mut State<String>,
) -> Option<String> {
    let before = state.get().cloned();
    assert_eq!(state.exists(), before.is_some());
    assert_eq!(state.is_timing_out(), value.is_none());
    match value.as_deref() {
        None | Some("r") => {}
        Some("x") => state.remove(),
        Some(value) => state.update(before.clone().unwrap_or_default() + value),
    }
    let emitted = emitted(time.as_millis(), key, value.as_deref(), before.as_ref());
    if let Some(emitted) = &emitted {
        assert!(emitted.ends_with(&state.exists().to_string()), "{emitted}");
    }
    emitted
}

/// Keys with their states and the times of their last updates, in the order of their places.
struct Model {
    keys: Vec<(String, String, i64)>,
    timeout: Option<i64>,
    partitions: usize,
}

impl Model {
    fn new(initial: &[Pair], timeout: Option<i64>, partitions: usize) -> Model {
        let mut keys: Vec<(String, String, i64)> = Vec::new();
        for (key, state) in initial {
            match keys.iter_mut().find(|(other, ..)| other == key) {
                Some((_, last, _)) => last.clone_from(state),
                None => keys.push((key.clone(), state.clone(), 1000)),
            }
        }
        Model {
            keys,
            timeout,
            partitions,
        }
    }

    fn batch(&mut self, time: i64, records: &[Pair]) -> Seen {
        let mut all: Vec<(String, Option<String>)> = Vec::new();
        for (key, value) in records {
            let at = self.keys.iter().position(|(other, ..)| other == key);
            let before = at.map(|at| self.keys[at].1.clone());
            all.push((
                key.clone(),
                emitted(time, key, Some(value), before.as_ref()),
            ));
            match (value.as_str(), at) {
                ("r", Some(at)) if self.timeout.is_some() => self.keys[at].2 = time,
                ("r", _) | ("x", None) => {}
                ("x", Some(at)) => drop(self.keys.remove(at)),
                (value, Some(at)) => {
                    self.keys[at].1.push_str(value);
                    self.keys[at].2 = time;
                }
                (value, None) => self.keys.push((key.clone(), value.to_owned(), time)),
            }
        }
        if let Some(timeout) = self.timeout {
            let (lives, idle): (Vec<_>, Vec<_>) = std::mem::take(&mut self.keys)
                .into_iter()
                .partition(|&(_, _, updated)| updated >= time - timeout);
            self.keys = lives;
            for (key, state, _) in idle {
                let last = emitted(time, &key, None, Some(&state));
                all.push((key, last));
            }
        }
        let calls = all.len();
        let mapped = model::shuffled(all, self.partitions).into_iter();
        let states = self
            .keys
            .iter()
            .map(|(key, state, _)| (key.clone(), state.clone()));
        Seen {
            mapped: mapped.filter_map(|(_, emitted)| emitted).collect(),
            states: model::shuffled(states.collect(), self.partitions),
            calls,
        }
    }
}

/// The visible results of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
struct Seen {
    mapped: Vec<String>,
    states: Vec<Pair>,
    calls: usize,
}

fn run(
    setup: &Setup,
    batches: &[Vec<Pair>],
    initial: &[Pair],
    timeout: Option<i64>,
    partitions: Option<u32>,
) -> Vec<Seen> {
    let line = |(key, value): &Pair| format!("{key} {value}\n");
    let message = |batch: &Vec<Pair>| -> String { batch.iter().map(line).collect() };
    let messages: Vec<String> = batches.iter().map(message).collect();
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::new(Mutex::new(vec![Seen::default(); batches.len()]));
    let (made, counted) = (Arc::clone(&calls), calls);
    let (mapped_of, states_of) = (Arc::clone(&seen), Arc::clone(&seen));
    setup.run(&messages, |lines| {
        let spec = StateSpec::function_with_time(
            move |time: BatchTime,
                  key: &String,
                  value: Option<String>,
                  state: &mut State<String>| {
                made.fetch_add(1, Ordering::Relaxed);
                follow(time, key, value, state)
            },
        );
        let mut spec = spec.initial_state(initial.to_vec());
        if let Some(timeout) = timeout {
            spec = spec.timeout(Duration::milliseconds(timeout));
        }
        if let Some(partitions) = partitions {
            spec = spec.partitions(partitions);
        }
        let mapped = stream_of(lines).map_with_state(spec);
        let batch = |time: BatchTime| time.as_millis() as usize / 1000 - 1;
        // The states are those behind the batch, whichever is asked for first.
        mapped
            .state_snapshots()
            .foreach_rdd_with_time(move |rdd, time| {
                let states = rdd.collect();
                assert_eq!(rdd.take(3), states[..states.len().min(3)]);
                assert_eq!(rdd.count(), states.len() as u64);
                states_of.lock().unwrap()[batch(time)].states = states;
            });
        mapped.foreach_rdd_with_time(move |rdd, time| {
            let records = rdd.collect();
            assert_eq!(rdd.glom().collect().concat(), records);
            assert_eq!(rdd.take(3), records[..records.len().min(3)]);
            assert_eq!(rdd.count(), records.len() as u64);
            let seen = &mut mapped_of.lock().unwrap()[batch(time)];
            seen.mapped = records;
            seen.calls = counted.swap(0, Ordering::Relaxed);
        });
    });
    let seen = seen.lock().unwrap();
    seen.clone()
}

fn expected(
    batches: &[Vec<Pair>],
    initial: &[Pair],
    timeout: Option<i64>,
    partitions: usize,
) -> Vec<Seen> {
    let mut model = Model::new(initial, timeout, partitions);
    let batches = (1..).zip(batches);
    batches
        .map(|(second, records)| model.batch(1000 * second, records))
        .collect()
}

fn timeout() -> impl Strategy<Value = Option<i64>> {
    prop::option::of(prop_oneof![
        Just(0_i64),
        Just(999),
        Just(1000),
        Just(1500),
        Just(3000)
    ])
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn equals_a_list_of_keys(
        batches in prop::collection::vec(prop_oneof![
            3 => prop::collection::vec(("[a-h]", "[0-9rxn]"), 0..14),
            1 => Just(Vec::new()),
        ], 1..9),
        initial in prop::collection::vec(("[a-j]", "[u-w]"), 0..6),
        timeout in timeout(), partitions in 1_u32..=4, block_bytes in block_bytes(),
        default: bool,
    ) {
        let expected = expected(&batches, &initial, timeout, partitions as usize);
        let (own, of_spec) = if default { (partitions, None) } else { (7, Some(partitions)) };
        for setup in setups(own as usize, block_bytes) {
            let seen = run(&setup, &batches, &initial, timeout, of_spec);
            prop_assert_eq!(&seen, &expected, "{:?}", setup);
        }
    }
}

#[test]
fn many_records_are_mapped_side_by_side() {
    let value = |at: usize| ["1", "r", "2", "x", "n", "3", "4"][at % 7].to_owned();
    let batch = |number: usize| -> Vec<Pair> {
        let at = |at: usize| {
            (
                format!("k{}", at * (13 + number) % 700),
                value(at / 3 + number),
            )
        };
        (0..if number == 3 { 0 } else { 12_000 }).map(at).collect()
    };
    let batches: Vec<Vec<Pair>> = (0..6).map(batch).collect();
    for (partitions, timeout) in [(1, Some(0)), (3, Some(1000)), (3, None)] {
        let expected = expected(&batches, &[], timeout, partitions);
        for setup in setups(partitions, 20_000) {
            let seen = run(&setup, &batches, &[], timeout, None);
            for (seen, expected) in seen.iter().zip(&expected) {
                assert!(seen == expected, "{setup:?}");
            }
        }
    }
}

/// A function that does what it must not do.
type Illegal = fn(&mut State<i64>);

#[test]
fn what_a_function_may_not_do_fails_the_batch() {
    let removed: Illegal = |state| {
        state.remove();
        state.update(1);
    };
    let twice: Illegal = |state| {
        state.remove();
        state.remove();
    };
    let update: Illegal = |state| state.update(1);
    let remove: Illegal = State::remove;
    let rules = [
        (
            removed,
            false,
            "Cannot update the state after it has been removed",
        ),
        (
            twice,
            false,
            "Cannot remove the state that has already been removed",
        ),
        (update, true, "Cannot update the state that is timing out"),
        (remove, true, "Cannot remove the state that is timing out"),
    ];
    for (illegal, timing_out, rule) in rules {
        let line = Arc::new(AtomicUsize::new(0));
        let said = Arc::clone(&line);
        // The key without a record is due in the second batch.
        let run = AssertUnwindSafe(|| {
            Setup::default().run(&["a 1\n", ""], |lines| {
                let spec = StateSpec::function(
                    move |key: &String, _: Option<String>, state: &mut State<i64>| {
                        if key == "b" && state.is_timing_out() == timing_out {
                            illegal(state);
                        }
                    },
                );
                let records = stream_of(lines).map(|(_, value)| ("b".to_owned(), value));
                let spec = spec
                    .initial_state([("b".to_owned(), 1)])
                    .timeout(Duration::milliseconds(0));
                said.store(line!() as usize + 1, Ordering::Relaxed);
                records.map_with_state(spec).foreach_rdd(|_| ());
            })
        });
        let panicked = catch_unwind(run).expect_err("the run was to fail");
        let batch = if timing_out { 2000 } else { 1000 };
        let (file, line) = (file!(), line.load(Ordering::Relaxed));
        assert_eq!(
            panicked.downcast_ref::<String>().unwrap(),
            &format!("{}, map_with_state at {file}:{line}: {rule}", named(batch)),
        );
    }
}

#[test]
fn a_function_that_asks_is_told_and_goes_on() {
    let batches = millrace::testing::run_batches(&["a 1\n", ""], |lines| {
        let spec = StateSpec::function(|_: &String, _: Option<String>, state: &mut State<i64>| {
            let told = |result: millrace::Result<()>| result.map_err(|error| error.to_string());
            if state.is_timing_out() {
                return vec![told(state.try_update(2)), told(state.try_remove())];
            }
            let unset = state.try_get().map(drop);
            let mut all = vec![told(unset), told(state.try_update(1))];
            all.push(told(state.try_get().map(|one| assert_eq!(*one, 1))));
            all.push(told(state.try_remove()));
            assert!(!state.exists());
            all.extend([told(state.try_update(2)), told(state.try_remove())]);
            all.push(told(state.try_get().map(drop)));
            all
        });
        let spec = spec
            .initial_state([("b".to_owned(), 1)])
            .timeout(Duration::milliseconds(0));
        stream_of(lines).map_with_state(spec).stream()
    });
    let no = |rule: &str| Err(rule.to_owned());
    let first = vec![
        no("State is not set"),
        Ok(()),
        Ok(()),
        Ok(()),
        no("Cannot update the state after it has been removed"),
        no("Cannot remove the state that has already been removed"),
        no("State is not set"),
    ];
    let second = vec![
        no("Cannot update the state that is timing out"),
        no("Cannot remove the state that is timing out"),
    ];
    assert_eq!(batches, [[first], [second]]);
}

#[test]
fn a_panic_is_the_functions_and_names_it() {
    let ended = run_to_the_end("a 1\n", |_, lines| {
        let spec = StateSpec::function(
            |key: &String, _: Option<String>, _: &mut State<i64>| -> i64 { panic!("no {key}") },
        );
        stream_of(lines).map_with_state(spec).foreach_rdd(|_| ());
    });
    let text = failure(ended).to_string();
    assert!(text.contains("map_with_state at "), "{text}");
    assert!(
        text.ends_with("the program's code panicked: no a"),
        "{text}"
    );
}

#[test]
fn what_start_refuses() {
    type Spec = StateSpec<String, String, i64, ()>;
    let function = || -> Spec { StateSpec::function(|_, _, _| ()) };
    let refused = |spec: Spec, directory: bool| {
        let directory = directory.then(|| std::env::temp_dir().display().to_string());
        let settings = directory
            .iter()
            .map(|path| (keys::CHECKPOINT_DIRECTORY, path.as_str()));
        let live = Live::new(Duration::milliseconds(50), &settings.collect::<Vec<_>>());
        stream_of(&live.lines)
            .map_with_state(spec)
            .state_snapshots()
            .print();
        let error = failure(live.context.start());
        assert_eq!(error.kind(), ErrorKind::Illegal);
        error.to_string()
    };
    let text = refused(function().timeout(Duration::milliseconds(-1)), true);
    assert!(text.ends_with("the timeout must not be negative"), "{text}");
    let text = refused(function().partitions(0), true);
    assert!(
        text.ends_with("the number of partitions must be positive"),
        "{text}"
    );
    let text = refused(function(), false);
    assert!(
        text.starts_with("The checkpoint directory has not been set."),
        "{text}"
    );
}
