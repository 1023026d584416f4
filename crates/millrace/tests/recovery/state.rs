//! The states of many keys, over several lives: places, states and removals are those of one life.

use millrace::dstream::Computed;

use millrace::pipeline::Lines;
use millrace::testing::Setup;
use millrace::{DStream, StateOptions, Text, Values};
use proptest::prelude::*;

/// A state of a word: how often it came, until it came a fifth time.
fn counts(lines: &DStream<Text, Lines>) -> Computed<(Text, usize)> {
    let update = |new: &Values<()>, old: Option<usize>| {
        let count = old.unwrap_or(0) + new.len();
        (count < 5).then_some(count)
    };
    let words = lines
        .flat_map(|line| line.split(" "))
        .map(|word| (word, ()));
    words.update_state_by_key_with(update, StateOptions::new().idle_keeps_state())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(12)
    })]

    #[test]
    fn states_go_on(
        seeds in prop::collection::vec(0_usize..1000, 1..5), keys in 1_usize..2000,
        ends in prop::collection::vec(0_usize..5, 1..3), log_bytes in prop_oneof![1_u64..5000, Just(1 << 20)],
    ) {
        let message = |seed: &usize| {
            let words = (0..keys).map(|key| format!("w{}", key * (seed + 1) % 1009));
            words.collect::<Vec<_>>().join(" ") + "\n"
        };
        let messages: Vec<String> = seeds.iter().map(message).collect();
        let (top, mut ends) = (tempfile::tempdir().unwrap(), ends);
        ends.sort_unstable();
        let setup = Setup { partitions: 2, ..Setup::default() };
        let lives = setup.run_lives(top.path(), (&ends, log_bytes), &messages, counts);
        prop_assert_eq!(lives, setup.run_batches(&messages, counts));
    }
}
