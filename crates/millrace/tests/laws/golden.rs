//! Law 3 against what PySpark 3.5 itself gave: orders that were read off a real run.

use millrace::testing::Setup;
use millrace::{Text, Values};

use super::support::setups;

const WORDS: &str = "the quick brown fox jumps over the lazy dog hello world spark streaming \
                     a b c d e f g h i j k l\n";

fn counted(setup: &Setup) -> Vec<(Text, i64)> {
    let mut batches = setup.run_batches(&[WORDS], |lines| {
        lines
            .flat_map(|line| line.split(" "))
            .map(|word| (word, 1_i64))
            .reduce_by_key(|a, b| a + b)
    });
    batches.remove(0)
}

#[test]
fn reduce_by_key_orders_as_pyspark_does() {
    let two = "quick lazy dog hello world streaming b c d g j l \
               the brown fox jumps over spark a e f h i k";
    let three = "the fox jumps lazy world spark b f j l \
                 quick brown over hello streaming a c h i k dog d e g";
    for (partitions, order) in [(2, two), (3, three)] {
        for setup in setups(partitions, 7) {
            let counts = counted(&setup);
            let keys: Vec<&str> = counts.iter().map(|(word, _)| word.as_str()).collect();
            assert_eq!(keys, order.split(' ').collect::<Vec<_>>(), "{setup:?}");
            for (word, count) in counts {
                assert_eq!(count, if word == "the" { 2 } else { 1 }, "{word}");
            }
        }
    }
}

#[test]
fn update_state_by_key_orders_as_pyspark_does() {
    // How often a key came; it is dropped when it came twice and has nothing new.
    let update = |new: &Values<i64>, last: Option<i64>| {
        let dropped = new.is_empty() && last >= Some(2);
        (!dropped).then(|| new.len() as i64 + last.unwrap_or(0))
    };
    let batches = ["b a\n", "c a d\n", "", "e b\n", "zz\n"];
    let expected = [
        vec![("b", 1), ("a", 1)],
        vec![("b", 1), ("c", 1), ("d", 1), ("a", 2)],
        vec![("b", 1), ("c", 1), ("d", 1)],
        vec![("b", 2), ("c", 1), ("d", 1), ("e", 1)],
        vec![("c", 1), ("d", 1), ("e", 1), ("zz", 1)],
    ];
    for setup in setups(2, 2) {
        let states = setup.run_batches(&batches, |lines| {
            lines
                .flat_map(|line| line.split(" "))
                .map(|word| (word, 1_i64))
                .update_state_by_key(update)
        });
        let states: Vec<Vec<(&str, i64)>> = states
            .iter()
            .map(|state| {
                state
                    .iter()
                    .map(|(key, count)| (key.as_str(), *count))
                    .collect()
            })
            .collect();
        assert_eq!(states, expected, "{setup:?}");
    }
}
