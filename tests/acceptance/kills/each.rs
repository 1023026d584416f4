//! Every failpoint is passed at least once, and what was killed there goes on.
//!
//! The matrix draws, and some places are hardly ever drawn at a moment when they are passed. Here
//! each has the lives that lead to it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::case::{Case, Wrong};
use super::kind::{Kind, Means};
use super::points;

/// A failpoint, the program that is killed there, and where that is killed before.
type Way = (&'static str, Kind, &'static [&'static str]);

/// A run that has committed.
const BEGUN: &[&str] = &["checkpoint.commit.after-sync:3"];
/// A run that has left half a frame.
const TORN: &[&str] = &["checkpoint.commit.after-sync:3", "wal.append.mid-write"];
/// A run that has left a file without its name.
const HALF: &[&str] = &["checkpoint.commit.after-sync:3", "atomic.mid-write"];
/// A run whose last batch has shown everything and is not committed.
const UNCOMMITTED: &[&str] = &["checkpoint.commit.before-append:3"];

const EACH: &[Way] = &[
    ("atomic.after-create", Kind::Stateful, BEGUN),
    ("atomic.after-directory-sync", Kind::Stateful, BEGUN),
    ("atomic.after-rename", Kind::Stateful, BEGUN),
    ("atomic.after-sync", Kind::Stateful, BEGUN),
    ("atomic.after-write", Kind::Stateful, BEGUN),
    ("atomic.before-create", Kind::Stateful, BEGUN),
    ("atomic.mid-write", Kind::Stateful, BEGUN),
    ("checkpoint.blocks.after-create", Kind::Stateless, &[]),
    (
        "checkpoint.blocks.after-directory-sync",
        Kind::Stateless,
        &[],
    ),
    ("checkpoint.commit.after-append", Kind::StatefulFiles, BEGUN),
    ("checkpoint.commit.after-sync", Kind::StatefulFiles, BEGUN),
    (
        "checkpoint.commit.before-append",
        Kind::StatefulFiles,
        BEGUN,
    ),
    ("checkpoint.commit.before-append", Kind::Poison, UNCOMMITTED),
    ("checkpoint.create.after-directory", Kind::Files, &[]),
    (
        "checkpoint.create.after-directory-sync",
        Kind::Stateful,
        &[],
    ),
    ("checkpoint.create.after-meta", Kind::Stateful, &[]),
    ("checkpoint.create.before-meta", Kind::Stateless, &[]),
    ("checkpoint.recover.after-clean", Kind::Files, BEGUN),
    ("checkpoint.recover.after-load", Kind::Stateful, BEGUN),
    ("checkpoint.recover.after-meta", Kind::Stateful, BEGUN),
    ("checkpoint.snapshot.after-commit", Kind::Stateful, &[]),
    ("checkpoint.snapshot.after-release", Kind::Stateful, BEGUN),
    ("checkpoint.snapshot.after-remove", Kind::StatefulFiles, &[]),
    (
        "checkpoint.snapshot.after-shard",
        Kind::StatefulFiles,
        BEGUN,
    ),
    ("checkpoint.snapshot.before-commit", Kind::Stateful, &[]),
    ("checkpoint.snapshot.before-release", Kind::Files, &[]),
    ("cleanup.after-remove", Kind::Stateful, HALF),
    ("cleanup.before-remove", Kind::Stateful, HALF),
    ("lock.after-lock", Kind::Files, BEGUN),
    ("lock.after-write", Kind::Stateful, BEGUN),
    ("output.file.after-create", Kind::Saving, &[]),
    ("output.file.after-create", Kind::Poison, BEGUN),
    ("output.file.after-rename", Kind::Saving, &[]),
    ("output.file.after-rename", Kind::Poison, UNCOMMITTED),
    ("output.file.after-write", Kind::Saving, UNCOMMITTED),
    ("output.file.after-write", Kind::Poison, UNCOMMITTED),
    ("output.parts.after-begin", Kind::Saving, &[]),
    ("output.parts.after-part", Kind::Saving, BEGUN),
    ("output.parts.after-remove", Kind::Saving, UNCOMMITTED),
    ("output.parts.after-rename", Kind::Saving, BEGUN),
    ("output.parts.after-retire", Kind::Saving, UNCOMMITTED),
    ("output.parts.after-success", Kind::Saving, &[]),
    ("wal.append.after-write", Kind::Stateful, BEGUN),
    ("wal.append.before-write", Kind::StatefulFiles, BEGUN),
    ("wal.append.mid-write", Kind::Stateful, BEGUN),
    ("wal.block.after-append", Kind::Stateless, BEGUN),
    ("wal.block.after-sync", Kind::Stateful, BEGUN),
    ("wal.blocks.after-release", Kind::Stateful, BEGUN),
    ("wal.blocks.before-release", Kind::Stateless, BEGUN),
    ("wal.cut.after-append", Kind::Stateless, BEGUN),
    ("wal.cut.after-sync", Kind::Stateful, BEGUN),
    ("wal.open.after-cut", Kind::Stateful, TORN),
    ("wal.open.after-directory-sync", Kind::Stateful, BEGUN),
    ("wal.open.after-sync", Kind::Stateless, BEGUN),
    ("wal.open.before-act", Kind::Files, BEGUN),
    ("wal.open.before-cut", Kind::Stateful, TORN),
    ("wal.release.after-remove", Kind::Stateful, &[]),
    ("wal.release.before-remove", Kind::Stateless, &[]),
    ("wal.roll.after-create", Kind::Stateful, &[]),
    ("wal.roll.before-create", Kind::Stateless, &[]),
    ("wal.sync.after", Kind::Files, BEGUN),
    ("wal.sync.before", Kind::Stateful, BEGUN),
];

/// The number of cases that are tried at a time; most of it is waiting.
const LANES: usize = 4;

/// One directory: killed on the way, killed there, and let live.
fn try_one((name, kind, before): Way, seed: u64) -> Result<(), Wrong> {
    let points = points::all();
    let mut case = Case::new(kind, seed, &points);
    for failpoint in before.iter().chain([&name]) {
        let means = Means {
            failpoint: Some(failpoint),
            other_interval: *failpoint == "checkpoint.recover.after-meta",
        };
        case.die_at(means)?;
    }
    case.go_on()
}

/// The same, again if a file came too late on a busy machine.
fn try_it(way: Way) -> Result<(), String> {
    for seed in super::seed()..super::seed() + 5 {
        match try_one(way, seed) {
            Ok(()) => return Ok(()),
            Err(Wrong::Mismatch(what)) => return Err(format!("{} of {:?}: {what}", way.0, way.1)),
            Err(Wrong::TooLate) => {}
        }
    }
    Err(format!("{}: files always come too late", way.0))
}

#[test]
fn killed_at_each_failpoint_a_program_goes_on() {
    let next = AtomicUsize::new(0);
    let lane = || {
        let mut wrong = Vec::new();
        while let Some(way) = EACH.get(next.fetch_add(1, Ordering::Relaxed)) {
            wrong.extend(try_it(*way).err());
        }
        wrong
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(lane)).collect();
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_failpoint_of_the_sources_is_in_the_list_and_in_the_matrix() {
    let listed: BTreeSet<String> = EACH.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let there: BTreeSet<String> = points::all().into_iter().collect();
    assert_eq!(listed, there);
    for point in &there {
        let passes = |kind: &Kind| kind.may_pass(point);
        assert!(
            Kind::ALL.iter().any(passes),
            "no program is killed at {point}"
        );
    }
    for (name, kind, _) in EACH {
        assert!(kind.may_pass(name), "{kind:?} never passes {name}");
    }
}
