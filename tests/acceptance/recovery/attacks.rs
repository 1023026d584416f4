//! Files that somebody takes away from a program that runs, or cuts.

use std::fs;
use std::path::Path;

use super::super::harness::{Launch, Sender};
use super::{RECEIVERS_LOG, said_of_recovery};

/// An attack on the files of a program that runs.
type Deed = (&'static str, fn(&Path));

const GONE: &str = " was removed, moved or replaced while it was in use";
const CHANGED: &str = " were written to it: somebody has cut it or written into it while it was";

const DEEDS: [Deed; 7] = [
    ("state/", |state| fs::remove_dir_all(state).unwrap()),
    ("state/", |state| {
        fs::rename(state, state.with_file_name("elsewhere")).unwrap();
    }),
    ("state/", |state| {
        fs::rename(state, state.with_file_name("elsewhere")).unwrap();
        fs::create_dir(state).unwrap();
        fs::copy(state.with_file_name("elsewhere/LOCK"), state.join("LOCK")).unwrap();
    }),
    ("state/LOCK", |state| {
        fs::remove_file(state.join("LOCK")).unwrap()
    }),
    (
        "state/generation-000001/log/log-00000000000000000001.log",
        |state| {
            fs::remove_dir_all(state.join("generation-000001/log")).unwrap();
        },
    ),
    ("state/generation-000001/meta", |state| {
        fs::remove_file(state.join("generation-000001/meta")).unwrap();
    }),
    (
        "state/generation-000001/blocks/blocks-00000000000000000001.log",
        |state| {
            fs::remove_dir_all(state.join("generation-000001/blocks")).unwrap();
        },
    ),
];

/// Gives a file of the generation another length.
fn resize(state: &Path, name: &str, length: u64) {
    let path = state.join("generation-000001").join(name);
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

/// Attacks after which the files are there and are not what was written.
const CUTS: [Deed; 4] = [
    (
        "state/generation-000001/log/log-00000000000000000001.log",
        |state| resize(state, "log/log-00000000000000000001.log", 0),
    ),
    (
        "state/generation-000001/blocks/blocks-00000000000000000001.log",
        |state| resize(state, "blocks/blocks-00000000000000000001.log", 50),
    ),
    (
        "state/generation-000001/blocks/blocks-00000000000000000001.log",
        |state| resize(state, "blocks/blocks-00000000000000000001.log", 5000),
    ),
    ("state/generation-000001/meta", |state| {
        resize(state, "meta", 0)
    }),
];

/// The attack and the end of the program, which says `what`.
fn robbed((name, deed): Deed, interval: &str, what: &str) {
    let sender = Sender::new();
    let launch = Launch::stateful().threads(2).every(interval);
    let launch = launch
        .arg("--checkpoint-dir=state")
        .conf(RECEIVERS_LOG, true);
    let program = launch.start_at(&sender);
    let state = program.directory().join("state");
    let mut connection = sender.accept();
    connection.send(b"a\n");
    let block = state.join("generation-000001/blocks/blocks-00000000000000000001.log");
    while !block.exists() {
        std::thread::yield_now();
    }
    deed(&state);
    let finished = program.finish().with_code(1);
    let said = said_of_recovery(&finished);
    let said: Vec<_> = said.iter().filter(|it| !it.contains("not run")).collect();
    assert_eq!(said.len(), 1, "{name}: {}", finished.stderr);
    let (before, _) = said[0].split_once(what).expect(&finished.stderr);
    let before = before.split(" has ").next().unwrap_or_default();
    // The file, or a directory that it was in.
    let named = before.rsplit(' ').next().unwrap_or_default();
    assert!(
        named.contains(name) || (named.starts_with("state/") && name.starts_with(named)),
        "{name}: {}",
        finished.stderr
    );
}

#[test]
fn what_is_taken_away_is_missed_with_the_next_batch() {
    std::thread::scope(|scope| {
        for deed in DEEDS {
            scope.spawn(move || robbed(deed, "50ms", GONE));
        }
        for deed in CUTS {
            scope.spawn(move || robbed(deed, "50ms", CHANGED));
        }
    });
}

#[test]
fn what_is_taken_away_is_missed_while_there_is_no_batch() {
    std::thread::scope(|scope| {
        for deed in DEEDS {
            scope.spawn(move || robbed(deed, "1h", GONE));
        }
        for deed in CUTS {
            scope.spawn(move || robbed(deed, "1h", CHANGED));
        }
    });
}
