//! Laws 1 to 3 where they are hard to keep: more keys than a local table holds, so that it
//! spills; more blocks than a run takes; shards that merge while the batch still comes in.

use std::fmt::Write as _;

use millrace::testing::Setup;
use millrace::{StateOptions, Values};

use super::model;
use super::support::setups;

/// Keys that a batch brings: more than a local table takes before it spills, four times.
const KEYS: u64 = 300_000;

/// The key number `number`: a few bytes, or more than are held inline.
fn key(number: u64) -> String {
    if number.is_multiple_of(5) {
        format!("a-key-of-more-than-fifteen-bytes-{number}")
    } else {
        format!("k{number}")
    }
}

/// All key numbers, each once, in an order that jumps.
fn scattered(keys: u64, seed: u64) -> impl Iterator<Item = u64> {
    // A step that has no factor in common with the number of keys visits all of them.
    (0..keys).map(move |index| (index * 161_803 + seed) % keys)
}

/// Lines of ten `key:trace`; every key comes twice, most of them far apart.
fn text() -> String {
    let mut text = String::new();
    let numbers = scattered(KEYS, 0).chain(scattered(KEYS, 77_777));
    for (at, number) in numbers.enumerate() {
        let end = if at % 10 == 9 { '\n' } else { ' ' };
        write!(text, "{}:{}{end}", key(number), at % 1000).unwrap();
    }
    text
}

fn split(word: &str) -> (String, String) {
    let (key, trace) = word.split_once(':').unwrap();
    (key.to_owned(), trace.to_owned())
}

fn pairs(text: &str) -> Vec<(String, String)> {
    text.split_ascii_whitespace().map(split).collect()
}

fn joined(earlier: String, later: String) -> String {
    earlier + "," + &later
}

#[test]
fn a_batch_of_many_keys_equals_the_model() {
    let text = text();
    let expected = model::reduce_by_key(pairs(&text), 3, joined);
    for setup in setups(3, 200_000) {
        let mut batches = setup.run_batches(&[&text], |lines| {
            lines
                .flat_map(|line| line.split(" "))
                .map(|word| split(&word))
                .reduce_by_key(joined)
        });
        // Compared as a whole: what differs would be too long to show.
        assert!(batches.remove(0) == expected, "{setup:?}");
    }
}

#[test]
fn small_values_of_many_keys_equal_the_model() {
    let text = text();
    let keys = pairs(&text).into_iter().map(|(key, _)| key).collect();
    let expected = model::count_by_value(keys, 2);
    for setup in setups(2, 1 << 19) {
        let mut batches = setup.run_batches(&[&text, ""], |lines| {
            lines
                .flat_map(|line| line.split(" "))
                .map(|word| word.split_once(':').unwrap().0.to_owned())
                .count_by_value()
        });
        assert_eq!(batches.pop(), Some(Vec::new()));
        assert!(batches.remove(0) == expected, "{setup:?}");
    }
}

#[test]
fn a_large_state_that_shrinks_and_grows_equals_the_model() {
    // A key that came twice is removed. The second batch removes half of the keys and brings as
    // many new ones; the third removes some and returns some.
    let ranges = [0..KEYS, KEYS / 2..KEYS + KEYS / 2, KEYS / 4..KEYS / 4 * 3];
    let batches: Vec<String> = ranges
        .into_iter()
        .map(|range| {
            let start = range.start;
            let numbers = scattered(range.end - start, 13).map(|number| start + number);
            numbers.fold(String::new(), |text, number| text + &key(number) + ":1\n")
        })
        .collect();
    fn update(values: usize, state: Option<i64>) -> Option<i64> {
        let total = state.unwrap_or(0) + values as i64;
        (total < 2).then_some(total)
    }
    let mut model = model::State::new(Vec::new());
    let expected: Vec<Vec<(String, i64)>> = batches
        .iter()
        .map(|batch| {
            model.batch(pairs(batch), |values: &[String], state| {
                update(values.len(), state)
            });
            model.stream(2)
        })
        .collect();
    for idle_keeps in [false, true] {
        let options = StateOptions::new();
        let options = if idle_keeps {
            options.idle_keeps_state()
        } else {
            options
        };
        let setup = Setup {
            workers: 3,
            partitions: 2,
            block_bytes: 300_000,
        };
        let states = setup.run_batches(&batches, |lines| {
            lines.map(|word| split(&word)).update_state_by_key_with(
                |values: &Values<String>, state| update(values.len(), state),
                options,
            )
        });
        assert!(
            states == expected,
            "idle keys keep their state: {idle_keeps}"
        );
    }
}
