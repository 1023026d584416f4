//! The shape of a printed batch: header, time, records, and what the settings
//! change about them.

use serde_json::{Value, json};

use super::harness::{ENDLESS, ENDLESS_TIME, Launch, Sender, printed};

/// The output for one batch with these bytes in it.
fn run(launch: Launch, bytes: &[u8]) -> String {
    let sender = Sender::new();
    let program = launch.threads(2).until_eof().start_at(&sender);
    let mut connection = sender.accept();
    connection.send(bytes);
    connection.close();
    program.finish().with_code(0).stdout
}

fn count() -> Launch {
    Launch::network_wordcount().every(ENDLESS)
}

/// Thirteen words, in the order of two partitions.
const WORDS: &[u8] = b"a b c d e f g h i j k l m\n";
const ORDER: [&str; 13] = [
    "b", "c", "d", "g", "j", "l", "a", "e", "f", "h", "i", "k", "m",
];

fn records(shown: impl Iterator<Item = &'static str>) -> String {
    shown.map(|word| format!("('{word}', 1)\n")).collect()
}

#[test]
fn ten_records_are_shown_and_whether_there_are_more() {
    let ten = records(ORDER.into_iter().take(10));
    assert_eq!(
        run(count(), WORDS),
        printed(ENDLESS_TIME, &format!("{ten}..."))
    );
    let exactly = b"a b c d e f g h i j\n";
    let ten = records(
        ORDER
            .into_iter()
            .filter(|word| exactly.contains(&word.as_bytes()[0])),
    );
    assert_eq!(run(count(), exactly), printed(ENDLESS_TIME, ten.trim_end()));
}

#[test]
fn the_number_of_records_is_a_setting() {
    let shown = |num: &str, bytes: &[u8]| run(count().conf("millrace.print.num", num), bytes);
    let three = records(ORDER.into_iter().take(3));
    let all = records(ORDER.into_iter());
    for (num, body) in [
        ("3", format!("{three}...")),
        ("13", all.clone()),
        ("2147483647", all),
        // PySpark 3.5: nothing is taken, and yet there is always more.
        ("0", "...".to_owned()),
        ("-1", "...".to_owned()),
    ] {
        assert_eq!(
            shown(num, WORDS),
            printed(ENDLESS_TIME, body.trim_end()),
            "{num}"
        );
    }
    assert_eq!(shown("0", b"begun"), printed(ENDLESS_TIME, "..."));
}

#[test]
fn milliseconds_are_shown_as_six_digits_when_there_are_any() {
    let every = |interval| run(Launch::network_wordcount().every(interval), b"a\n");
    let times = [
        ("3153513600120ms", "2069-12-06 00:00:00.120000"),
        ("3153513600007ms", "2069-12-06 00:00:00.007000"),
        ("3153513601000ms", "2069-12-06 00:00:01"),
    ];
    for (interval, time) in times {
        assert_eq!(every(interval), printed(time, "('a', 1)"));
    }
}

#[test]
fn times_are_local() {
    // A file in the working directory is no zone, whatever it is called.
    let in_zone = |zone: &str| count().file("America/New_York", "").env("TZ", zone);
    for (zone, time) in [
        ("America/New_York", "2069-12-06 19:00:00"),
        (":America/New_York", "2069-12-06 19:00:00"),
        ("EST5EDT", "2069-12-06 19:00:00"),
        ("Australia/Lord_Howe", "2069-12-07 11:00:00"),
        ("", ENDLESS_TIME),
        ("XST-5:30", "2069-12-07 05:30:00"),
        ("XST8", "2069-12-06 16:00:00"),
        ("UTC", ENDLESS_TIME),
    ] {
        assert_eq!(
            run(in_zone(zone), b"a\n"),
            printed(time, "('a', 1)"),
            "{zone}"
        );
    }
}

#[test]
fn a_zone_that_does_not_exist_is_said_once_and_is_utc() {
    let sender = Sender::new();
    // The name of a whole zone file in the working directory.
    let launch = Launch::stateful().env("TZ", "Mars/Olympus");
    let launch = launch.file("Mars/Olympus", &three_hours_east());
    let program = launch.every(ENDLESS).threads(2).until_eof();
    let program = program.start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"a\n");
    connection.close();
    let finished = program.finish().with_code(0);
    assert!(
        finished.stdout.contains(ENDLESS_TIME),
        "{}",
        finished.stdout
    );
    let said = "millrace: no such time zone: TZ=Mars/Olympus; times are shown in UTC";
    let lines = finished.stderr.lines().filter(|line| *line == said);
    assert_eq!(lines.count(), 1, "{}", finished.stderr);
}

/// A zone file without a change, of version 2. Its bytes are ASCII.
fn three_hours_east() -> String {
    let counts = [0_u32, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
    let offset = 10_800_i32.to_be_bytes();
    let part = [&b"TZif2"[..], &[0; 15], &counts, &offset, b"\0\0+03\0"].concat();
    let whole = [&part[..], &part, b"\n<+03>-3\n"].concat();
    String::from_utf8(whole).unwrap()
}

#[test]
fn the_scala_format_is_sparks() {
    let scala = |num: i64| {
        let launch = Launch::network_wordcount().every("3153513600120ms");
        let launch = launch.conf("millrace.print.format", "scala");
        run(launch.conf("millrace.print.num", num), b"it's it's\n")
    };
    let rule = "-".repeat(43);
    let head = format!("{rule}\nTime: 3153513600120 ms\n{rule}\n");
    assert_eq!(scala(10), format!("{head}(it's,2)\n\n"));
    assert_eq!(scala(0), format!("{head}...\n\n"));
}

#[test]
fn a_batch_in_json_is_one_line() {
    let batch = |num: &str, bytes: &[u8]| -> Value {
        let launch = count().conf("millrace.print.format", "json");
        let text = run(launch.conf("millrace.print.num", num), bytes);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.ends_with('\n'));
        serde_json::from_str(&text).unwrap()
    };
    let time = 3_153_600_000_000_i64;
    let two =
        json!({"time": time, "records": [["\"\u{e9}\u{1f600}", 2], ["c", 1]], "truncated": false});
    assert_eq!(
        two,
        batch("10", "\"\u{e9}\u{1f600} c \"\u{e9}\u{1f600}\n".as_bytes())
    );
    let three: Vec<Value> = ORDER[..3].iter().map(|word| json!([word, 1])).collect();
    let expected = json!({"time": time, "records": three, "truncated": true});
    assert_eq!(batch("3", WORDS), expected);
}

#[test]
fn a_batch_without_records_is_a_header() {
    let sender = Sender::new();
    let launch = Launch::network_wordcount().threads(2).every("50ms");
    let program = launch.conf("millrace.maxBatches", 3).start_at(&sender);
    let finished = program.finish().with_code(0);
    let batches = finished.batches();
    let expected: String = batches
        .iter()
        .map(|batch| printed(&batch.time, ""))
        .collect();
    assert_eq!(finished.stdout, expected);
    assert_eq!(batches.len(), 3);
}

#[test]
fn a_summary_for_people_is_said_on_stderr() {
    let sender = Sender::new();
    let program = Launch::network_wordcount()
        .conf("millrace.summary", "-")
        .until_eof()
        .start_at(&sender);
    let mut connection = sender.accept();
    connection.send(b"one two\n");
    connection.close();
    let finished = program.finish().with_code(0);
    let figures = "millrace: the figures of the run\n";
    assert!(finished.stderr.contains(figures), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("\n  records             1\n"),
        "{}",
        finished.stderr
    );
    assert!(!finished.stdout.contains("figures"), "{}", finished.stdout);
}
