//! Transcripts: what a case printed and left on the disk, in the form of `tests/spark/README.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const FRAME: &str = "-------------------------------------------";

/// The printed batches: a line in place of the three of a header, and without the empty line at
/// the end of a block.
pub(super) fn blocks(printed: &str) -> String {
    let lines: Vec<&str> = printed.split('\n').collect();
    let starts: Vec<usize> = (0..lines.len().saturating_sub(2))
        .filter(|&at| {
            lines[at] == FRAME && lines[at + 1].starts_with("Time: ") && lines[at + 2] == FRAME
        })
        .collect();
    let first = starts.first().copied().unwrap_or(lines.len() - 1);
    assert!(
        lines[..first].is_empty(),
        "printed outside of a batch: {printed:?}"
    );
    let mut text = String::new();
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(lines.len() - 1);
        assert_eq!(lines[end - 1], "", "no empty line at its end: {printed:?}");
        text.push_str(&block(
            seconds(lines[start + 1]),
            &lines[start + 3..end - 1],
        ));
    }
    text
}

/// The block of one batch.
pub(super) fn block<L: AsRef<str>>(number: i64, lines: &[L]) -> String {
    let mut text = format!("--- {number}\n");
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text
}

/// The failure of a run, without the batch and the line of the program that the message begins
/// with.
pub(super) fn failed(message: &str) -> String {
    let words = message.rsplit(": ").next().unwrap_or(message);
    format!("--- failed\n{words}\n")
}

/// The second of the first hour that a header names.
fn seconds(header: &str) -> i64 {
    let digits = |part: &str| part.parse::<i64>().unwrap();
    let (rest, seconds) = header.rsplit_once(':').unwrap();
    let (_, minutes) = rest.rsplit_once(':').unwrap();
    digits(minutes) * 60 + digits(seconds)
}

/// A transcript without its head.
pub(super) fn body(transcript: &str) -> &str {
    let mut body = transcript;
    while body.starts_with('#') {
        body = body.split_once('\n').map_or("", |(_, rest)| rest);
    }
    body
}

/// The files that a case left on the disk: each file with its lines behind it.
pub(super) fn files(folder: &Path, hidden: bool) -> String {
    let mut paths = Vec::new();
    collect(folder, &mut paths);
    paths.sort();
    let mut text = String::new();
    for path in paths {
        let is_hidden = path.file_name().unwrap().to_str().unwrap().starts_with('.');
        if is_hidden && !hidden {
            continue;
        }
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
        writeln!(text, "{}", with_batch_numbers(name)).unwrap();
        if is_hidden {
            continue;
        }
        let content = fs::read_to_string(&path).unwrap();
        if content.is_empty() {
            continue;
        }
        for line in content.strip_suffix('\n').unwrap_or(&content).split('\n') {
            writeln!(text, "| {line}").unwrap();
        }
        if !content.ends_with('\n') {
            text.push_str("(no line end)\n");
        }
    }
    if text.is_empty() {
        text
    } else {
        format!("--- files\n{text}")
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

/// The name with `T` and the batch's number in place of its time, which is in milliseconds.
fn with_batch_numbers(path: &str) -> String {
    let (folder, rest) = path.rsplit_once('/').unwrap_or(("", path));
    let replaced = folder.rsplit_once('-').and_then(|(stem, tail)| {
        let digits = tail.find(|c: char| !c.is_ascii_digit());
        let (millis, suffix) = tail.split_at(digits.unwrap_or(tail.len()));
        let millis: i64 = millis.parse().ok()?;
        Some(format!("{stem}-T{}{suffix}", millis / 1000))
    });
    format!("{}/{rest}", replaced.as_deref().unwrap_or(folder))
}
