//! A broadcast changes between batches and never within one.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use millrace::testing::{Setup, run_context};

const BATCHES: usize = 30;

/// A message per batch: many lines, so that many map tasks run before their batch is due.
fn messages() -> Vec<String> {
    vec!["x\n".repeat(400); BATCHES]
}

fn setup(workers: usize) -> Setup {
    Setup {
        workers,
        block_bytes: 64,
        ..Setup::default()
    }
}

#[test]
fn an_update_holds_from_the_next_batch_on_that_begins_to_receive() {
    for workers in 1..=4 {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let own = Arc::clone(&seen);
        setup(workers).run_stream(&messages(), move |ssc, lines| {
            let number = ssc.broadcast(0);
            let (early, due) = (number.clone(), number.clone());
            // One is read as blocks come in, the other when the batch is due.
            let early = lines
                .map(move |_| (*early.value(), 1))
                .reduce_by_key(|a, b| a + b);
            let due = lines.map(move |_| *due.value());
            early.foreach_rdd({
                let own = Arc::clone(&own);
                move |rdd| own.lock().unwrap().push(rdd.collect())
            });
            let times = Mutex::new(0);
            due.foreach_rdd(move |rdd| {
                own.lock()
                    .unwrap()
                    .push(rdd.map(|n| (n, 1)).reduce_by_key(|a, b| a + b).collect());
                let mut times = times.lock().unwrap();
                *times += 1;
                number.update(-1);
                number.update(*times);
                assert_ne!(
                    *number.value(),
                    *times,
                    "the batch that runs keeps its value"
                );
            });
        });
        // Batch n updates to n while batch n + 1 receives.
        let expected = (1..=BATCHES as i32).map(|batch| (batch - 2).max(0));
        let expected: Vec<_> = expected.flat_map(|n| vec![vec![(n, 400)]; 2]).collect();
        assert_eq!(*seen.lock().unwrap(), expected, "{workers} workers");
    }
}

#[test]
fn no_batch_sees_two_values_whoever_updates_whenever() {
    let seen = Arc::new(Mutex::new(Vec::<BTreeSet<u64>>::new()));
    let ended = Arc::new(AtomicBool::new(false));
    let own = Arc::clone(&seen);
    let mut updating = None;
    setup(3).run_stream(&messages(), |ssc, lines| {
        let number = ssc.broadcast(0_u64);
        let (early, due, until) = (number.clone(), number.clone(), Arc::clone(&ended));
        let early = lines
            .map(move |_| (*early.value(), 1))
            .reduce_by_key(|a, b| a + b);
        let due = lines.map(move |_| *due.value());
        let due = due.map(|n| (n, 1)).reduce_by_key(|a, b| a + b);
        for stream in [early.erased(), due.erased()] {
            let own = Arc::clone(&own);
            stream.foreach_rdd(move |rdd| {
                own.lock()
                    .unwrap()
                    .push(rdd.keys().collect().into_iter().collect());
            });
        }
        updating = Some(thread::spawn(move || {
            let mut next = 0;
            while !until.load(Ordering::SeqCst) {
                next += 1;
                number.update(next);
            }
        }));
    });
    ended.store(true, Ordering::SeqCst);
    updating.unwrap().join().unwrap();
    let seen = seen.lock().unwrap();
    let (pairs, _) = seen.as_chunks::<2>();
    assert_eq!(pairs.len(), BATCHES);
    for [early, due] in pairs {
        assert_eq!(early.len(), 1, "{early:?}");
        assert_eq!(early, due);
    }
    let values: BTreeSet<_> = seen.iter().flatten().collect();
    assert!(values.len() > 1, "it was updated");
    assert!(seen.is_sorted(), "an older value does not come back");
}

#[test]
fn before_the_start_an_update_holds_at_once() {
    run_context(0, |ssc| {
        let number = ssc.broadcast(1);
        number.update(2);
        assert_eq!(*number.value(), 2);
        assert_eq!(format!("{number:?}"), "Broadcast(2)");
    });
}

/// An old value is dropped when no batch can see it, at the update after that.
#[test]
fn old_values_go() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (own, counted) = (Arc::clone(&seen), Arc::new(()));
    setup(2).run_stream(&messages(), move |ssc, lines| {
        let kept = ssc.broadcast(Arc::clone(&counted));
        lines.foreach_rdd(move |_| {
            kept.update(Arc::clone(&counted));
            own.lock().unwrap().push(Arc::strong_count(&counted));
        });
    });
    // The batch that runs, the one that receives and the next have a value each; two more are
    // this test's own.
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), BATCHES);
    assert!(seen.iter().all(|count| *count <= 5), "{seen:?}");
}
