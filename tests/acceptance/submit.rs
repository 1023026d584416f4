//! `millrace-submit` in front of the programs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::harness::{Launch, Sender, Signal};

#[test]
fn options_before_the_program_reach_it() {
    let sender = Sender::new();
    let program = Launch::submit()
        .threads(2)
        .in_one_batch()
        .conf("millrace.print.num", 1)
        .arg("network_wordcount")
        .start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"a b b\n");
    connection.close();
    assert_eq!(program.finish().with_code(0).bodies(), ["('b', 2)\n..."]);
}

#[test]
fn words_behind_the_program_are_its_own() {
    let usage = "Usage: millrace-submit [options] network_wordcount <hostname> <port>";
    for words in [
        &["--master", "local[2]", "localhost", "9999"][..],
        &["--help"],
        &[],
        &["", "1", ""],
    ] {
        let launch = Launch::submit().arg("network_wordcount").args(words);
        let finished = launch.start().finish().with_code(255);
        assert_eq!(finished.stdout, "");
        let line = &finished.stderr;
        assert!(line.starts_with(usage), "{words:?}: {line}");
        assert!(line.ends_with(" (see millrace-submit --help)\n"), "{line}");
    }
}

#[test]
fn a_program_may_be_a_path() {
    let path = env!("CARGO_BIN_EXE_stateful_network_wordcount");
    let finished = Launch::submit().arg(path).start().finish().with_code(255);
    assert_eq!(
        finished.stderr,
        "Usage: millrace-submit [options] stateful_network_wordcount <hostname> <port> (see \
         millrace-submit --help)\n"
    );
}

#[test]
fn signals_reach_the_program() {
    let sender = Sender::new();
    let launch = Launch::submit()
        .threads(2)
        .every("50ms")
        .arg("network_wordcount");
    let program = launch.start_at(&sender);
    let _open = sender.accept();
    program.wait_for_more_batches(1);
    program.signal(Signal::Interrupt);
    program.finish().with_code(130);
}

#[test]
fn what_is_no_program_of_ours_is_refused() {
    for (resource, expected) in [
        (
            "some/where/network_wordcount.jar",
            "run network_wordcount instead",
        ),
        (
            "stateful_network_wordcount.jar",
            "run stateful_network_wordcount instead",
        ),
        ("network_wordcount.R", "run network_wordcount instead"),
        ("hdfs_wordcount.jar", "run hdfs_wordcount instead"),
        ("queue_stream.jar", "run queue_stream instead"),
        (
            "network_wordjoinsentiments.jar",
            "run network_wordjoinsentiments instead",
        ),
        (
            "recoverable_network_wordcount.jar",
            "run recoverable_network_wordcount instead",
        ),
        (
            "windowed_network_wordcount.jar",
            "run windowed_network_wordcount instead",
        ),
        ("custom_receiver.jar", "run custom_receiver instead"),
        ("other.jar", "there is no other"),
        ("nosuch", "Cannot find program 'nosuch'"),
        (
            "netwrk_wordcount",
            "beside millrace-submit or on PATH; did you mean network_wordcount?",
        ),
        ("./nosuch", "Cannot run program './nosuch'"),
    ] {
        let launch = Launch::submit().args(["--master=local[2]", resource, "localhost", "9999"]);
        let finished = launch.start().finish().with_code(1);
        assert_eq!(finished.stdout, "");
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
        assert!(finished.stderr.contains(expected), "{}", finished.stderr);
    }
}

/// Whichever interpreter runs it, a program that is not there is what is wrong. The code is that
/// of an interpreter that cannot open it.
#[test]
fn a_python_program_is_looked_for_before_its_packages() {
    for (program, code, expected) in [
        (
            "nosuch.py",
            2,
            "Cannot run program 'nosuch.py': No such file",
        ),
        ("hdfs://nn/x.py", 1, "there are no hdfs: locations here"),
        ("directory.py", 1, "it is a directory"),
    ] {
        let launch = Launch::submit()
            .env("PYSPARK_PYTHON", "/bin/sh")
            .file("directory.py/__init__.py", "")
            .arg(program);
        let finished = launch.start().finish().with_code(code);
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
        assert!(finished.stderr.contains(expected), "{}", finished.stderr);
    }
}

/// Root may read everything: then `nobody` runs it.
#[test]
fn a_python_program_that_may_not_be_read_is_one_line() {
    let launch = Launch::submit().env("PYSPARK_PYTHON", "/bin/sh");
    let launch = launch
        .file("mine.py", "exit 7\n")
        .file("closed/mine.py", "exit 7\n");
    for path in ["mine.py", "closed"] {
        let path = launch.directory().join(path);
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    }
    let launch = launch.unprivileged().arg("mine.py");
    let finished = launch.start().finish().with_code(2);
    let expected = "Cannot run program 'mine.py': Permission denied";
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    assert!(finished.stderr.contains(expected), "{}", finished.stderr);
    let again = Launch::submit().env("PYSPARK_PYTHON", "/bin/sh");
    let again = again.after(finished).unprivileged().arg("closed/mine.py");
    let finished = again.start().finish().with_code(2);
    let expected = "Cannot run program 'closed/mine.py': Permission denied";
    assert!(finished.stderr.contains(expected), "{}", finished.stderr);
    fs::set_permissions(finished.path("closed"), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn it_shows_itself() {
    let run = |words: &[&str]| Launch::submit().args(words).start().finish();
    let usage = "Usage: millrace-submit [options] <program> [arguments]\n";
    assert!(run(&[]).with_code(255).stderr.starts_with(usage));
    assert!(run(&["--help"]).with_code(0).stdout.starts_with(usage));
    assert!(
        run(&["--version"])
            .with_code(0)
            .stdout
            .starts_with("millrace ")
    );
    let missing = run(&["--verbose"]).with_code(1).stderr;
    assert!(
        missing.starts_with("Error: no program is named: "),
        "{missing}"
    );
}
