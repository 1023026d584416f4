//! Queues that a program fills.

use millrace::source::{QueueOptions, RddQueue};
use proptest::prelude::*;

use super::super::support::{cases, watched};
use super::{ending, partitions, records, setup, to_the_end};

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn a_queue_gives_its_items_one_a_batch_or_all_at_once(
        items in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..5),
        idle in prop::option::of(prop::collection::vec(any::<u8>(), 0..4)),
        slices in 1_usize..4,
        workers in 1_usize..4,
        all_at_once: bool,
    ) {
        let mut options = QueueOptions::new();
        if all_at_once {
            options = options.all_at_once();
        }
        let nothing = match &idle {
            Some(records) => (slices, records.clone()),
            None => (1, Vec::new()),
        };
        if let Some(records) = idle {
            options = options.default_records(records);
        }
        let mut expected: Vec<(usize, Vec<u8>)> = if !all_at_once {
            items.iter().map(|item| (slices, item.clone())).collect()
        } else if items.is_empty() {
            Vec::new()
        } else {
            vec![(slices * items.len(), items.concat())]
        };
        expected.resize(6, nothing);
        let seen = partitions(&setup(workers, slices), 6, |ssc| {
            ssc.queue_stream_with(items, options)
        });
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn a_queue_is_live_and_keeps_its_partitions() {
    let queue = RddQueue::new();
    queue.push_partitions(vec![vec![1], vec![], vec![2, 3]]);
    let later = queue.clone();
    let seen = partitions(&setup(2, 2), 4, |ssc| {
        let stream = ssc.queue_stream(queue);
        stream.foreach_rdd_with_time(move |_, time| {
            if time.as_millis() == 2000 {
                later.push(vec![4]);
            }
        });
        stream
    });
    let expected = [(3, vec![1, 2, 3]), (1, vec![]), (2, vec![4]), (1, vec![])];
    assert_eq!(seen, expected);
}

#[test]
fn an_explicit_default_of_no_partitions_has_none() {
    let seen = partitions(&setup(1, 2), 1, |ssc| {
        let options = QueueOptions::<u8>::new().default_partitions(Vec::new());
        ssc.queue_stream_with(RddQueue::new(), options)
    });
    assert_eq!(seen, [(0, vec![])]);
}

#[test]
fn a_run_ends_when_its_last_queue_has() {
    let seen = watched(|| {
        let ssc = ending(&[]);
        let first = ssc.queue_stream(vec![vec![1], vec![2]]);
        let second = ssc.queue_stream(vec![vec![10], vec![20], vec![30]]);
        let seen = records(&first.union(&second));
        to_the_end(ssc).unwrap();
        let mut seen: Vec<i32> = seen.iter().collect();
        seen.sort_unstable();
        seen
    });
    assert_eq!(seen, [1, 2, 10, 20, 30]);
}

#[test]
fn records_that_batches_took_from_queues_are_counted() {
    let counts = watched(|| {
        let ssc = ending(&[]);
        let _seen = records(&ssc.queue_stream(vec![vec![1_u8, 2], vec![], vec![3]]));
        ssc.start().unwrap();
        ssc.await_termination().unwrap();
        ssc.input_counts()
    });
    assert_eq!(counts.queue_records, 3);
    assert_eq!((counts.lines_cut, counts.unfinished_dropped), (0, 0));
}
