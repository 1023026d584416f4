//! Laws 1 to 3 where they are hard to keep: more keys than a local table holds, so that it
//! flushes; more blocks than a run takes; shards that merge while the batch still comes in.

use std::fmt::Write as _;

use millrace::testing::Setup;
use millrace::{StateOptions, Text};

use super::model;
use super::support::{CONCATENATE, Pair, Update, counted, pairs, setups};

/// Keys that a batch brings: more than a local table takes before it flushes, four times.
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
fn scattered(keys: u64, seed: u64) -> impl Iterator<Item = u64> + Clone {
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

/// The pairs of a line.
fn split(line: &str) -> Vec<Pair> {
    let pair = |word: &str| {
        let (key, trace) = word.split_once(':').unwrap();
        (key.to_owned(), format!("{trace},"))
    };
    line.split(' ').map(pair).collect()
}

fn split_all(text: &str) -> Vec<Pair> {
    text.lines().flat_map(split).collect()
}

#[test]
fn a_batch_of_many_keys_equals_the_model() {
    let text = text();
    let expected = model::reduce_by_key(split_all(&text), 3, CONCATENATE);
    for setup in setups(3, 200_000) {
        let mut batches = setup.run_batches(&[&text], |lines| {
            pairs(lines, |line| split(&line)).reduce_by_key(CONCATENATE)
        });
        // Compared as a whole: what differs would be too long to show.
        assert!(batches.remove(0) == expected, "{setup:?}");
    }
}

#[test]
fn the_word_count_of_many_words_equals_the_model() {
    let words = scattered(KEYS, 0).chain(scattered(KEYS, 77_777)).map(key);
    let text: String = words.clone().map(|word| word + "\n").collect();
    let expected = model::count_by_value(words.map(Text::from).collect(), 2);
    for setup in setups(2, 1 << 19) {
        let mut batches = setup.run_batches(&[&text, ""], counted);
        assert_eq!(batches.pop(), Some(Vec::new()));
        assert!(batches.remove(0) == expected, "{setup:?}");
    }
}

/// Counts by letters; a key that came twice is removed.
fn update(values: usize, state: Option<String>) -> Option<String> {
    let total = state.unwrap_or_default() + &"I".repeat(values);
    (total.len() < 2).then_some(total)
}

const UPDATE: Update = |values, state| update(values.len(), state);

#[test]
fn a_large_state_that_shrinks_and_grows_equals_the_model() {
    // The second batch removes half of the keys and brings as many new ones; the third removes
    // some and returns some.
    let ranges = [0..KEYS, KEYS / 2..KEYS + KEYS / 2, KEYS / 4..KEYS / 4 * 3];
    let batches = ranges.map(|range| {
        let start = range.start;
        let numbers = scattered(range.end - start, 13).map(|number| start + number);
        numbers.fold(String::new(), |text, number| text + &key(number) + ":1\n")
    });
    let mut model = model::State::new(Vec::new());
    let expected = batches.each_ref().map(|batch| {
        model.batch(split_all(batch), |values, state| {
            update(values.len(), state)
        });
        model.stream(2)
    });
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
            pairs(lines, |line| split(&line)).update_state_by_key_with(UPDATE, options)
        });
        assert!(
            states == expected,
            "idle keys keep their state: {idle_keeps}"
        );
    }
}
