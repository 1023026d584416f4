//! Version 1, of 0.1.0.

use std::fs;
use std::path::Path;

use millrace::checkpoint::CheckpointReader;
use millrace::{Duration, keys};

use super::programs::{Run, Saw, collecting};
use super::write::{PLACE, PROGRAMS, copy, fixture};

/// Goes on from a copy of a fixture for one batch, after those that are run again, and gives
/// what was seen.
fn gone_on(program: &str) -> Vec<Saw> {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("state");
    copy(&fixture("format-1").join(program), &state);
    let run = Run {
        state,
        // Its name is part of the program's; it need not be there.
        files: Path::new(PLACE).join("files/in"),
        // Another one than it was written with: there are no batches that were missed since.
        interval: Duration::milliseconds(60),
        settings: &[
            (keys::CHECKPOINT_RECOVER, "true"),
            (keys::MAX_BATCHES, "1"),
            (
                keys::RECEIVER_WAL,
                if program == "counted" {
                    "true"
                } else {
                    "false"
                },
            ),
        ],
    };
    let (ear, seen) = collecting();
    let (ssc, _listener) = run.program(program, ear);
    assert!(ssc.is_recovering());
    ssc.start().unwrap();
    ssc.await_termination().unwrap();
    ssc.stop(false);
    drop(ssc);
    let seen = seen.lock().unwrap();
    seen.clone()
}

/// Every store of a fixture as a tool sees it: a line for each key, in order of the lines.
fn read(program: &str) -> (String, Vec<Vec<String>>) {
    let reader = CheckpointReader::open(fixture("format-1").join(program)).unwrap();
    let view = reader.view(1).unwrap();
    let info = view.info();
    let lines = (0..info.stores.len()).map(|store| {
        let entries = view.entries(store).unwrap();
        let line =
            |entry: &millrace::checkpoint::StoreEntry| format!("{} {}", entry.key, entry.value);
        let mut lines: Vec<String> = entries.iter().map(line).collect();
        lines.sort_unstable();
        lines
    });
    let what = format!(
        "{} {} {} {:?}",
        info.program, info.partitions, info.interval_ms, info.stores
    );
    (what, lines.collect())
}

#[test]
fn nothing_of_a_fixture_is_written() {
    for program in PROGRAMS {
        let path = fixture("format-1").join(program);
        assert!(
            !path.join("LOCK").exists(),
            "somebody ran in {}",
            path.display()
        );
        assert!(size(&path) < 40_000, "a fixture is small");
    }
}

fn size(path: &Path) -> u64 {
    if path.is_file() {
        return path.metadata().unwrap().len();
    }
    let entries = fs::read_dir(path).unwrap();
    entries.map(|entry| size(&entry.unwrap().path())).sum()
}

/// The words that all programs of this version were given and have kept: how often each came
/// before the crash.
const WORDS: [(&str, u32); 11] = [
    ("again", 2),
    ("and", 1),
    ("be", 3),
    ("behind", 1),
    ("is", 1),
    ("not", 1),
    ("or", 1),
    ("question", 1),
    ("snapshot", 1),
    ("that", 1),
    ("the", 2),
];

/// Lines of these words and of others, in order.
fn lines(of: impl Fn(&str, u32) -> String, others: &[(&str, u32)]) -> Vec<String> {
    let words = WORDS.iter().chain(others);
    let mut lines: Vec<String> = words.map(|&(word, count)| of(word, count)).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn counts_go_on_with_what_the_log_has() {
    // The batch that was cut short, with its blocks, and an empty one. `to` was forgotten.
    let others = [("hello", 1), ("last", 1), ("words", 1)];
    let counts = lines(|word, count| format!("{word} {count}"), &others);
    assert_eq!(
        gone_on("counted"),
        [("counts", counts.clone()), ("counts", counts)]
    );
}

#[test]
fn mapped_keys_time_out_or_live_on() {
    let timed_out = lines(
        |word, count| format!("{word} {count} timed out"),
        &[("to", 5)],
    );
    let live = lines(|word, count| format!("{word} {count}"), &[("to", 5)]);
    assert_eq!(gone_on("mapped"), [("short", timed_out), ("long", live)]);
}

#[test]
fn windows_go_on() {
    // Its snapshot came too soon for the lines that others had to be given.
    let mut counts = lines(|word, count| format!("{word} {count}"), &[("to", 5)]);
    counts.retain(|line| !["again 2", "and 1"].contains(&line.as_str()));
    let whole = [
        "behind the snapshot",
        "that is the question",
        "to be or not to be",
        "to to to be",
    ];
    let letters: usize = whole.iter().map(|line| line.len()).sum();
    let whole = whole.map(str::to_owned).to_vec();
    let expected = [
        ("plain", counts.clone()),
        ("inverse", counts.clone()),
        ("groups", counts),
        ("letters", vec![letters.to_string()]),
        ("whole", whole),
    ];
    assert_eq!(gone_on("windowed"), expected);
}

#[test]
fn a_file_stream_goes_on() {
    assert_eq!(gone_on("files"), [("lines", Vec::new())]);
}

#[test]
fn a_tool_reads_them() {
    let expected = lines(|word, count| format!("\"{word}\" {count}"), &[("hello", 1)]);
    let what = r#"counted 2 50 [("update_state_by_key", "state")]"#;
    assert_eq!(read("counted"), (what.to_owned(), vec![expected]));

    let (what, stores) = read("mapped");
    let store = r#"("map_with_state", "state")"#;
    assert_eq!(what, format!("mapped 2 50 [{store}, {store}]"));
    for store in stores {
        // Up to the time, which is the machine's that wrote it.
        let begin = |line: &String| line.split(",\"updated\":").next().map(str::to_owned);
        let begins: Vec<String> = store.iter().filter_map(begin).collect();
        let expected = |word: &str, count| format!("\"{word}\" {{\"state\":{count}");
        assert_eq!(begins, lines(expected, &[("to", 5)]));
    }

    let (what, stores) = read("files");
    let path = format!("{PLACE}/files/in");
    assert_eq!(
        what,
        format!(r#"files 2 50 [("file stream {path}", "files")]"#)
    );
    let read = stores[0].iter().filter(|line| line.contains(&path));
    assert_eq!(read.count(), 4, "{:?}", stores[0]);
}
