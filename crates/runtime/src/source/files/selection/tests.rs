//! The rule next to a plain model of it, in directories that change.

use std::collections::BTreeMap;

use millrace_engine::durable::remove;
use proptest::prelude::*;

use super::*;

const INTERVAL: i64 = 1000;

/// A directory that changes: names with the times of their last change.
#[derive(Debug, Clone)]
enum Change {
    /// The name is there from now on, modified so long before the next batch (or after it).
    Write(u8, i64),
    Remove(u8),
}

fn batches() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let change = prop_oneof![
        4 => (0_u8..6, -1500_i64..6000).prop_map(|(name, age)| Change::Write(name, age)),
        1 => (0_u8..6).prop_map(Change::Remove),
    ];
    prop::collection::vec(prop::collection::vec(change, 0..4), 1..20)
}

fn at(number: u64) -> BatchTime {
    BatchTime::from_millis(10_000 + number as i64 * INTERVAL)
}

fn apply(there: &mut BTreeMap<u8, i64>, changes: &[Change], time: BatchTime) -> Vec<Found> {
    for change in changes {
        match *change {
            Change::Write(name, age) => {
                there.insert(name, time.as_millis() - age);
            }
            Change::Remove(name) => {
                there.remove(&name);
            }
        }
    }
    let found = |(name, &modified): (&u8, &i64)| Found {
        path: name.to_string(),
        modified,
        identity: Identity::default(),
    };
    there.iter().map(found).collect()
}

/// The entry that takes away what a batch has taken.
fn forgotten(number: u64) -> Vec<u8> {
    let mut entry = Vec::new();
    remove(&mut entry, &number).unwrap();
    entry
}

proptest! {
    /// FACTS of Spark 3.5, as they are written: taken if and only if the change is later than
    /// the stream and than the window, not later than the batch, and the name was taken by no
    /// batch of the window.
    #[test]
    fn the_rule_is_sparks(batches in batches(), remember in 1_i64..5, ignored in 8_000_i64..13_000) {
        let remember = Duration::milliseconds(remember * INTERVAL);
        let selection = Selection::new(ignored, remember);
        let (mut there, mut history) = (BTreeMap::new(), Vec::<(i64, Vec<String>)>::new());
        for (changes, number) in batches.iter().zip(1..) {
            let time = at(number);
            let found = apply(&mut there, changes, time);
            let now = time.as_millis();
            // The last batch that was run has dropped what was older than its window.
            let kept = now - INTERVAL - remember.as_millis();
            let known = |path: &String| {
                history.iter().any(|(time, files)| *time >= kept && files.contains(path))
            };
            let mut expected: Vec<&Found> = found
                .iter()
                .filter(|file| file.modified > ignored)
                .filter(|file| file.modified > now - remember.as_millis())
                .filter(|file| file.modified <= now && !known(&file.path))
                .collect();
            expected.sort_by_key(|file| (file.modified, &file.path));
            let expected: Vec<String> =
                expected.iter().map(|file| file.path.clone()).collect();
            prop_assert_eq!(&selection.choose(number, time, &found), &expected);
            prop_assert_eq!(&selection.choose(number, time, &[]), &expected, "run again");
            history.push((now, expected));
        }
    }

    /// Law 5: a selection that was written down and read goes on as one that never stopped.
    #[test]
    fn one_that_is_loaded_goes_on(
        batches in batches(),
        stop in any::<prop::sample::Index>(),
        snapshot in any::<prop::sample::Index>(),
    ) {
        let remember = Duration::milliseconds(3 * INTERVAL);
        let stop = stop.index(batches.len() + 1);
        let snapshot = snapshot.index(stop + 1);
        let selection = Selection::new(9_000, remember);
        selection.record();
        let (mut there, mut deltas, mut base) = (BTreeMap::new(), Vec::new(), None);
        for (number, changes) in (1..).zip(&batches[..stop]) {
            if number == snapshot as u64 + 1 {
                base = Some(selection.snapshot(0).unwrap());
            }
            selection.choose(number, at(number), &apply(&mut there, changes, at(number)));
            deltas.push((number, selection.take_changes()));
        }
        // It is made later than the first one was.
        let second = Selection::new(99_000, remember);
        second.record();
        if let Some((entries, _)) = &base {
            second.load(Origin::Snapshot(0), entries).unwrap();
        }
        let seen = base.map_or(0, |(_, number)| number);
        for (_, entries) in deltas.iter().filter(|(number, _)| *number > seen) {
            for (_, entries) in entries {
                second.load(Origin::Batch(0), entries).unwrap();
            }
        }
        if stop == 0 {
            second.load(Origin::Snapshot(0), &selection.snapshot(0).unwrap().0).unwrap();
        }
        second.loaded(stop as u64).unwrap();
        prop_assert_eq!(second.snapshot(0).unwrap(), selection.snapshot(0).unwrap());
        // One more restart, from what the second one has written down.
        let third = Selection::new(199_000, remember);
        third.load(Origin::Snapshot(0), &second.snapshot(0).unwrap().0).unwrap();
        for (number, changes) in (stop as u64 + 1..).zip(&batches[stop..]) {
            let found = apply(&mut there, changes, at(number));
            let taken = selection.choose(number, at(number), &found);
            prop_assert_eq!(second.choose(number, at(number), &found), taken);
        }
        for (_, entries) in second.take_changes() {
            third.load(Origin::Batch(0), &entries).unwrap();
        }
        third.loaded(batches.len() as u64).unwrap();
        second.loaded(batches.len() as u64).unwrap();
        prop_assert_eq!(third.snapshot(0).unwrap(), second.snapshot(0).unwrap());
    }

    /// Law 5: a batch that was cut short takes its files when it is run again, and the next one
    /// does not take them a second time.
    #[test]
    fn one_that_was_cut_short_is_run_once_more(batches in batches()) {
        let remember = Duration::milliseconds(30 * INTERVAL);
        let (first, mut there) = (Selection::new(8_000, remember), BTreeMap::new());
        first.record();
        let second = Selection::new(8_000, remember);
        let cut_short = batches.len() as u64;
        for (number, changes) in (1..).zip(&batches) {
            let found = apply(&mut there, changes, at(number));
            first.choose(number, at(number), &found);
            let ahead = first.take_ahead();
            for (_, entries) in first.take_changes().into_iter().filter(|_| number < cut_short) {
                second.load(Origin::Batch(0), &entries).unwrap();
            }
            if let Some((_, entry)) = ahead.filter(|_| number == cut_short) {
                second.load(Origin::Batch(0), &entry).unwrap();
            }
        }
        second.loaded(cut_short - 1).unwrap();
        second.record();
        let third = Selection::new(8_000, remember);
        third.load(Origin::Snapshot(0), &second.snapshot(0).unwrap().0).unwrap();
        third.load(Origin::Batch(0), &forgotten(cut_short)).unwrap();
        for number in cut_short..cut_short + 3 {
            let found = apply(&mut there, &[], at(number));
            let taken = first.choose(number, at(number), &found);
            prop_assert_eq!(second.choose(number, at(number), &found), taken, "{}", number);
        }
        // What the second life has committed is enough for a third one, without the plan.
        for (_, entries) in second.take_changes() {
            third.load(Origin::Batch(0), &entries).unwrap();
        }
        third.loaded(cut_short + 2).unwrap();
        prop_assert_eq!(third.snapshot(0).unwrap(), first.snapshot(0).unwrap());
    }
}

#[test]
fn nothing_is_recorded_that_nobody_wants() {
    let selection = Selection::new(0, Duration::seconds(60));
    let file = Found {
        modified: 500,
        path: "f".to_owned(),
        identity: Identity::default(),
    };
    selection.choose(1, BatchTime::from_millis(1000), &[file]);
    assert!(selection.take_changes().is_empty());
    assert!(selection.load(Origin::Batch(1), b"\x07").is_err());
}

#[test]
fn what_became_of_a_file_that_was_taken_is_seen() {
    let file = |modified, inode, length| Found {
        modified,
        path: "f".to_owned(),
        identity: Identity {
            inode,
            length,
            ..Identity::default()
        },
    };
    let selection = Selection::new(0, Duration::seconds(60));
    let taken = file(500, 1, 10);
    assert_eq!(selection.change(&taken), None, "nobody has taken it");
    selection.choose(
        1,
        BatchTime::from_millis(1000),
        std::slice::from_ref(&taken),
    );
    selection.opened(&taken);
    for (now, expected) in [
        (taken.clone(), None),
        (file(2000, 1, 12), Some(GROWN)),
        (file(500, 2, 10), Some(REPLACED)),
        (file(2000, 1, 10), Some(CHANGED)),
        (file(500, 1, 9), Some(CHANGED)),
    ] {
        assert_eq!(selection.change(&now), expected);
    }
    // An earlier run took it: it was not changed later than its batch.
    for (modified, expected) in [(500, None), (1001, Some(CHANGED))] {
        let second = Selection::new(0, Duration::seconds(60));
        let entries = selection.snapshot(0).unwrap().0;
        second.load(Origin::Snapshot(0), &entries).unwrap();
        assert_eq!(second.change(&file(modified, 3, 10)), expected);
    }
}
