//! Checkpoints of programs, and their recovery: `--checkpoint-dir` and
//! `--recover`.

mod attacks;
mod damage;
mod received;

use std::fs;

use super::harness::{ENDLESS_TIME, Finished, Launch, Program, Sender, Signal, assert_ticks};

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

/// The lines of a run on stderr but those on its connections.
fn said_of_recovery(finished: &Finished) -> Vec<&str> {
    let lines = finished.stderr.lines();
    lines.filter(|line| !line.contains("127.")).collect()
}

/// Runs `millrace-state` in the directory of another run.
fn state_tool(finished: Finished, arguments: &[&str]) -> Finished {
    let launch = Launch::of(env!("CARGO_BIN_EXE_millrace-state")).args(arguments);
    launch.after(finished).start().finish().with_code(0)
}

const ANEW: &str = "('hello', 1)\n('world', 1)";
const COUNTED: &str = "('hello', 1)\n('world', 1)\n('a', 2)";

const RECEIVERS_LOG: &str = "spark.streaming.receiver.writeAheadLog.enable";

#[test]
fn a_killed_run_goes_on() {
    let finished = one_batch_after(killed(), Some("--recover"));
    assert_eq!(finished.bodies(), [COUNTED]);
    let said = said_of_recovery(&finished);
    assert_eq!(said.len(), 1, "{}", finished.stderr);
    assert!(
        said[0].contains("going on from generation 1 in state after its last batch "),
        "{}",
        said[0]
    );
    assert!(said[0].ends_with(" missed since"), "{}", said[0]);
}

#[test]
fn a_recovery_without_anything_to_go_on_from_says_so() {
    let launch = |option: &str| {
        let launch = Launch::stateful().threads(2).every("20ms").arg(option);
        let launch = launch.arg("--recover").conf("millrace.maxBatches", 1);
        launch.start_at(&Sender::new()).finish().with_code(0)
    };
    let typo = launch("--checkpoint-dir=stat");
    let expected = "millrace: there is nothing to go on from in stat: this run starts anew";
    assert_eq!(said_of_recovery(&typo), [expected]);
    assert_eq!(typo.bodies(), [ANEW]);
    let launch = Launch::network_wordcount().every("20ms").arg("--recover");
    let launch = launch.conf("millrace.maxBatches", 1);
    let stateless = launch.start_at(&Sender::new()).finish().with_code(0);
    let said = said_of_recovery(&stateless);
    assert_eq!(said.len(), 1, "{}", stateless.stderr);
    assert!(said[0].contains("no checkpoint directory"), "{}", said[0]);
}

#[test]
fn another_number_of_cores_changes_neither_partitions_nor_order() {
    let killed = killed();
    let anywhere = |threads: &str, finished: Finished| {
        let launch = Launch::stateful()
            .every("50ms")
            .arg("--checkpoint-dir=state");
        let launch = launch.arg(format!("--master=local[{threads}]"));
        let launch = launch.arg("--recover").conf("millrace.maxBatches", 1);
        let finished = launch.after(finished).start_at(&Sender::new()).finish();
        let finished = finished.with_code(0);
        assert_eq!(finished.bodies(), [COUNTED], "local[{threads}]");
        finished
    };
    let finished = ["5", "1", "*", "2"]
        .into_iter()
        .fold(killed, |finished, threads| anywhere(threads, finished));
    // Who names another number is asked to make up their mind.
    let launch = stateful()
        .arg("--recover")
        .conf("spark.default.parallelism", 3);
    let refused = launch.after(finished).start_at(&Sender::new()).finish();
    let refused = refused.with_code(1);
    assert!(
        refused
            .stderr
            .contains("millrace-state repartition state 3"),
        "{}",
        refused.stderr
    );
}

#[test]
fn partitions_are_nobodys_business_where_nothing_is_kept_in_them() {
    let run = |finished: Option<Finished>, threads: usize, partitions: usize| {
        let launch = Launch::network_wordcount().threads(threads).every("20ms");
        let launch = launch.arg("--checkpoint-dir=state").arg("--recover");
        let launch = launch.conf("spark.default.parallelism", partitions);
        let launch = launch.conf("millrace.maxBatches", 1);
        let launch = match finished {
            None => launch,
            Some(finished) => launch.after(finished),
        };
        launch.start_at(&Sender::new()).finish().with_code(0)
    };
    let finished = run(None, 2, 2);
    let finished = run(Some(finished), 1, 3);
    assert!(finished.stderr.contains("going on from generation 1"));
}

#[test]
fn batches_that_were_missed_are_made_up_or_left_out() {
    let key = "millrace.recover.missedBatches";
    for (value, left_out) in [("run", false), ("skip", true)] {
        let before = killed();
        let last = before.batches().pop().unwrap().milliseconds();
        // Ten ticks and more are missed.
        std::thread::sleep(std::time::Duration::from_millis(500));
        let launch = stateful().conf("millrace.maxBatches", 2).conf(key, value);
        let launch = launch.arg("--recover").after(before);
        let finished = launch.start_at(&Sender::new()).finish().with_code(0);
        let batches = finished.batches();
        assert_eq!(batches.len(), 2);
        assert!(batches.iter().all(|batch| batch.body == COUNTED));
        let number_before = |words: &str| {
            let (before, _) = finished.stderr.split_once(words)?;
            before.rsplit(' ').next()?.parse::<u64>().ok()
        };
        let skipped =
            number_before(" batches that were due meanwhile are left out (millrace.recover.");
        let missed = number_before(" intervals missed since");
        for (number, is_said) in [(skipped, left_out), (missed, !left_out)] {
            let enough = number.map(|number| number >= 9);
            assert_eq!(enough, is_said.then_some(true), "{}", finished.stderr);
        }
        assert_ticks(&batches, 50);
        // A batch that was printed and not committed is printed again.
        let gap = batches[0].milliseconds() - last;
        assert_eq!(gap > 50, left_out, "{gap} ms");
    }
}

#[test]
fn a_program_with_windows_leaves_no_batch_out() {
    let launch = Launch::of(env!("CARGO_BIN_EXE_windowed_network_wordcount"));
    let launch = launch.conf("millrace.recover.missedBatches", "skip");
    let launch = launch
        .arg("--checkpoint-dir=state")
        .args(["127.0.0.1", "1", "2", "1"]);
    let finished = launch.start().finish().with_code(1);
    let error = "Error: millrace.recover.missedBatches=skip is not for programs with windows";
    assert!(finished.stderr.contains(error), "{}", finished.stderr);
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
    // The newest batch is in the older generation now.
    let newest = one_batch_after(older, Some("--recover"));
    assert_eq!(newest.bodies(), [COUNTED]);
}

/// The clock was set back between two runs, as far as the second one can see.
#[test]
fn a_run_whose_last_batch_is_ahead_of_the_clock_says_when_the_next_one_is_due() {
    let sender = Sender::new();
    let launch = Launch::stateful().threads(2).in_one_batch();
    let program = launch.arg("--checkpoint-dir=state").start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"a a\n");
    connection.close();
    let ahead = program.finish().with_code(0);
    let program = stateful().arg("--recover").after(ahead).start_at(&sender);
    let said = format!(
        "millrace: the batch before this run is that of {ENDLESS_TIME}, ahead of the clock: the \
         next batch is due at 2069-12-07 00:00:00.050, in "
    );
    program.wait_for_stderr(&said, |stderr| stderr.contains(&said).then_some(()));
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    assert_eq!(finished.bodies(), [""; 0]);
    assert_eq!(
        finished.stderr.matches("ahead of the clock").count(),
        1,
        "{}",
        finished.stderr
    );
}

/// The generations that were written last are kept, whatever their numbers are.
#[test]
fn old_generations_are_pruned_and_those_written_last_stay() {
    let second = one_batch_after(killed(), None);
    let third = one_batch_after(second, None);
    let older = one_batch_after(third, Some("--recover=1"));
    let generations = |finished: &Finished| -> Vec<bool> {
        let generation = |number: u32| finished.path(format!("state/generation-{number:06}"));
        (1..=3).map(|number| generation(number).is_dir()).collect()
    };
    let pruned = state_tool(older, &["prune", "state", "--keep=2"]);
    assert_eq!(pruned.stdout, "generation 2 is removed\n");
    assert_eq!(generations(&pruned), [true, false, true]);
    let pruned = state_tool(pruned, &["prune", "state"]);
    assert_eq!(pruned.stdout, "generation 3 is removed\n");
    assert_eq!(generations(&pruned), [true, false, false]);
    let pruned = state_tool(pruned, &["prune", "state"]);
    assert_eq!(pruned.stdout, "");
    let left = fs::read_dir(pruned.path("state")).unwrap().count();
    assert_eq!(left, 2, "the generation and the lock");
    let finished = one_batch_after(pruned, Some("--recover"));
    assert_eq!(finished.bodies(), [COUNTED]);
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
