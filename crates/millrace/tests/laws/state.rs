//! The shapes of `update_state_by_key` that see more than values and state: with the time and the
//! key, and with whole partitions. Same output for any workers and any cut (law 2), order by law
//! 3, and the model is a list of keys. The plain shape is in `order`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use millrace::pipeline::Lines;
use millrace::testing::parallelize;
use millrace::{BatchTime, DStream, Duration, ErrorKind, StateOptions, Text, Values, keys};
use proptest::prelude::*;

use super::model;
use super::support::{
    Keyed, Live, Pair, Pairs, block_bytes, cases, failure, pairs, run_to_the_end, run_with, setups,
};

/// Lines of a key and a value: `!` removes the key, and so does a time without values.
fn batches() -> impl Strategy<Value = Vec<Vec<Pair>>> {
    let value = prop_oneof![4 => "[0-9]", 1 => Just("!".to_owned())];
    let batch = prop::collection::vec(("[a-h]", value), 0..12);
    let batch = prop_oneof![3 => batch, 1 => Just(Vec::new())];
    prop::collection::vec(batch, 1..8)
}

fn messages(batches: &[Vec<Pair>]) -> Vec<String> {
    let line = |(key, value): &Pair| format!("{key} {value}\n");
    let message = |batch: &Vec<Pair>| batch.iter().map(line).collect();
    batches.iter().map(message).collect()
}

fn stream_of(lines: &DStream<Text, Lines>) -> Pairs {
    pairs(lines, |line: Text| {
        let pair = line.as_str().split_once(' ');
        pair.map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into_iter()
            .collect()
    })
}

fn initial() -> impl Strategy<Value = Vec<Pair>> {
    prop::collection::vec(("[a-j]", "[x-z]@0"), 0..6)
}

/// A key lives for two seconds after its last value.
fn aged(time: i64, key: &str, values: &[String], state: Option<String>) -> Option<String> {
    if !values.is_empty() {
        let all = values.concat();
        let state = state.unwrap_or_default();
        return (!all.contains('!')).then(|| format!("{state}{key}{all}@{time}"));
    }
    let state = state?;
    let last: i64 = state.rsplit('@').next()?.parse().unwrap();
    (time - last < 2000).then_some(state)
}

type Given = (String, Vec<String>, Option<String>);

/// A function's result for a partition: keys that live on, in their order, the other way round,
/// with keys that are there twice, or with one that it makes up.
fn shaped(how: usize, partitions: usize, given: Vec<Given>) -> Vec<Pair> {
    let made_up = given.first().map(|(first, ..)| {
        let own = model::partition(first, partitions);
        let keys = (0..).map(|number| format!("made-up-{number}"));
        let mut keys = keys.filter(|key| model::partition(key, partitions) == own);
        keys.next().unwrap()
    });
    let lives = given.into_iter().filter_map(|(key, values, state)| {
        let all = state.unwrap_or_default() + &values.concat() + ".";
        (!all.contains('!')).then_some((key, all))
    });
    let mut lives: Vec<Pair> = lives.collect();
    match how {
        0 => {}
        1 => lives.reverse(),
        2 => {
            let twice: Vec<Pair> = lives.iter().step_by(2).cloned().collect();
            lives.extend(twice.into_iter().map(|(key, state)| (key, state + "again")));
        }
        _ => {
            let middle = lives.len() / 2;
            lives.splice(
                middle..middle,
                made_up.map(|key| (key, "made up".to_owned())),
            );
        }
    }
    lives
}

/// A batch of the model of whole partitions.
fn update_partitions(parts: &mut [Vec<Pair>], records: &[Pair], how: usize) {
    let partitions = parts.len();
    for (partition, part) in parts.iter_mut().enumerate() {
        let own = |key: &String| model::partition(key, partitions) == partition;
        let mut given: Vec<Given> = std::mem::take(part)
            .into_iter()
            .map(|(key, state)| (key, Vec::new(), Some(state)))
            .collect();
        for (key, value) in records.iter().filter(|(key, _)| own(key)) {
            match given.iter_mut().find(|(other, ..)| other == key) {
                Some((_, values, _)) => values.push(value.clone()),
                None => given.push((key.clone(), vec![value.clone()], None)),
            }
        }
        let mut seen = HashMap::new();
        *part = shaped(how, partitions, given);
        part.retain(|(key, _)| seen.insert(key.clone(), ()).is_none());
    }
}

fn first_of_each(initial: &[Pair]) -> Vec<Pair> {
    let mut seen = HashMap::new();
    let first = |(key, _): &&Pair| seen.insert(key.clone(), ()).is_none();
    initial.iter().filter(first).cloned().collect()
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn with_the_time_and_the_key(
        batches in batches(), initial in initial(),
        partitions in 1_u32..=4, block_bytes in block_bytes(),
    ) {
        let mut state = first_of_each(&initial);
        let expected: Vec<Vec<Pair>> = (1..).zip(&batches).map(|(second, records)| {
            let old = std::mem::take(&mut state);
            let known: Vec<String> = old.iter().map(|(key, _)| key.clone()).collect();
            let mut keys: Vec<(String, Option<String>)> =
                old.into_iter().map(|(key, state)| (key, Some(state))).collect();
            for (key, _) in records {
                if !known.contains(key) && !keys.iter().any(|(other, _)| other == key) {
                    keys.push((key.clone(), None));
                }
            }
            for (key, old) in keys {
                let values = records.iter().filter(|(other, _)| *other == key);
                let values: Vec<String> = values.map(|(_, value)| value.clone()).collect();
                let new = aged(second * 1000, &key, &values, old);
                state.extend(new.map(|new| (key, new)));
            }
            model::shuffled(state.clone(), partitions as usize)
        }).collect();
        // The default is another number of partitions.
        for setup in setups(partitions as usize + 1, block_bytes) {
            let states = setup.run_batches(&messages(&batches), |lines| {
                let options = StateOptions::new()
                    .initial_rdd(&parallelize(initial.clone(), 3))
                    .partitions(partitions);
                let function: fn(BatchTime, &String, &Values<String>, Option<String>) -> Option<String> =
                    |time, key, values, state| aged(time.as_millis(), key, &values.to_vec(), state);
                stream_of(lines).update_state_by_key_with_time(function, options)
            });
            prop_assert_eq!(&states, &expected, "{:?}", setup);
        }
    }

    #[test]
    fn by_partition(
        batches in batches(), initial in initial(), how in 0_usize..4,
        partitions in 1_usize..=4, block_bytes in block_bytes(),
    ) {
        let mut parts: Vec<Vec<Pair>> = vec![Vec::new(); partitions];
        for (key, state) in first_of_each(&initial) {
            parts[model::partition(&key, partitions)].push((key, state));
        }
        let expected: Vec<Vec<Vec<Pair>>> = batches.iter().map(|records| {
            update_partitions(&mut parts, records, how);
            parts.clone()
        }).collect();
        for setup in setups(partitions, block_bytes) {
            let seen = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&seen);
            setup.run(&messages(&batches), |lines| {
                let options = StateOptions::new().initial_state(initial.clone());
                let states: Keyed = stream_of(lines).update_state_by_partition(
                    move |given| {
                        let given = given.map(|(key, values, state)| (key, values.to_vec(), state));
                        shaped(how, partitions, given.collect())
                    },
                    options,
                );
                // What is held of a batch must not be changed by later ones.
                let held = Mutex::new(Vec::new());
                states.foreach_rdd(move |rdd| {
                    let mut held = held.lock().unwrap();
                    held.push(rdd.clone());
                    let now = held.iter().map(|rdd| rdd.glom().collect()).collect::<Vec<_>>();
                    assert_eq!(rdd.take(3), rdd.collect().into_iter().take(3).collect::<Vec<_>>());
                    assert_eq!(rdd.count(), rdd.collect().len() as u64);
                    *noted.lock().unwrap() = now;
                });
            });
            prop_assert_eq!(&*seen.lock().unwrap(), &expected, "{:?}", setup);
        }
    }
}

#[test]
fn a_partition_gives_only_its_own_keys() {
    let ended = run_to_the_end("a 1\n", |_, lines| {
        let options = StateOptions::new().partitions(2);
        let states: Keyed = stream_of(lines).update_state_by_partition(
            |given| {
                let key = |(key, ..): (String, _, Option<String>)| [key, "b".to_owned()];
                given.flat_map(key).map(|key| (key, String::new()))
            },
            options,
        );
        states.foreach_rdd(|_| ());
    });
    let error = failure(ended);
    assert_eq!(error.kind(), ErrorKind::Task);
    let text = error.to_string();
    assert!(text.starts_with("batch "), "{text}");
    assert!(text.contains("update_state_by_partition at "), "{text}");
    let rule = "the function gave a key in partition 1 that belongs to partition 0: it may only \
                give keys of the partition it was given";
    assert!(text.ends_with(rule), "{text}");
}

/// The error of `start` about the state that `program` keeps.
fn refused(program: impl FnOnce(&Pairs) -> Keyed) -> String {
    let live = Live::new(
        Duration::milliseconds(50),
        &[(
            keys::CHECKPOINT_DIRECTORY,
            &std::env::temp_dir().display().to_string(),
        )],
    );
    program(&stream_of(&live.lines)).print();
    let error = failure(live.context.start());
    assert_eq!(error.kind(), ErrorKind::Illegal);
    error.to_string()
}

#[test]
fn what_start_refuses() {
    let text = refused(|pairs| {
        let options = StateOptions::new().partitions(0);
        pairs.update_state_by_key_with(|_: &Values<String>, state: Option<String>| state, options)
    });
    assert!(
        text.ends_with("the number of partitions must be positive"),
        "{text}"
    );
    let text = refused(|pairs| {
        let options = StateOptions::new().idle_keeps_state();
        pairs.update_state_by_partition(
            |keys| keys.map(|(key, _, state)| (key, state.unwrap_or_default())),
            options,
        )
    });
    assert!(
        text.contains("the function is given all keys of a partition"),
        "{text}"
    );
}

#[test]
fn a_broken_promise_fails_the_batch_and_says_so() {
    let ended = run_to_the_end("a 1\n", |_, lines| {
        let ages =
            |_: &Values<String>, state: Option<String>| Some(state.unwrap_or_default() + ".");
        let options = StateOptions::new().idle_keeps_state();
        let states = stream_of(lines).update_state_by_key_with(ages, options);
        states.foreach_rdd(|_| ());
    });
    if cfg!(debug_assertions) {
        let text = failure(ended).to_string();
        assert!(text.contains("update_state_by_key at "), "{text}");
        assert!(
            text.contains("idle_keeps_state was declared, but"),
            "{text}"
        );
    } else {
        ended.unwrap();
    }
}

/// A state that is a piece of received text must not keep the block that it was cut out of: with
/// a small budget the receiver would wait for ever.
#[test]
fn a_kept_line_does_not_keep_its_block() {
    let line = |number: u32| format!("{number:06} {}\n", "x".repeat(100));
    let input: String = (0..100_000).map(line).collect();
    let count = Arc::new(Mutex::new(0));
    let (one, other) = (Arc::clone(&count), Arc::clone(&count));
    let ended = run_with(
        &[(keys::MAX_BYTES_IN_FLIGHT, "2m")],
        input,
        move |_, lines| {
            // A hundred keys, whose lines are kept from all over the input.
            let keyed = lines.map(|line| (line.as_str()[..3].to_owned(), line));
            let last =
                |lines: &Values<Text>, last: Option<Text>| lines.iter().last().cloned().or(last);
            let states = keyed.update_state_by_key(last);
            states.foreach_rdd(move |rdd| *one.lock().unwrap() = rdd.count());
            let spec = millrace::StateSpec::function(
                |_: &String, line: Option<Text>, state: &mut millrace::State<Text>| {
                    line.into_iter().for_each(|line| state.update(line));
                },
            );
            let mapped = keyed.map_with_state(spec);
            mapped.state_snapshots().foreach_rdd(move |rdd| {
                assert_eq!(rdd.count(), *other.lock().unwrap());
            });
        },
    );
    ended.unwrap();
    assert_eq!(*count.lock().unwrap(), 100);
}
