//! Windows of a few batches that are written down.

use millrace::{Duration, Text};

use super::support::{CONCATENATE, Pair, Update, pairs};

/// The sequence that was verified with Spark 3.5, for a window that is incremental there too.
#[test]
fn expired_keys_stay_at_nothing_unless_a_filter_removes_them() {
    let messages = ["a b\n", "a\n", "", "", "", "", ""];
    let count = |filter: fn(&String, &i64) -> bool| {
        let batches = millrace::testing::run_batches(&messages, |lines| {
            lines
                .flat_map(|line| line.split(" "))
                .map(|word| (word.to_string(), 1_i64))
                .reduce_by_key_and_window_inverse_filter(
                    |a, b| a + b,
                    |a, b| a - b,
                    Duration::seconds(5),
                    None,
                    filter,
                )
        });
        let text = |(key, count): &(String, i64)| format!("{key}{count}");
        let batch = |batch: &Vec<(String, i64)>| batch.iter().map(text).collect::<String>();
        batches.iter().map(batch).collect::<Vec<_>>()
    };
    let expected = ["a1b1", "a2b1", "a2b1", "a2b1", "a2b1", "a1b0", "a0b0"];
    assert_eq!(count(|_, _| true), expected);
    let expected = ["a1b1", "a2b1", "a2b1", "a2b1", "a2b1", "a1", ""];
    assert_eq!(count(|_, count| *count > 0), expected);
}

/// A state sees the batches between two windows too.
#[test]
fn gaps_are_not_gaps_of_what_stands_before() {
    let messages = ["a\n", "a\n", "a\n", "a\n", "", "a\n"];
    let count: Update = |values, state| Some("1".repeat(values.len()) + &state.unwrap_or_default());
    let one: fn(Text) -> Vec<Pair> = |line| vec![(line.to_string(), String::new())];
    let (window, slide) = (Duration::seconds(1), Duration::seconds(3));
    let expected = [
        [("a".to_owned(), "111".to_owned())],
        [("a".to_owned(), "11111".to_owned())],
    ];
    let windows = millrace::testing::run_batches(&messages, |lines| {
        pairs(lines, one)
            .update_state_by_key(count)
            .window(window, slide)
    });
    assert_eq!(windows, expected);
    let windows = millrace::testing::run_batches(&messages, |lines| {
        let states = pairs(lines, one).update_state_by_key(count);
        states.reduce_by_key_and_window(CONCATENATE, window, slide)
    });
    assert_eq!(windows, expected);
    let windows = millrace::testing::run_batches(&messages, |lines| {
        let states = pairs(lines, one).update_state_by_key(count);
        states
            .map(|(_, state)| state)
            .reduce_by_window(CONCATENATE, window, slide)
    });
    assert_eq!(windows, [["111"], ["11111"]]);
}
