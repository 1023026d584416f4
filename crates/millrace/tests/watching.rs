//! A running program answers those who watch it: every store that has keys says the same of a
//! key, of a prefix and of the greatest values as a plain map does.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration as StdDuration;
use std::vec::IntoIter;

use millrace::events::RunProbe;
use millrace::testing::Setup;
use millrace::{Duration, State, StateOptions, StateSpec, Text, Values};
use millrace_types::{KeptRecord, StateFound, StateSearch};
use proptest::prelude::*;

type Counts = BTreeMap<String, i64>;

fn search(prefix: &str, top: bool, limit: usize) -> StateSearch {
    StateSearch {
        prefix: prefix.to_owned(),
        top,
        limit,
        within: StdDuration::from_secs(600),
    }
}

fn shown(counts: impl Iterator<Item = (String, i64)>) -> Vec<KeptRecord> {
    let record = |(key, count): (String, i64)| KeptRecord {
        key: serde_json::to_string(&key).unwrap(),
        value: count.to_string(),
    };
    counts.map(record).collect()
}

/// Compares every store with `counts`.
fn check(probe: &dyn RunProbe, counts: &Counts) {
    let figures = probe.figures();
    let names: Vec<&str> = figures.stores.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["state", "state", "state", "window"]);
    for (store, figures) in figures.stores.iter().enumerate() {
        assert_eq!(figures.keys, counts.len() as u64, "store {store}");
        assert!(figures.bytes >= 4 * figures.keys, "store {store}");
        let all: Vec<_> = counts.iter().map(|(key, n)| (key.clone(), *n)).collect();
        let (first, last) = (all.first().unwrap(), all.last().unwrap());
        for (key, count) in [first, last] {
            let expected = shown([(key.clone(), *count)].into_iter()).pop();
            assert_eq!(probe.find(store, key), expected, "store {store}");
        }
        assert_eq!(probe.find(store, "no such key"), None);
        let prefix = &first.0[..1];
        let begins = all.iter().filter(|(key, _)| key.starts_with(prefix));
        let found = probe.search(store, &search(prefix, false, 3)).unwrap();
        assert_eq!(found.records, shown(begins.take(3).cloned()));
        let mut top = all.clone();
        top.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let expected = StateFound {
            records: shown(top.into_iter().take(5)),
            looked_at: counts.len() as u64,
            complete: true,
        };
        assert_eq!(probe.search(store, &search("", true, 5)), Some(expected));
    }
    assert_eq!(probe.search(9, &search("", true, 5)), None);
}

/// Counts words in all the ways that keep something, and asks in every batch.
fn run(batches: &[Vec<String>]) -> usize {
    let messages: Vec<String> = batches
        .iter()
        .map(|words| words.iter().map(|word| format!("{word}\n")).collect())
        .collect();
    let probed: Arc<Mutex<Vec<Arc<dyn RunProbe>>>> = Arc::default();
    let asked = Arc::new(Mutex::new((Counts::new(), 0)));
    let (probe, told) = (Arc::clone(&probed), Arc::clone(&asked));
    Setup::default().run_stream(&messages, |ssc, lines| {
        let ones = lines.map(|word| (word, 1_i64));
        let sum = |values: &Values<i64>, state: Option<i64>| {
            Some(state.unwrap_or(0) + values.iter().sum::<i64>())
        };
        ones.update_state_by_key(sum).print();
        let spec = StateSpec::function(|_: &Text, one: Option<i64>, state: &mut State<i64>| {
            let sum = state.get().copied().unwrap_or(0) + one.unwrap_or(0);
            state.update(sum);
        });
        ones.map_with_state(spec).stream().print();
        let whole = move |keys: IntoIter<(Text, Values<i64>, Option<i64>)>| {
            keys.map(move |(word, values, state)| (word, sum(&values, state).unwrap()))
        };
        ones.update_state_by_partition(whole, StateOptions::new())
            .print();
        ones.reduce_by_key_and_window(|a, b| a + b, Duration::seconds(1000), None)
            .print();
        let words = lines.map(|word| word.as_str().to_owned());
        probed.lock().unwrap().push(ssc.probe());
        words.foreach_rdd(move |rdd| {
            let mut told = told.lock().unwrap();
            for word in rdd.collect() {
                *told.0.entry(word).or_insert(0) += 1;
            }
            if !told.0.is_empty() {
                check(&*probe.lock().unwrap()[0], &told.0);
                told.1 += 1;
            }
        });
    });
    asked.lock().unwrap().1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn stores_say_what_a_map_says(
        batches in prop::collection::vec(prop::collection::vec("[abc]{1,2}", 1..40), 1..4),
    ) {
        prop_assert_eq!(run(&batches), batches.len());
    }
}

#[test]
fn many_keys_are_looked_through_in_steps() {
    let words = (0..3_000).map(|number| format!("w{number}")).collect();
    assert_eq!(run(&[words]), 1);
}

/// The last lines of each output that prints, and nothing of one that does not.
#[test]
fn the_last_records_of_an_output_are_kept() {
    let probed: Arc<Mutex<Vec<Arc<dyn RunProbe>>>> = Arc::default();
    let probe = Arc::clone(&probed);
    let seen: Arc<Mutex<Vec<_>>> = Arc::default();
    let kept = Arc::clone(&seen);
    Setup::default().run_stream(&["a\nb\n", "c\n"], |ssc, lines| {
        lines.print();
        probe.lock().unwrap().push(ssc.probe());
        lines.foreach_rdd(move |_| {
            let last = probe.lock().unwrap()[0].last_records();
            kept.lock().unwrap().push(last);
        });
    });
    let seen = seen.lock().unwrap();
    let last = |batch: usize| (seen[batch][0].output, seen[batch][0].lines.clone());
    assert_eq!(
        (seen[0].len(), last(0)),
        (1, (0, vec!["a".into(), "b".into()]))
    );
    assert_eq!((seen[1].len(), last(1)), (1, (0, vec!["c".into()])));
}
