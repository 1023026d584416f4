//! What a program keeps, and how it goes on: `--checkpoint-dir` and `--recover`.

use super::harness::{Finished, Launch, Program, Sender, Signal};

/// The stateful program with its state in `state`.
fn stateful() -> Launch {
    let launch = Launch::stateful().threads(2).every("50ms");
    launch.arg("--checkpoint-dir=state")
}

/// A run of one batch behind another run, in its directory.
fn one_batch_after(finished: Finished, option: Option<&str>) -> Finished {
    let launch = stateful().conf("millrace.maxBatches", 1).args(option);
    let finished = launch.after(finished).start_at(&Sender::new()).finish();
    finished.with_code(0)
}

fn wait_for_body(program: &Program, expected: &str) {
    program.wait_for_batches(expected, |batches| {
        let seen = batches.iter().any(|batch| batch.body == expected);
        seen.then_some(())
    });
}

/// A run that has counted `a a` and is killed.
fn killed() -> Finished {
    let sender = Sender::new();
    let program = stateful().start_at(&sender);
    sender.accept().send(b"a a\n");
    wait_for_body(&program, COUNTED);
    // The batch has been committed when the next one prints.
    program.wait_for_more_batches(1);
    program.signal(Signal::Kill);
    let finished = program.finish();
    assert_eq!(finished.code, None);
    finished
}

const ANEW: &str = "('hello', 1)\n('world', 1)";
const COUNTED: &str = "('hello', 1)\n('world', 1)\n('a', 2)";

#[test]
fn a_killed_run_goes_on() {
    let finished = one_batch_after(killed(), Some("--recover"));
    assert_eq!(finished.bodies(), [COUNTED]);
    let others = finished
        .stderr
        .lines()
        .filter(|line| !line.contains("127."));
    assert_eq!(others.count(), 0, "{}", finished.stderr);
}

#[test]
fn a_start_beside_older_state_says_so_and_keeps_it() {
    let anew = one_batch_after(killed(), None);
    assert_eq!(anew.bodies(), [ANEW]);
    let said: Vec<_> = anew
        .stderr
        .lines()
        .filter(|line| line.contains("state of an earlier run (generation 1)"))
        .collect();
    assert_eq!(said.len(), 1, "{}", anew.stderr);
    assert!(said[0].ends_with("run with --recover=1"), "{}", said[0]);
    let newest = one_batch_after(anew, Some("--recover"));
    assert_eq!(newest.bodies(), [ANEW]);
    let older = one_batch_after(newest, Some("--recover=1"));
    assert_eq!(older.bodies(), [COUNTED]);
}

#[test]
fn a_generation_that_is_not_there_is_refused() {
    let launch = stateful().arg("--recover=7").start_at(&Sender::new());
    let finished = launch.finish().with_code(1);
    assert_eq!(finished.stdout, "");
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    assert!(
        finished.stderr.contains("has no generation 7"),
        "{}",
        finished.stderr
    );
}

#[test]
fn the_option_is_stronger_than_the_program() {
    let launch = |option: Option<&str>| {
        let launch = Launch::stateful().threads(2).every("20ms").args(option);
        let launch = launch.conf("millrace.maxBatches", 1);
        launch.start_at(&Sender::new()).finish().with_code(0)
    };
    for (option, there, not_there) in [
        (None, "checkpoint", "state"),
        (Some("--checkpoint-dir=state"), "state", "checkpoint"),
    ] {
        let finished = launch(option);
        assert!(finished.path(there).is_dir());
        assert!(!finished.path(not_there).exists());
    }
}

#[test]
fn two_runs_do_not_write_one_directory() {
    let sender = Sender::new();
    let first = stateful().start_at(&sender);
    first.wait_for_more_batches(1);
    let state = first.directory().join("state");
    let second = Launch::stateful().threads(2).arg("--checkpoint-dir");
    let second = second.arg(state).start_at(&sender).finish().with_code(1);
    assert_eq!(second.stdout, "");
    let holder = first.id().to_string();
    assert!(second.stderr.contains(&holder), "{}", second.stderr);
}
