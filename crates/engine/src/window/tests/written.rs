//! The entries that a batch and a snapshot write of a window, and those that a load refuses.

use std::sync::Arc;

use super::lives::Subject;
use super::subjects::{
    Keyed, Numbers, counted, frame, grouped, inverted, reduced, shards_of_one, single, whole,
};
use crate::durable::tests::recover_while_batches_run;
use crate::durable::{Origin, StoreError};
use crate::exec::Executor;
use crate::shuffle::Reduce;
use crate::window::{KeyFilter, Reducing};

#[test]
fn nothing_is_written_of_what_leaves_or_if_nobody_asked() {
    let executor = Executor::new(1).unwrap();
    let every: [fn() -> Box<dyn Subject>; 5] = [
        || Box::new(grouped((1, 2, 1))),
        || Box::new(reduced((1, 2, 1))),
        || Box::new(counted((1, 2, 1))),
        || Box::new(single((1, 2, 1))),
        || Box::new(whole((1, 2, 1))),
    ];
    for new in every {
        let (asked, not_asked) = (new(), new());
        asked.durable().record();
        for (number, records) in (1..).zip([&[(1, 1), (2, 2)][..], &[], &[], &[]]) {
            asked.batch(records, number, &executor);
            not_asked.batch(records, number, &executor);
            let written = !asked.durable().take_changes().is_empty();
            assert_eq!(written, number == 1, "batch {number}");
            assert!(not_asked.durable().take_changes().is_empty());
        }
    }
}

#[test]
fn a_record_of_a_batch_is_a_record_of_the_log() {
    // O(what the batch brought), whatever the window has.
    let executor = Executor::new(1).unwrap();
    let bytes = |window: &dyn Subject, records: &[(u32, u8)], number| {
        window.batch(records, number, &executor);
        let changes = window.durable().take_changes();
        changes
            .iter()
            .map(|(_, entries)| entries.len())
            .sum::<usize>()
    };
    let full: Vec<(u32, u8)> = (0..2000).map(|key| (key, 1)).collect();
    for window in [
        Box::new(reduced((1, 3, 1))) as Box<dyn Subject>,
        Box::new(counted((1, 3, 1))),
        Box::new(grouped((1, 3, 1))),
    ] {
        window.durable().record();
        assert!(bytes(&*window, &full, 1) > 2000);
        assert!(bytes(&*window, &[(1, 2)], 2) < 30);
    }
}

#[test]
fn a_filter_that_panics_or_has_no_value_is_an_error_of_the_load() {
    let executor = Executor::new(1).unwrap();
    let live = inverted((1, 2, 1), None);
    live.durable().record();
    live.batch(&[(1, 1)], 1, &executor);
    let changes = live.durable().take_changes();
    let recover = |filter: KeyFilter<u32, f64>| {
        let recovered = inverted((1, 2, 1), Some(filter));
        for (_, entries) in &changes {
            recovered.durable().load(Origin::Batch(1), entries).unwrap();
        }
        recovered.durable().loaded(3).unwrap_err()
    };
    let error = recover(Arc::new(|_, _| panic!("so be it")));
    assert!(matches!(error, StoreError::Panicked(_)), "{error:?}");
    let error = error.to_string();
    assert!(
        error.contains("panicked") && error.ends_with("so be it"),
        "{error}"
    );
    let error = recover(Arc::new(|_, _| false));
    assert!(matches!(error, StoreError::Rule(_)), "{error:?}");
    let error = error.to_string();
    assert!(error.contains("Neither previous window"), "{error}");
}

#[test]
fn entries_of_other_types_are_refused() {
    let (mut entries, mut head) = (Vec::new(), Vec::new());
    crate::durable::put(&mut entries, &"a key", 0, &"a value").unwrap();
    crate::durable::put(&mut head, &(), 7, &()).unwrap();
    let snapshot = [&head[..], &entries].concat();
    let frame = (1, 2, 1);
    let every: [Box<dyn Subject>; 4] = [
        Box::new(grouped(frame)),
        Box::new(reduced(frame)),
        Box::new(single(frame)),
        Box::new(whole(frame)),
    ];
    for window in every {
        let store = window.durable();
        assert!(store.load(Origin::Batch(1), &entries).is_err());
        assert!(store.load(Origin::Snapshot(1), &snapshot).is_err());
    }
}

#[test]
fn snapshots_are_whole_while_batches_run() {
    let (executor, batches) = (Executor::new(2).unwrap(), 60_u64);
    let (live, recovered) = (reduced((1, 7, 1)), reduced((1, 7, 1)));
    let records = |number: u64| -> Vec<(u32, u8)> {
        let key = |at: u32| (at * 7 + number as u32 * 911) % 9000;
        (0..4000).map(|at| (key(at), (at % 10) as u8)).collect()
    };
    recover_while_batches_run(
        live.durable(),
        recovered.durable(),
        batches,
        &executor,
        |number| {
            live.batch(&records(number), number, &executor);
        },
    );
    for number in batches + 1..batches + 9 {
        let seen = recovered.batch(&records(number), number, &executor);
        assert_eq!(seen, live.batch(&records(number), number, &executor));
    }
}

/// Can be written down until it is more than three.
#[derive(Debug, Clone, serde::Deserialize)]
struct UpToThree(u8);

impl serde::Serialize for UpToThree {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 > 3 {
            return Err(serde::ser::Error::custom("more than three"));
        }
        serializer.serialize_newtype_struct("UpToThree", &self.0)
    }
}

#[test]
fn there_is_no_snapshot_without_what_cannot_be_written_down() {
    let executor = Executor::new(1).unwrap();
    let add = |a: UpToThree, b: UpToThree| UpToThree(a.0 + b.0);
    let new = |frame: Numbers| {
        let rule = Reducing::new(add, &self::frame(frame));
        (
            Keyed::new(rule, Reduce(add), frame),
            UpToThree as fn(u8) -> UpToThree,
        )
    };
    let window = new((1, 2, 1));
    window.durable().record();
    let shards = || 0..window.durable().shards();
    let fails = || shards().any(|shard| window.durable().snapshot(shard).is_err());
    window.batch(&[(1, 2)], 1, &executor);
    assert!(!fails());
    window.batch(&[(1, 3)], 2, &executor);
    assert!(fails(), "two and three are five");
    // What a batch brings is written down by the batch, or fails it.
    let step = frame((1, 2, 1)).step(3);
    let delta = shards_of_one(&window.0, UpToThree(4));
    let error = window
        .0
        .store
        .slide(step, delta, &executor)
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, StoreError::Unwritable { .. }), "{error:?}");
    let error = error.to_string();
    assert!(error.contains("more than three"), "{error}");
}
