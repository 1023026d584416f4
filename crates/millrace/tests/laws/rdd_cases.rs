//! Datasets at their limits: none and many records, functions that panic, and accumulators.

use std::collections::HashMap;

use millrace::Rdd;

use super::rdd::same;
use super::support::{failure, run_to_the_end};

#[test]
fn a_dataset_of_nothing() {
    let (reduced, folded, top, counts) = same(3, |ssc| {
        let none = ssc.parallelize(Vec::<u8>::new()).filter(|_| true);
        let pairs = none.map(|key| (key, key));
        let keyed = [
            pairs.reduce_by_key(|a, _| a).partitions(),
            pairs.join(&pairs).partitions(),
            none.distinct().partitions(),
            none.sort_by(|key| *key, true).partitions(),
        ];
        (
            none.reduce(|a, _| a),
            none.fold(7, |a, b| a + b),
            none.top(3),
            keyed,
        )
    });
    assert_eq!((reduced, folded, top), (None, 28, Vec::new()));
    assert_eq!(counts, [3, 3, 3, 3]);
}

#[test]
fn large_partitions_are_sorted_and_counted() {
    let numbers: Vec<u64> = (0..200_000).map(|n| n * 7919 % 200_003).collect();
    let (sorted, lengths, top) = same(4, |ssc| {
        let rdd = ssc.parallelize_in(numbers.clone(), 3);
        let sorted = rdd.sort_by(|n| *n, false);
        let lengths: Vec<usize> = sorted.glom().collect().iter().map(Vec::len).collect();
        (sorted.collect(), lengths, rdd.top(1500))
    });
    let mut expected = numbers;
    expected.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(top, expected[..1500]);
    assert_eq!(sorted, expected);
    assert_eq!(lengths, [49_999, 50_000, 50_000, 50_001]);
}

#[test]
fn a_function_that_panics_fails_its_batch() {
    type Fails = fn(&Rdd<u8>);
    let programs: [(Fails, &str); 5] = [
        (
            |rdd| assert_eq!(rdd.map(|n| 1 / n).count(), 0),
            "divide by zero",
        ),
        (
            |rdd| drop(rdd.map(|n| (n, n)).reduce_by_key(|_, _| panic!("no sum"))),
            "no sum",
        ),
        (|rdd| drop(rdd.sort_by(|n| 1 / n, true)), "divide by zero"),
        (
            |rdd| assert!(rdd.reduce(|_, _| panic!("no sum")).is_none()),
            "no sum",
        ),
        (
            |rdd| drop(rdd.map(|n| (n, n)).group_by_key_with(0)),
            "the number of partitions must be positive",
        ),
    ];
    for (fails, message) in programs {
        let error = failure(run_to_the_end("0\n0\n", move |_, lines| {
            lines.map(|_| 0_u8).foreach_rdd(fails);
        }));
        let text = error.to_string();
        assert!(
            text.contains(message) && text.contains("foreach_rdd at"),
            "{text}"
        );
    }
}

#[test]
fn what_tasks_add_is_there_when_they_have_ended() {
    let (sum, seen, named) = same(2, |ssc| {
        let sum = ssc.accumulator(100_i64);
        let letters = ssc.accumulator_by(HashMap::new(), |all: &mut HashMap<u8, u32>, more| {
            for (letter, count) in more {
                *all.entry(letter).or_default() += count;
            }
        });
        let named = ssc.long_accumulator("records");
        let (add, count, tell) = (sum.clone(), letters.clone(), named.clone());
        let table = ssc.broadcast([1_i64, 2, 3]);
        ssc.parallelize_in((0..3000_usize).collect(), 7)
            .for_each(move |n| {
                add.add(table.value()[n % 3]);
                count.add(HashMap::from([(b'a' + (n % 2) as u8, 1)]));
                tell.add(1);
            });
        sum.add(1);
        let before = (sum.value(), letters.value(), named.value());
        sum.set(5);
        assert_eq!(sum.value(), 5);
        before
    });
    assert_eq!(sum, 100 + 6000 + 1);
    assert_eq!(seen, HashMap::from([(b'a', 1500), (b'b', 1500)]));
    assert_eq!(named, 3000);
}
