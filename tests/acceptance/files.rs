//! Files that are not as a file stream would like them: none of them ends a run, each is said once,
//! and the others count.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::harness::{GLANCE, Launch, Program, Signal};

const COUNTS: &str = "('b', 2)\n('a', 2)";

fn watching() -> Launch {
    let launch = Launch::of(env!("CARGO_BIN_EXE_hdfs_wordcount"));
    launch.threads(2).every("100ms").file("in/before", "old\n")
}

/// Gives a file or directory the time of now, since it was written before the run.
fn touch(path: &Path, time: SystemTime) {
    File::open(path).unwrap().set_modified(time).unwrap();
}

/// Moves what is aside into the directory that is watched.
fn move_in(program: &Program, name: &str) {
    let here = program.directory();
    fs::rename(here.join("aside").join(name), here.join("in").join(name)).unwrap();
}

fn wait_for_counts(program: &Program) {
    program.wait_for_batches(COUNTS, |batches| {
        let found = batches.iter().any(|batch| batch.body == COUNTS);
        found.then_some(())
    });
}

/// The number of lines on stderr that end so.
fn said(stderr: &str, end: &str) -> usize {
    stderr.lines().filter(|line| line.ends_with(end)).count()
}

#[test]
fn what_may_not_be_read_is_passed_over_and_a_recovery_goes_on() {
    let going_on = |launch: Launch| launch.arg("--checkpoint-dir=ck").arg("--recover");
    let launch = going_on(watching()).unprivileged();
    let launch = launch
        .file("aside/u1", "secret\n")
        .file("aside/sub/x", "x\n")
        .file("aside/ok", "b a b\na\n");
    let mut program = launch.arg("in").start();
    program.wait_for_more_batches(2);
    for name in ["u1", "sub", "ok"] {
        let path = program.directory().join("aside").join(name);
        touch(&path, SystemTime::now());
        if name != "ok" {
            fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        }
        move_in(&program, name);
    }
    wait_for_counts(&program);
    program.wait_for_more_batches(3);
    program.kill();
    let finished = program.finish();
    assert_eq!(finished.bodies(), [COUNTS]);
    let stderr = finished.stderr.clone();
    let denied = "in/u1 is not read: Permission denied";
    assert_eq!(said(&stderr, denied), 1, "{stderr}");
    let sub =
        "in/sub cannot be listed: Permission denied; what is in it is not read until that changes";
    assert_eq!(said(&stderr, sub), 1, "{stderr}");
    assert!(!stderr.contains("program's code"), "{stderr}");

    let again = Launch::of(env!("CARGO_BIN_EXE_hdfs_wordcount")).threads(2);
    let again = going_on(again.every("100ms"))
        .after(finished)
        .unprivileged();
    let program = again.conf("millrace.maxBatches", 4).arg("in").start();
    let finished = program.finish().with_code(0);
    let stderr = &finished.stderr;
    assert!(!stderr.contains("Error"), "{stderr}");
    fs::set_permissions(finished.path("in/sub"), Permissions::from_mode(0o755)).unwrap();
}

/// A directory that nobody may list for a while is read when somebody may again.
#[test]
fn what_came_into_a_directory_that_was_shut_is_read_when_it_is_opened() {
    let launch = watching().unprivileged();
    let launch = launch
        .file("aside/sub/x", "a b b\n")
        .file("aside/ok", "a\n");
    let program = launch.arg("in").start();
    program.wait_for_more_batches(2);
    let here = program.directory().to_owned();
    let mode = |name: &str, mode| {
        fs::set_permissions(here.join(name), Permissions::from_mode(mode)).unwrap();
    };
    touch(&here.join("aside/sub"), SystemTime::now());
    mode("aside/sub", 0o300);
    move_in(&program, "sub");
    program.wait_for_more_batches(2);
    // A short while after the other one: that was said does not keep this from being said.
    mode("in", 0o300);
    program.wait_for_more_batches(2);
    touch(&here.join("aside/ok"), SystemTime::now());
    move_in(&program, "ok");
    program.wait_for_more_batches(2);
    mode("in/sub", 0o755);
    mode("in", 0o755);
    program.wait_for_batches(COUNTS, |batches| {
        let found = batches.iter().any(|batch| batch.body == COUNTS);
        found.then_some(())
    });
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    let stderr = &finished.stderr;
    let end = " cannot be listed: Permission denied; what is in it is not read until that changes";
    for name in ["in", "in/sub"] {
        assert_eq!(said(stderr, &format!(" {name}{end}")), 1, "{stderr}");
    }
    assert!(stderr.matches("in/before").count() < 2, "{stderr}");
}

/// A sender that writes beside the name and renames it then does nothing wrong but for the
/// place.
#[test]
fn files_that_are_renamed_while_they_are_taken_end_nothing() {
    let program = watching().arg("in").start();
    program.wait_for_more_batches(2);
    let batches = program.batches_begun().len();
    let inbox = program.directory().join("in");
    let mut number = 0;
    while program.batches_begun().len() < batches + 15 {
        let part = inbox.join(format!("{number}.part"));
        fs::write(&part, "word\n").unwrap();
        std::thread::sleep(GLANCE);
        fs::rename(&part, part.with_extension("txt")).unwrap();
        number += 1;
    }
    program.wait_for_more_batches(2);
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    assert!(!finished.stderr.contains("Error"), "{}", finished.stderr);
    let counted = |body: &String| -> u64 {
        let count = body
            .strip_prefix("('word', ")
            .and_then(|rest| rest.strip_suffix(')'));
        count
            .and_then(|count| count.parse().ok())
            .unwrap_or_default()
    };
    let counted: u64 = finished.bodies().iter().map(counted).sum();
    assert!(counted >= number - 1, "{counted} of {number}");
}

/// A writer that makes its files in the directory itself leaves an empty one in every batch.
#[test]
fn what_happens_to_one_file_after_the_other_is_said_at_growing_intervals() {
    let program = watching().arg("in").start();
    program.wait_for_more_batches(2);
    for number in 0..8 {
        fs::write(program.directory().join(format!("in/empty{number}")), "").unwrap();
        program.wait_for_more_batches(1);
    }
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    let stderr = &finished.stderr;
    let empty = "has no data in it and is not read";
    let lines = stderr.lines().filter(|line| line.contains(empty)).count();
    // More than one only if the machine took ten seconds for it.
    assert!((1..4).contains(&lines), "{stderr}");
    let left_out = "the stream of in: lines such as those above were left out ";
    assert!(stderr.contains(left_out), "{stderr}");
}

#[test]
fn a_line_past_the_limit_is_cut_said_once_a_file_and_counted() {
    const LIMIT: usize = 1 << 20;
    let long = "x".repeat(7 * LIMIT / 2);
    let launch = watching()
        .conf("millrace.receiver.maxLineBytes", LIMIT)
        .conf("millrace.summary", "figures.json")
        .file("aside/long", &format!("{long}\nb a b\na\n"));
    let program = launch.arg("in").start();
    program.wait_for_more_batches(2);
    touch(&program.directory().join("aside/long"), SystemTime::now());
    move_in(&program, "long");
    program.wait_for_batches("the counts", |batches| {
        let found = batches.iter().any(|batch| batch.body.contains("('a', 2)"));
        found.then_some(())
    });
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    let said = finished.stderr.matches("maxLineBytes").count();
    assert_eq!(said, 1, "{}", finished.stderr);
    let figures = fs::read_to_string(finished.path("figures.json")).unwrap();
    assert!(figures.contains("\"lines_cut\": 3"), "{figures}");
}

/// Of half a compressed file the whole lines count, and how many they were is said.
#[test]
fn half_a_compressed_file_is_said_with_the_lines_that_were_counted() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/runtime/tests");
    let zst = fs::read(here.join("fixtures/compressed/frame.zst")).unwrap();
    let cut = "is cut short: the compressed file ends in the middle; ";
    let none = "is not read: it is damaged, or not compressed as its name says; 0 lines of it were \
                counted";
    for (name, bytes, expected) in [
        (
            "half.zst",
            &zst[..zst.len() - 3],
            format!("in/half.zst {cut}400 lines of it were counted"),
        ),
        (
            "half.lz4",
            &LINE_OF_LZ4.repeat(9)[..9 * 14 - 3],
            format!("in/half.lz4 {cut}8 lines of it were counted"),
        ),
        (
            "one.lz4",
            &LINE_OF_LZ4.repeat(2)[..15],
            format!("in/one.lz4 {cut}1 line of it was counted"),
        ),
        ("none.gz", b"no gzip at all", format!("in/none.gz {none}")),
    ] {
        let launch = watching().file(&format!("aside/{name}"), "");
        let program = launch.file("aside/ok", "b a b\na\n").arg("in").start();
        program.wait_for_more_batches(2);
        let aside = program.directory().join("aside");
        fs::write(aside.join(name), bytes).unwrap();
        for name in [name, "ok"] {
            touch(&aside.join(name), SystemTime::now());
            move_in(&program, name);
        }
        program.wait_for_stderr("the cut", |text| (said(text, &expected) > 0).then_some(()));
        program.wait_for_more_batches(2);
        program.signal(Signal::Terminate);
        let finished = program.finish().with_code(0);
        assert_eq!(said(&finished.stderr, &expected), 1, "{}", finished.stderr);
    }
}

/// A block of Hadoop's LZ4 that is a line.
const LINE_OF_LZ4: &[u8] = b"\0\0\0\x05\0\0\0\x06\x50word\n";

/// A file of Hadoop's LZ4 that holds `blocks` times 1 MiB of `x`.
fn lz4_of_one_letter(blocks: usize) -> Vec<u8> {
    const LENGTH: usize = 1 << 20;
    // One letter, the same again as often as the bytes after the distance say, and the five
    // letters that every block ends with.
    let (long, rest) = (
        (LENGTH - 1 - 4 - 15 - 5) / 255,
        (LENGTH - 1 - 4 - 15 - 5) % 255,
    );
    let mut chunk = b"\x1fx\x01\x00".to_vec();
    chunk.resize(chunk.len() + long, 255);
    chunk.push(rest as u8);
    chunk.extend(b"\x50xxxxx");
    let mut block = (LENGTH as u32).to_be_bytes().to_vec();
    block.extend((chunk.len() as u32).to_be_bytes());
    block.extend(chunk);
    block.repeat(blocks)
}

#[test]
fn a_file_without_a_line_end_takes_the_memory_of_a_few_lines() {
    const MIB: u64 = 1 << 20;
    let launch = watching()
        .conf("millrace.receiver.maxLineBytes", 2 * MIB)
        .conf("millrace.summary", "figures.json")
        .file("aside/long", "")
        .file("aside/long.lz4", "")
        .file("aside/ok", "b a b\na\n");
    let program = launch.arg("in").start();
    program.wait_for_more_batches(2);
    let aside = program.directory().join("aside");
    fs::write(aside.join("long.lz4"), lz4_of_one_letter(128)).unwrap();
    let mut long = File::create(aside.join("long")).unwrap();
    for _ in 0..128 {
        long.write_all(&[b'x'; MIB as usize]).unwrap();
    }
    for name in ["long", "long.lz4", "ok"] {
        touch(&aside.join(name), SystemTime::now());
        move_in(&program, name);
    }
    program.wait_for_batches("the counts", |batches| {
        let found = batches.iter().any(|batch| batch.body.contains("('a', 2)"));
        found.then_some(())
    });
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    let figures = fs::read_to_string(finished.path("figures.json")).unwrap();
    let figures: serde_json::Value = serde_json::from_str(&figures).unwrap();
    // The end of a file is no cut, and neither is it of a text of as many bytes as a line has.
    let cuts = figures["lines_cut"].as_u64().unwrap();
    assert!((126..=128).contains(&cuts), "{figures}");
    if let Some(peak) = figures["peak_rss_bytes"].as_u64() {
        // Two files are read at once; each has a line, its word and its key in hand, and the
        // allocator gives pages back late. A group of lines alone would be 128 MiB.
        assert!(peak < 64 * MIB, "{figures}");
    }
}

#[test]
fn a_file_that_changes_after_it_was_read_is_said_once() {
    let launch = watching()
        .file("aside/ok", "b a b\na\n")
        .file("aside/new", "c\n")
        .file("aside/future", "d\n");
    let program = launch.arg("in").start();
    program.wait_for_more_batches(2);
    let aside = program.directory().join("aside");
    touch(&aside.join("ok"), SystemTime::now());
    touch(
        &aside.join("future"),
        SystemTime::now() + Duration::from_secs(3600),
    );
    move_in(&program, "ok");
    move_in(&program, "future");
    wait_for_counts(&program);
    let is_said = |text: &str| {
        program.wait_for_stderr(text, |stderr| stderr.contains(text).then_some(()));
        program.wait_for_more_batches(3);
    };
    is_said("in/future is not read before its time of last change, which is in the future");
    let ok = program.directory().join("in/ok");
    let mut file = File::options().append(true).open(&ok).unwrap();
    file.write_all(b"more\n").unwrap();
    is_said("in/ok has grown since it was read");
    touch(&aside.join("new"), SystemTime::now());
    fs::rename(aside.join("new"), &ok).unwrap();
    is_said("in/ok was replaced after it was read");
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    assert_eq!(finished.bodies(), [COUNTS]);
    for name in ["in/future", "in/ok"] {
        let lines = finished.stderr.lines().filter(|line| line.contains(name));
        let expected = if name == "in/ok" { 2 } else { 1 };
        assert_eq!(lines.count(), expected, "{}", finished.stderr);
    }
}
