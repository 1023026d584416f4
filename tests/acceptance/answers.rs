//! `--help` and `--version`: answers that were asked for, and so on stdout.

use std::fs;
use std::process::{Command, Stdio};

use super::harness::Launch;

/// Every program, by its name.
const ALL: [(&str, &str); 10] = [
    ("network_wordcount", env!("CARGO_BIN_EXE_network_wordcount")),
    (
        "stateful_network_wordcount",
        env!("CARGO_BIN_EXE_stateful_network_wordcount"),
    ),
    ("custom_receiver", env!("CARGO_BIN_EXE_custom_receiver")),
    ("hdfs_wordcount", env!("CARGO_BIN_EXE_hdfs_wordcount")),
    (
        "network_wordjoinsentiments",
        env!("CARGO_BIN_EXE_network_wordjoinsentiments"),
    ),
    ("queue_stream", env!("CARGO_BIN_EXE_queue_stream")),
    (
        "recoverable_network_wordcount",
        env!("CARGO_BIN_EXE_recoverable_network_wordcount"),
    ),
    (
        "windowed_network_wordcount",
        env!("CARGO_BIN_EXE_windowed_network_wordcount"),
    ),
    ("millrace-state", env!("CARGO_BIN_EXE_millrace-state")),
    ("millrace-submit", env!("CARGO_BIN_EXE_millrace-submit")),
];

#[test]
fn help_and_version_are_answers_on_stdout() {
    for (name, path) in ALL {
        let answer = |option: &str| {
            let finished = Launch::of(path).arg(option).start().finish().with_code(0);
            assert_eq!(finished.stderr, "", "{name} {option}");
            finished.stdout
        };
        let help = answer("--help");
        let usage = format!("Usage: {name} ");
        assert!(help.lines().any(|line| line.starts_with(&usage)), "{help}");
        if name != "millrace-state" {
            for option in ["[options]", "--master", "--conf", "millrace.summary"] {
                assert!(help.contains(option), "{name}: {option}");
            }
        }
        let version = answer("--version");
        assert!(version.starts_with("millrace"), "{name}: {version}");
        assert_eq!(version.lines().count(), 1);
    }
}

#[test]
fn an_answer_that_nobody_reads_is_no_error_and_one_that_cannot_be_written_is() {
    for (_, path) in ALL {
        let run = |stdout: Stdio| {
            let mut command = Command::new(path);
            command.arg("--help").stdout(stdout).output().unwrap()
        };
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = run(full.into());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("Error: cannot write to standard output: "));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = run(writer.into());
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    }
}
