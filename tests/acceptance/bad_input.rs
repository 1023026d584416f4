//! Command lines that are none: a clear line on stderr, a code that is not 0,
//! nothing on stdout.

use super::harness::{Launch, Sender};

type Program = fn() -> Launch;

/// The programs with two arguments, by their names.
const PROGRAMS: [(&str, Program); 2] = [
    ("network_wordcount", Launch::network_wordcount),
    ("stateful_network_wordcount", Launch::stateful),
];

#[test]
fn a_wrong_number_of_arguments_shows_the_usage() {
    for (name, launch) in PROGRAMS {
        for words in [&[][..], &["localhost"], &["localhost", "9999", "more"]] {
            let finished = launch()
                .threads(2)
                .args(words)
                .start()
                .finish()
                .with_code(255);
            assert_eq!(finished.stdout, "");
            assert_eq!(
                finished.stderr,
                format!("Usage: {name} [options] <hostname> <port> (see {name} --help)\n")
            );
        }
    }
}

/// Ends with code 1 and a first line on stderr that says all of `expected`.
fn refused(words: &[&str], expected: &[&str]) {
    for (_, launch) in PROGRAMS {
        let finished = launch().args(words).start().finish().with_code(1);
        assert_eq!(finished.stdout, "", "{words:?}");
        let line = finished.stderr.lines().next().unwrap_or_default();
        let says = |part: &&str| line.contains(*part);
        assert!(expected.iter().all(says), "{words:?}: {}", finished.stderr);
    }
}

#[test]
fn a_master_that_is_none_is_named() {
    for master in [
        "locl[2]",
        "local[0]",
        "local[x]",
        "local[]",
        "local[-1]",
        "local[2",
        "",
        "Local",
    ] {
        let named = format!("'{master}'");
        refused(
            &["--master", master, "localhost", "9999"],
            &["Error: ", &named],
        );
        let setting = format!("spark.master={master}");
        refused(
            &["--conf", &setting, "localhost", "9999"],
            &["Error: ", &named],
        );
    }
    for master in [
        "yarn",
        "spark://host:7077",
        "k8s://host",
        "mesos://host",
        "local-cluster[1,1,1]",
    ] {
        refused(
            &["--master", master, "localhost", "9999"],
            &[master, "use local"],
        );
    }
}

#[test]
fn a_port_that_is_none_is_named() {
    for port in ["0", "65536", "abc", "-1", "", "80 ", "1e3", "+80"] {
        refused(&["localhost", port], &["port", &format!("'{port}'")]);
    }
}

#[test]
fn options_that_cannot_be_read_are_named() {
    let behind = ["localhost", "9999"];
    for (words, expected) in [
        (&["--conf", "foo"][..], "Invalid argument to --conf: 'foo'"),
        (&["-c", "foo"], "Invalid argument to --conf: 'foo'"),
        (&["--nosuch"], "Unrecognized option: --nosuch"),
        (&["--nosuch=1"], "Unrecognized option: --nosuch=1"),
        (&["-x"], "Unrecognized option: -x"),
        (
            &["--properties-file", "missing.conf"],
            "Invalid properties file 'missing.conf'",
        ),
        // A directory can be opened and not read.
        (&["--properties-file", "."], "Invalid properties file '.'"),
        (
            &["--conf", "millrace.batchInterval=soon"],
            "millrace.batchInterval",
        ),
        (
            &["--conf", "millrace.batchInterval=0"],
            "millrace.batchInterval",
        ),
        (&["--conf", "millrace.maxBatches=-1"], "millrace.maxBatches"),
        (
            &["--conf", "millrace.print.format=yaml"],
            "millrace.print.format",
        ),
        (
            &["--conf", "millrace.receiver.maxBytesInFlight=big"],
            "maxBytesInFlight",
        ),
        (
            &["--conf", "spark.default.parallelism=0"],
            "spark.default.parallelism",
        ),
        (
            &["--conf", "spark.streaming.blockInterval=0"],
            "spark.streaming.blockInterval",
        ),
    ] {
        refused(&[words, &behind].concat(), &["Error: ", expected]);
    }
    refused(&["--master"], &["Missing argument for option '--master'"]);
}

#[test]
fn a_broken_properties_file_is_named() {
    let launch = Launch::network_wordcount().file("broken.conf", "spark.a=\\u12\n");
    let launch = launch.args(["--properties-file", "broken.conf", "localhost", "9999"]);
    let finished = launch.start().finish().with_code(1);
    let expected = "Error: Invalid properties file 'broken.conf': line 1 ";
    assert!(finished.stderr.starts_with(expected), "{}", finished.stderr);
}

#[test]
fn options_without_effect_are_said_once_and_the_program_runs() {
    for (_, launch) in PROGRAMS {
        let sender = Sender::new();
        let launch = launch()
            .threads(2)
            .args([
                "--deploy-mode",
                "client",
                "--driver-memory",
                "4g",
                "--num-executors=3",
            ])
            .conf("bar.baz", 1)
            .every("20ms")
            .conf("millrace.maxBatches", 1);
        let finished = launch.start_at(&sender).finish().with_code(0);
        for said in [
            "--deploy-mode",
            "--driver-memory",
            "--num-executors",
            "bar.baz",
        ] {
            assert_eq!(
                finished.stderr.matches(said).count(),
                1,
                "{said}: {}",
                finished.stderr
            );
        }
    }
}

#[test]
fn a_misspelt_option_or_setting_has_its_suggestion() {
    refused(
        &["--mastre", "local", "localhost", "9999"],
        &["Unrecognized option: --mastre; did you mean --master?"],
    );
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).every("20ms");
    let launch = launch
        .conf("millrace.maxBatches", 1)
        .conf("spark.default.paralelism", 3);
    let said = launch.start_at(&sender).finish().with_code(0).stderr;
    let expected =
        "Unknown setting 'spark.default.paralelism'; did you mean spark.default.parallelism?";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn settings_come_from_a_file_and_secrets_stay_secret() {
    let sender = Sender::new();
    let file = "millrace.maxBatches 2\nmillrace.batchInterval = 1h\nspark.some.password: hunter2\n";
    let finished = Launch::network_wordcount()
        .file("run.conf", file)
        .args(["--verbose", "--properties-file=run.conf"])
        // What is typed is stronger.
        .every("20ms")
        .start_at(&sender)
        .finish()
        .with_code(0);
    assert_eq!(finished.batches().len(), 2);
    assert!(
        finished.stderr.contains("millrace.batchInterval=20ms"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("spark.some.password="),
        "{}",
        finished.stderr
    );
    assert!(!finished.stderr.contains("hunter2"));
}
