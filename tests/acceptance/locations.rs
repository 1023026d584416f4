//! One rule of locations, wherever a file or directory is named; and what is refused leaves
//! nothing behind.

use std::fs;

use super::harness::{Finished, Launch, Sender};

const RECOVERABLE: &str = env!("CARGO_BIN_EXE_recoverable_network_wordcount");
const HDFS: &str = env!("CARGO_BIN_EXE_hdfs_wordcount");
const STATE: &str = env!("CARGO_BIN_EXE_millrace-state");
const HISTORY: &str = env!("CARGO_BIN_EXE_millrace-history");
const SUBMIT: &str = env!("CARGO_BIN_EXE_millrace-submit");

/// The complaints about names that are no location of this machine.
const REFUSED: &[(&str, &str)] = &[
    ("", "is empty"),
    ("hdfs://nn/x", "no hdfs: locations"),
    ("s3a:x", "no s3a: locations"),
    ("C:/x", "no C: locations"),
    ("file:x", "file:///path"),
    ("file://elsewhere/x", "the machine elsewhere"),
    ("~/x", "no shell has put a home directory"),
];

/// Runs something that has to be refused before it begins.
fn refused(launch: Launch, code: i32, expected: &str) -> Finished {
    let finished = launch.start().finish().with_code(code);
    let said = &finished.stderr;
    assert!(said.contains(expected), "{expected}: {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(finished.stdout, "");
    let left = fs::read_dir(finished.path("")).unwrap().count();
    assert_eq!(left, 0, "{said}");
    finished
}

fn one_batch(launch: Launch) -> Launch {
    launch.every("20ms").conf("millrace.maxBatches", 1)
}

#[test]
fn what_is_no_location_of_this_machine_is_refused_everywhere() {
    let nobody = ["127.0.0.1", "1"];
    for (name, expected) in REFUSED {
        for setting in [
            "--checkpoint-dir",
            "--properties-file",
            "--conf=millrace.checkpoint.dir",
            "--conf=spark.streaming.checkpoint.directory",
            "--conf=millrace.summary",
            "--conf=millrace.deadLetterDir",
            "--conf=spark.eventLog.dir",
        ] {
            let launch = one_batch(Launch::stateful()).arg(format!("{setting}={name}"));
            let said = refused(launch.args(nobody), 1, expected).stderr;
            let called = setting.trim_start_matches("--conf=");
            assert!(said.starts_with(&format!("Error: {called} is ")), "{said}");
        }
        let recoverable = |directory: &str, output: &str| {
            let launch = one_batch(Launch::of(RECOVERABLE)).args(nobody);
            launch.args([directory, output])
        };
        refused(recoverable(name, "out"), 1, expected);
        refused(recoverable("ck", name), 1, expected);
        refused(one_batch(Launch::of(HDFS)).arg(name), 1, expected);
        for task in ["ls", "stats", "verify", "export", "prune", "drop-received"] {
            refused(Launch::of(STATE).args([task, name]), 2, expected);
        }
        for behind in ["get", "prefix", "repartition", "diff"] {
            let state = Launch::of(STATE).args([behind, name, "3"]);
            refused(state, 2, expected);
        }
        refused(Launch::of(HISTORY).args([name, "--summary"]), 2, expected);
        // Without a slash it is a name that is looked for, and empty it is no program.
        if name.contains('/') {
            refused(Launch::of(SUBMIT).arg(name), 1, expected);
        }
    }
}

#[test]
fn the_other_side_of_a_comparison_is_a_location_too() {
    let launch = one_batch(Launch::stateful()).arg("--checkpoint-dir=ck");
    let mut finished = launch.start_at(&Sender::new()).finish().with_code(0);
    for (name, expected) in REFUSED {
        let diff = Launch::of(STATE).args(["diff", "ck", name]).after(finished);
        finished = diff.start().finish().with_code(2);
        assert!(finished.stderr.contains(expected), "{}", finished.stderr);
    }
}

#[test]
fn a_file_address_is_the_path_it_names() {
    let sender = Sender::new();
    let launch = Launch::stateful().file("in/settings", "millrace.maxBatches 1\n");
    let here = launch.directory().display().to_string();
    let launch = launch
        .every("20ms")
        .arg(format!("--checkpoint-dir=file://{here}/ck"))
        .arg(format!("--properties-file=file:{here}/in/settings"))
        .conf(
            "millrace.summary",
            format!("file://localhost{here}/figures"),
        );
    let finished = launch.start_at(&sender).finish().with_code(0);
    let mut left: Vec<_> = fs::read_dir(finished.path("")).unwrap().flatten().collect();
    left.sort_by_key(fs::DirEntry::file_name);
    let left: Vec<_> = left.iter().map(fs::DirEntry::file_name).collect();
    assert_eq!(left, ["ck", "figures", "in"]);
    let state = Launch::of(STATE).arg("ls").arg(format!("file://{here}/ck"));
    let listed = state.start().finish().with_code(0);
    assert!(listed.stdout.contains("generation 1"), "{}", listed.stdout);
}

#[test]
fn outputs_that_cannot_be_written_are_found_before_anything_runs() {
    let launch = one_batch(Launch::network_wordcount()).args(["127.0.0.1", "1"]);
    let finished = launch.start().finish().with_code(0);
    assert_ne!(finished.stdout, "", "a batch prints its time");

    let launch = one_batch(Launch::network_wordcount()).conf("millrace.summary", "no/such/file");
    refused(launch.args(["127.0.0.1", "1"]), 1, "no/such/file");
    let launch = one_batch(Launch::of(RECOVERABLE));
    let launch = launch.args(["127.0.0.1", "1", "ck", "no/such/file"]);
    refused(launch, 1, "cannot write the output file no/such/file: ");
}
