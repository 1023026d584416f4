//! Writes the fixtures that are not there, each once in the life of a version:
//! `cargo test -p millrace --test formats -- --ignored write_fixtures`.
//!
//! Each program runs in a process of its own, which ends in the middle of a batch, as a crash
//! would end it: there is a snapshot, deltas behind it and, with the receivers' log, a batch that
//! was cut and not committed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration as StdDuration;
use std::{env, fs, process, thread};

use millrace::{Duration, keys};

use super::programs::{Run, Saw};

pub(crate) const PROGRAMS: [&str; 4] = ["counted", "mapped", "windowed", "files"];

const PROGRAM: &str = "FORMAT_PROGRAM";

/// The directory in which the programs run: it stands in what a file stream keeps.
pub(crate) const PLACE: &str = "/tmp/millrace-format-1";

pub(crate) fn fixture(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(version)
}

#[test]
#[ignore = "writes the fixtures, which is done once in the life of a version"]
fn write_fixtures() {
    let fixture = fixture("format-1");
    for program in PROGRAMS {
        if fixture.join(program).exists() {
            eprintln!("{program} is there: a fixture is never written again");
            continue;
        }
        let place = Path::new(PLACE).join(program);
        fs::create_dir_all(place.join("in")).unwrap();
        let ended = Command::new(env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "formats::write::a_program_until_it_crashes",
            ])
            .env(PROGRAM, program)
            .status();
        assert!(!ended.unwrap().success(), "it was to crash");
        copy(&place.join("state"), &fixture.join(program));
    }
    fs::remove_dir_all(PLACE).unwrap();
}

/// Copies what counts of a checkpoint directory.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else if entry.file_name() != "LOCK" {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
#[ignore = "one process of `write_fixtures`"]
fn a_program_until_it_crashes() {
    let Ok(program) = env::var(PROGRAM) else {
        return;
    };
    let place = Path::new(PLACE).join(&program);
    let run = Run {
        state: place.join("state"),
        files: place.join("in"),
        interval: Duration::milliseconds(50),
        settings: &[
            (keys::CHECKPOINT_LOG_BYTES, "300"),
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
    let (send, batches) = channel();
    let send = Mutex::new(send);
    let (ssc, listener) = run.program(
        &program,
        Arc::new(move |saw: Saw| {
            if saw.1.iter().any(|record| record.starts_with("last")) {
                process::abort();
            }
            send.lock().unwrap().send(saw).unwrap();
        }),
    );
    ssc.start().unwrap();
    let mut connection = (program != "files").then(|| listener.accept().unwrap().0);
    let mut files = 0;
    let mut bring = |text: &str| match &mut connection {
        Some(connection) => connection.write_all(text.as_bytes()).unwrap(),
        None => {
            files += 1;
            let written = place.join("written");
            fs::write(&written, text).unwrap();
            fs::rename(written, place.join(format!("in/{files}.txt"))).unwrap();
        }
    };
    for text in [
        "to be or not to be\n",
        "that is the question\n",
        "to to to be\n",
    ] {
        bring(text);
        wait_for(&batches, text.split_whitespace().next_back().unwrap());
    }
    // Of what a file stream keeps no snapshot comes about so soon.
    while program != "files" && !has_snapshot(&run.state.join("generation-000001")) {
        bring("again and again\n");
        wait_for(&batches, "again");
        thread::sleep(StdDuration::from_millis(50));
    }
    bring("behind the snapshot\n");
    wait_for(&batches, "snapshot");
    // The batch of it is committed when there is another one.
    batches.iter().take(12).for_each(drop);
    bring("last words\n");
    thread::sleep(StdDuration::from_secs(60));
}

/// Waits for a batch with this word.
fn wait_for(batches: &Receiver<Saw>, word: &str) {
    let has = |saw: Saw| saw.1.iter().any(|record| record.contains(word));
    assert!(batches.iter().any(has));
}

fn has_snapshot(generation: &Path) -> bool {
    let mut files = fs::read_dir(generation)
        .unwrap()
        .map(|file| file.unwrap().file_name());
    files.any(|name| {
        let name = name.to_str().unwrap().to_owned();
        name.starts_with("snapshot-") && !name.ends_with(".temporary")
    })
}
