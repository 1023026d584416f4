//! Generations that are damaged: those that can hide nothing are passed over, the others are
//! refused with the ways on.

use std::fs;
use std::path::Path;

use super::super::harness::{Launch, Sender};
use super::{ANEW, COUNTED, killed, one_batch_after, said_of_recovery, stateful};

#[test]
fn a_damaged_generation_hides_none_that_is_whole() {
    let finished = one_batch_after(killed(), None);
    let damaged = finished.path("state/generation-000002/log/log-00000000000000000001.log");
    let mut bytes = std::fs::read(&damaged).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    let launch = stateful().arg("--recover");
    let refused = launch.after(finished).start_at(&Sender::new()).finish();
    let refused = refused.with_code(1);
    assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    for part in [
        "is damaged at byte 48",
        "generation 1 can be read",
        "--recover=1",
    ] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    let read = Launch::of(env!("CARGO_BIN_EXE_millrace-state"))
        .args(["export", "state"])
        .after(refused);
    let read = read.start().finish().with_code(0);
    let said = "generation 2 is passed over, and what follows is of generation 1: ";
    assert!(read.stderr.contains(said), "{}", read.stderr);
    assert!(!read.stdout.is_empty());
    let older = one_batch_after(read, Some("--recover=1"));
    assert_eq!(older.bodies(), [COUNTED]);
}

/// Nobody has gone on with the older one, so it cannot be the newer one whatever its damage.
#[test]
fn a_damaged_generation_that_cannot_be_newer_is_named_and_passed_over() {
    for damage in [(|path| fs::write(path, "").unwrap()) as fn(&Path), |path| {
        fs::remove_file(path).unwrap()
    }] {
        let finished = one_batch_after(killed(), None);
        damage(&finished.path("state/generation-000001/meta"));
        let read = Launch::of(env!("CARGO_BIN_EXE_millrace-state"))
            .args(["export", "state"])
            .after(finished);
        let read = read.start().finish().with_code(0);
        assert_eq!(read.stderr, "");
        let finished = one_batch_after(read, Some("--recover"));
        assert_eq!(finished.bodies(), [ANEW]);
        let said = said_of_recovery(&finished);
        assert_eq!(said.len(), 2, "{}", finished.stderr);
        let passed = "generation 1 is passed over, and generation 2 is newer: state/generation-000001/meta is damaged";
        assert!(said[0].contains(passed), "{}", finished.stderr);
        assert!(said[1].contains("going on from generation 2"));
        // What may be the newest is not begun anew beside without a word.
        fs::write(finished.path("state/generation-000002/meta"), "").unwrap();
        let anew = one_batch_after(finished, None);
        let newest = " in state may be the newest, and stays as it is: ";
        assert!(anew.stderr.contains(newest), "{}", anew.stderr);
    }
}

/// A generation that was gone on with may have the newest batch, whatever its damage: the message
/// names what is whole, and each way on that it names is one.
#[test]
fn a_damaged_generation_that_may_be_the_newest_is_refused_with_the_ways_on() {
    let anew = one_batch_after(killed(), None);
    let older = one_batch_after(anew, Some("--recover=1"));
    assert_eq!(older.bodies(), [COUNTED]);
    fs::write(older.path("state/generation-000001/meta"), "").unwrap();
    let launch = stateful().arg("--recover").after(older);
    let refused = launch.start_at(&Sender::new()).finish().with_code(1);
    let said = said_of_recovery(&refused);
    assert_eq!(said.len(), 1, "{}", refused.stderr);
    for part in [
        "Error: state/generation-000001/meta is damaged at byte 0: ",
        "`millrace-state export --before-damage --generation=1 state` prints what is whole of it",
        "; generation 2 can be read (last batch 1 of ",
        "go on from it with --recover=2",
    ] {
        assert!(said[0].contains(part), "{part}: {}", said[0]);
    }
    let read = Launch::of(env!("CARGO_BIN_EXE_millrace-state"))
        .args(["export", "--before-damage", "--generation=1", "state"])
        .after(refused);
    let read = read.start().finish().with_code(0);
    let counted = "{\"key\":\"a\",\"value\":2}\n";
    assert!(read.stdout.contains(counted), "{}", read.stdout);
    let said = "what follows is what can be read of generation 1: ";
    assert!(read.stderr.contains(said), "{}", read.stderr);
    let named = one_batch_after(read, Some("--recover=2"));
    assert_eq!(named.bodies(), [ANEW]);
    let (damaged, away) = ("state/generation-000001", "generation-000001");
    fs::rename(named.path(damaged), named.path(away)).unwrap();
    let moved = one_batch_after(named, Some("--recover"));
    assert_eq!(moved.bodies(), [ANEW]);
}
