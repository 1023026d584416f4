//! Spark's streaming examples beside the word counts.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use super::harness::{Batch, FULL, Launch, Sender, Signal, assert_ticks};

macro_rules! program {
    ($name:literal) => {
        Launch::of(env!(concat!("CARGO_BIN_EXE_", $name)))
    };
}

#[test]
fn a_wrong_number_of_arguments_shows_the_usage() {
    let address = "<hostname> <port>";
    for (launch, name, arguments) in [
        (program!("custom_receiver"), "custom_receiver", address),
        (
            program!("network_wordjoinsentiments"),
            "network_wordjoinsentiments",
            address,
        ),
        (
            program!("recoverable_network_wordcount"),
            "recoverable_network_wordcount",
            "<hostname> <port> <checkpoint-directory> <output-file>",
        ),
        (
            program!("windowed_network_wordcount"),
            "windowed_network_wordcount",
            "<hostname> <port> <window> <slide>",
        ),
    ] {
        let finished = launch.arg("localhost").start().finish().with_code(255);
        assert_eq!(finished.stdout, "");
        let expected = format!("Usage: {name} [options] {arguments} (see {name} --help)\n");
        assert_eq!(finished.stderr, expected);
    }
    let finished = program!("hdfs_wordcount").start().finish();
    let usage = "Usage: hdfs_wordcount [options] <directory> (see hdfs_wordcount --help)\n";
    assert_eq!(finished.with_code(255).stderr, usage);
    let finished = program!("queue_stream").arg("x").start().finish();
    assert_eq!(
        finished.with_code(255).stderr,
        "Usage: queue_stream [options] (see queue_stream --help)\n"
    );
}

#[test]
fn a_queue_is_counted_item_by_item() {
    let launch = program!("queue_stream").threads(2).every("50ms");
    let counts = [2, 4, 6, 8, 0, 1, 3, 5, 7, 9].map(|digit| format!("({digit}, 100)"));
    let finished = launch.start().finish().with_code(0);
    assert_eq!(finished.bodies(), vec![counts.join("\n"); 5]);
    assert_ticks(&finished.batches(), 50);
}

#[test]
fn files_that_are_moved_in_are_counted_once() {
    let launch = program!("hdfs_wordcount").threads(2).every("100ms");
    let launch = launch.file("in/before", "old\n").file("new", "b a b\na\n");
    let program = launch.arg("in").start();
    program.wait_for_more_batches(2);
    let directory = program.directory();
    // Its time has to be of the run: it was written before.
    let file = fs::File::options().append(true).open(directory.join("new"));
    file.unwrap().set_modified(SystemTime::now()).unwrap();
    fs::rename(directory.join("new"), directory.join("in/new")).unwrap();
    let counts = "('b', 2)\n('a', 2)";
    program.wait_for_batches(counts, |batches| {
        batches
            .iter()
            .any(|batch| batch.body == counts)
            .then_some(())
    });
    program.wait_for_more_batches(2);
    program.signal(Signal::Terminate);
    assert_eq!(program.finish().with_code(0).bodies(), [counts]);
}

#[test]
fn a_window_keeps_what_came_before() {
    let sender = Sender::new();
    let launch = program!("windowed_network_wordcount").threads(2);
    let launch = launch.every("100ms").until_eof();
    let address = [sender.host(), sender.port().to_string()];
    let program = launch.args(address).args(["3600", "1"]).start();
    let mut connection = sender.accept();
    let wait = |body: &str| {
        program.wait_for_batches(body, |batches| (batches.last()?.body == body).then_some(()));
    };
    connection.send(b"a b\n");
    wait("('b', 1)\n('a', 1)");
    connection.send(b"a c\n");
    wait("('b', 1)\n('c', 1)\n('a', 2)");
    connection.close();
    assert_slides(&program.finish().with_code(0).batches(), 1_000);
}

#[test]
fn a_window_lets_go_of_what_is_over() {
    let sender = Sender::new();
    let launch = program!("windowed_network_wordcount").threads(2);
    let launch = launch.every("100ms").until_eof();
    let address = [sender.host(), sender.port().to_string()];
    let program = launch.args(address).args(["1", "1"]).start();
    let mut connection = sender.accept();
    connection.send(b"a\n");
    program.wait_for_batches("a word, and then none", |batches| {
        let seen = batches.iter().position(|batch| batch.body == "('a', 1)")?;
        batches.get(seen + 1)?.body.is_empty().then_some(())
    });
    connection.close();
    let finished = program.finish().with_code(0);
    assert_eq!(finished.bodies(), ["('a', 1)"]);
    assert_slides(&finished.batches(), 1_000);
}

/// Windows stand at multiples of the slide behind the start, not of the clock.
fn assert_slides(batches: &[Batch], slide: i64) {
    let times: Vec<i64> = batches.iter().map(Batch::milliseconds).collect();
    let steady = times.windows(2).all(|pair| pair[1] - pair[0] == slide);
    assert!(steady, "{times:?}");
}

#[test]
fn windows_that_cannot_be_are_refused() {
    for (window, slide, expected) in [
        ("x", "1", "window should be a number of seconds"),
        ("2", "0", "slide should be a number of seconds"),
        ("3", "2", "2000 ms"),
    ] {
        let launch = program!("windowed_network_wordcount").threads(2);
        let launch = launch.every("1500ms").args(["localhost", "1"]);
        let finished = launch.args([window, slide]).start().finish().with_code(1);
        let said = &finished.stderr;
        assert_eq!((finished.stdout.as_str(), said.lines().count()), ("", 1));
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_receiver_of_its_own_connects_again() {
    let sender = Sender::new();
    let launch = program!("custom_receiver").threads(1).every("50ms");
    let launch = launch.conf("spark.streaming.receiverRestartDelay", "20ms");
    let program = launch.start_at(&sender);
    let wait = |body: &str| {
        program.wait_for_batches(body, |batches| {
            let seen = batches.iter().any(|batch| batch.body == body);
            seen.then_some(())
        });
    };
    let mut connection = sender.accept();
    connection.send(b"a b  b \r\n");
    wait("('a', 1)\n('b', 2)\n('', 2)");
    connection.send(b"a\rb\r\rb\r");
    wait("('a', 1)\n('b', 2)\n('', 1)");
    connection.send(b"no line end");
    connection.close();
    wait("('no', 1)\n('line', 1)\n('end', 1)");
    let mut connection = sender.accept();
    connection.send(b"again\nunfin");
    wait("('again', 1)");
    connection.send(b"ished");
    program.signal(Signal::Terminate);
    let bodies = program.finish().with_code(0).bodies();
    assert_eq!(bodies.len(), 5);
    let last = bodies.last().unwrap();
    assert!(last.starts_with("('unfin"), "{last}");
}

const LIST: &str = "data/streaming/AFINN-111.txt";
const NOTHING: &str = "Happiest topics in the last 5 seconds (0 total):\n";

#[test]
fn the_happiest_words_come_first() {
    let list = "good\t3\nwow\t4\nhappy\t3\nfine\t2\nbad\t-3\nabandon\t-2\nnot this\nlove\t3\n";
    let sender = Sender::new();
    let launch = program!("network_wordjoinsentiments").threads(2);
    let program = launch.file(LIST, list).in_one_batch().start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"bad good not this\nwow good happy abandon\ngood fine  unknown\n");
    connection.close();
    let finished = program.finish().with_code(0);
    assert_eq!(
        finished.stdout.replace(NOTHING, ""),
        "Happiest topics in the last 5 seconds (6 total):\n\
         good (9 happiness)\n\
         wow (4 happiness)\n\
         happy (3 happiness)\n\
         fine (2 happiness)\n\
         abandon (-2 happiness)\n"
    );
}

#[test]
fn a_short_list_serves_where_there_is_none() {
    let sender = Sender::new();
    let launch = program!("network_wordjoinsentiments").threads(2);
    let program = launch.in_one_batch().start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"good bad unknown good\n");
    connection.close();
    let finished = program.finish().with_code(0);
    let shown = finished.stdout.replace(NOTHING, "");
    let lines: Vec<_> = shown.lines().collect();
    let expected = "Happiest topics in the last 5 seconds (2 total):";
    assert_eq!(lines.first(), Some(&expected));
    assert!(lines[1].starts_with("good ("), "{shown}");
    assert!(lines[2].starts_with("bad (-"), "{shown}");
    // Where it was looked for, and what serves.
    let said = &finished.stderr;
    let path = finished.path(LIST).display().to_string();
    assert!(
        said.contains(&path) && said.contains("short list"),
        "{said}"
    );
    let list = include_str!("../../bins/sentiments.txt");
    for line in list.lines() {
        let (word, score) = line.split_once('\t').unwrap();
        let score: i64 = score.parse().unwrap();
        assert!(!word.is_empty() && (-5..=5).contains(&score), "{line}");
    }
}

#[test]
fn every_program_prints_json_if_asked() {
    for (launch, name, behind) in [
        (program!("custom_receiver"), "custom_receiver", &[][..]),
        (program!("network_wordcount"), "network_wordcount", &[]),
        (
            program!("stateful_network_wordcount"),
            "stateful_network_wordcount",
            &[],
        ),
        (
            program!("network_wordjoinsentiments"),
            "network_wordjoinsentiments",
            &[],
        ),
        (
            program!("recoverable_network_wordcount"),
            "recoverable_network_wordcount",
            &["state", "out"],
        ),
        (
            program!("windowed_network_wordcount"),
            "windowed_network_wordcount",
            &["1", "1"],
        ),
    ] {
        let sender = Sender::new();
        let launch = launch.threads(2).every("1s").until_eof();
        let launch = launch.conf("millrace.print.format", "json");
        let address = [sender.host(), sender.port().to_string()];
        let program = launch.args(address).args(behind).start();
        let mut connection = sender.accept();
        connection.send("good a\u{2028}b\n".as_bytes());
        connection.close();
        let finished = program.finish().with_code(0);
        // What JSON allows in a string and other readers take for a line end is escaped.
        assert!(!finished.stdout.contains('\u{2028}'), "{}", finished.stdout);
        let lines = finished.stdout.lines();
        let batches: Vec<Value> = lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let has_records = |batch: &Value| !batch["records"].as_array().unwrap().is_empty();
        assert!(
            batches.iter().all(|batch| batch["time"].is_number()),
            "{name}"
        );
        assert!(batches.iter().any(has_records), "{name}: {batches:?}");
    }
}

#[test]
fn programs_that_no_sender_ends_print_json_if_asked() {
    let json = |launch: Launch, batches: usize, arguments: &[&str]| {
        let launch = launch.threads(2).every("50ms");
        let launch = launch.conf("millrace.print.format", "json");
        let launch = launch.conf("millrace.maxBatches", batches);
        let finished = launch.args(arguments).start().finish().with_code(0);
        let batches = finished.stdout.lines().map(|line| {
            let batch: Value = serde_json::from_str(line).unwrap();
            assert!(batch["time"].is_number(), "{line}");
            batch["records"].as_array().unwrap().len()
        });
        batches.collect::<Vec<_>>()
    };
    assert_eq!(json(program!("queue_stream"), 5, &[]), [10; 5]);
    let directory = program!("hdfs_wordcount").file("in/before", "old\n");
    assert_eq!(json(directory, 2, &["in"]), [0; 2]);
}

#[test]
fn an_output_file_that_is_refused_is_to_blame_and_not_the_program() {
    let run = |output: &str, spoil: fn(&Path)| {
        let sender = Sender::new();
        let address = [sender.host(), sender.port().to_string()];
        let launch = program!("recoverable_network_wordcount")
            .threads(2)
            .every("50ms");
        let program = launch.args(address).args(["state", output]).start();
        let mut connection = sender.accept();
        program.wait_for_stdout("the first batch", |text| {
            text.contains("Appending to ").then_some(())
        });
        spoil(program.directory());
        connection.send(b"a b\n");
        program.finish().with_code(1)
    };
    let becomes_a_directory = |directory: &Path| {
        // It may be appended to at this moment.
        let output = directory.join("out");
        while fs::create_dir(&output).is_err() {
            drop(fs::remove_file(&output));
        }
    };
    let spoiled = run("out", becomes_a_directory);
    let (name, why) = (spoiled.path("out"), "Is a directory; choose a file that");
    let said = format!(": cannot append to {}: {why}", name.display());
    let line = spoiled.stderr.lines().last().unwrap();
    assert!(line.contains(&said), "{line}");
    assert!(line.starts_with("Error: batch "), "{line}");
    let is_time = |text: &str| text.contains(':') && !text.contains("ms");
    let named = line["Error: batch ".len()..].split(',').next().unwrap();
    assert!(is_time(named), "{line}");
    assert!(!line.contains("panicked"), "{line}");
    if Path::new(FULL).exists() {
        let full = run(FULL, |_| ());
        let said = format!(": cannot append to {FULL}: No space left on device; make room");
        assert!(full.stderr.contains(&said), "{}", full.stderr);
        assert!(Path::new(FULL).exists(), "a device stays");
    }
}

#[test]
fn the_recoverable_program_goes_on() {
    let run = |launch: Launch, line: &'static [u8], expected: &str| {
        let sender = Sender::new();
        let address = [sender.host(), sender.port().to_string()];
        let launch = launch.threads(2).every("50ms").args(address);
        let program = launch.args(["state", "counts.txt"]).start();
        sender.accept().send(line);
        program.wait_for_stdout(expected, |text| text.contains(expected).then_some(()));
        program.signal(Signal::Terminate);
        program.finish().with_code(0)
    };
    let launch = program!("recoverable_network_wordcount").file("counts.txt", "old\n");
    let first = run(launch, b"a d  d b e a\n", "('d', 2)");
    assert!(first.stdout.starts_with("Creating new context\nCounts at"));
    assert!(first.stdout.contains("\nDropped 3 word(s) totally\n"));
    let path = first.path("counts.txt");
    let appending = format!("\nAppending to {}\n", path.display());
    assert!(first.stdout.contains(&appending), "{}", first.stdout);
    let counts = |stdout: &str| -> String {
        let lines = stdout.lines().filter(|line| line.starts_with("Counts"));
        lines.map(|line| format!("{line}\n")).collect()
    };
    let of_first = counts(&first.stdout);
    assert!(
        of_first.contains(" [('d', 2), ('', 1), ('e', 1)]\n"),
        "{of_first}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), of_first);

    let launch = program!("recoverable_network_wordcount").after(first);
    let second = run(launch, b"f\n", "[('f', 1)]");
    assert!(!second.stdout.contains("Creating new context"));
    let of_both = of_first + &counts(&second.stdout);
    assert_eq!(fs::read_to_string(&path).unwrap(), of_both);
    // No batch is left out, those of the time in between included.
    let batch = |line: &str| {
        let (time, body) = line["Counts at time ".len()..].split_once(" [").unwrap();
        Batch {
            time: time.to_owned(),
            body: body.to_owned(),
        }
    };
    assert_ticks(&of_both.lines().map(batch).collect::<Vec<_>>(), 50);
}
