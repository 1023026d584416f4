//! Partitions: how many a keyed dataset has, and who is to blame for one that there is not. How
//! much of them is read when a few records are asked for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use millrace::partition::{Partitioner, Partitions};
use millrace::source::RddQueue;
use millrace::testing::{Setup, parallelize};
use millrace::{Duration, Result, State, StateOptions, StateSpec, Values};

struct By(usize);

impl Partitioner<i64> for By {
    fn partitions(&self) -> usize {
        3
    }

    fn partition(&self, _key: &i64) -> usize {
        self.0
    }
}

/// The end of a run whose keys all go to partition `partition` of three.
fn ending(operator: usize, partition: usize) -> Result<()> {
    let (_, ended) = Setup::default().run_local(1, |ssc| {
        let pairs = ssc.queue_stream(vec![vec![1_i64, 2]]).map(|n| (n, n));
        let by = || Partitions::by(By(partition));
        let sum = |a, b| a + b;
        match operator {
            0 => pairs.reduce_by_key_with(sum, by()).print(),
            1 => pairs
                .reduce_by_key_with(sum, by())
                .foreach_rdd(|rdd| drop(rdd.collect())),
            2 => pairs.partition_by(by()).print(),
            3 => {
                let count = |new: &Values<i64>, _: Option<i64>| Some(new.len() as i64);
                let options = StateOptions::new().partitions(by());
                pairs.update_state_by_key_with(count, options).print();
            }
            4 => {
                let spec = |key: &i64, _: Option<i64>, _: &mut State<i64>| *key;
                let spec = StateSpec::function(spec).partitions(by());
                pairs.map_with_state(spec).stream().print();
            }
            _ => {
                let second = Duration::seconds(1);
                pairs
                    .reduce_by_key_and_window_with(sum, second, None, by())
                    .print();
            }
        }
    });
    ended
}

#[test]
fn a_partition_that_there_is_not_is_the_partitioners_fault() {
    for operator in 0..6 {
        ending(operator, 2).unwrap();
        for partition in [3, usize::MAX, 1 << 32] {
            let error = ending(operator, partition).unwrap_err().to_string();
            let blamed = format!("partition {partition}, but has 3 partitions");
            assert!(error.contains(&blamed), "operator {operator}: {error}");
            assert!(
                error.contains("partitions.rs:"),
                "operator {operator}: {error}"
            );
        }
    }
}

#[test]
fn the_default_number_of_partitions_is_that_of_what_was_read() {
    let queue = RddQueue::new();
    for partitions in [vec![vec![1, 2], vec![1], vec![]], vec![], vec![vec![]]] {
        queue.push_partitions(partitions);
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let found = Arc::clone(&seen);
    let (_, ended) = Setup::default().run_local(3, |ssc| {
        ssc.queue_stream(queue).foreach_rdd(move |rdd| {
            let pairs = rdd.map(|n| (n, n));
            let both = pairs.cogroup(&pairs.union(&pairs));
            found.lock().unwrap().push([
                pairs.reduce_by_key(|a, b| a + b).partitions(),
                pairs.group_by_key().glom().collect().len(),
                both.partitions(),
                rdd.sort_by(|n| *n, true).partitions(),
                rdd.distinct().map(|n| (n, ())).join(&pairs).collect().len(),
            ]);
        });
    });
    ended.unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [[3, 3, 9, 3, 3], [0, 0, 0, 0, 0], [1, 1, 3, 1, 0]]
    );
}

#[test]
fn a_default_that_is_set_counts_for_every_dataset() {
    let pairs = parallelize(vec![(1, 'a'), (2, 'b')], 2);
    let more = pairs.union(&pairs);
    assert_eq!(more.reduce_by_key(|a, _| a).partitions(), 2);
    assert_eq!(more.join(&more).partitions(), 2);
    assert_eq!(more.sort_by_key(true).partitions(), 2);
}

#[test]
fn a_function_is_called_once_for_every_record_that_is_needed() {
    for (modulus, count) in [(1, 5), (3, 5), (100, 5), (100, 2_000), (20_000, 3), (7, 0)] {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let some = parallelize((0..10_000).collect(), 3).filter(move |number| {
            counted.fetch_add(1, Ordering::Relaxed);
            number % modulus == 0
        });
        let expected: Vec<i32> = (0..10_000).step_by(modulus as usize).take(count).collect();
        let taken = some.map(|number| number + 1).take(count);
        assert_eq!(taken, expected.iter().map(|n| n + 1).collect::<Vec<_>>());
        let enough = expected.len() == count;
        let needed = match expected.last() {
            Some(&last) if enough => last as usize + 1,
            _ if count == 0 => 0,
            _ => 10_000,
        };
        assert_eq!(
            calls.load(Ordering::Relaxed),
            needed,
            "{count} of every {modulus}th"
        );
    }
}
