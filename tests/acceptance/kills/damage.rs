//! Files that somebody else has changed: a right beginning, or a refusal that names the file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::acceptance::harness::Sender;

use super::life::Life;
use super::matrix::Kind;
use super::view::{beginning, last_time, state, word};

/// A generation with a log, blocks and, if the thread had the time, a snapshot.
fn written() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let sender = Sender::new();
    let mut life = Life::begin(Kind::Stateful, directory.path(), &sender, None);
    for line in 0..8 {
        let connection = life.connection.as_mut().unwrap();
        connection.send((word(line) + "\n").as_bytes());
        let arrived =
            |_: &Life| state(directory.path()).is_ok_and(|counts| counts.len() as u64 > line);
        life.until("the line", |life| arrived(life).then_some(()))
            .expect("it lives");
    }
    life.program.kill();
    drop(life.program.finish());
    assert!(last_time(directory.path()).is_some());
    directory
}

fn files(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut rooms) = (Vec::new(), vec![root.to_owned()]);
    while let Some(room) = rooms.pop() {
        for entry in fs::read_dir(room).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rooms.push(path);
            } else if path.file_name().is_some_and(|name| name != "LOCK") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Reads the state of a damaged directory as tools do; what is read must be a beginning, and a
/// refusal must name the file or one beside it.
fn judge(root: &Path, what: &str) {
    let reading = || {
        let reader = millrace::CheckpointReader::open(root)?;
        let newest = reader.generations()?.pop().unwrap_or(0);
        reader.stores(newest).map(drop)
    };
    match reading() {
        Ok(()) => {
            let counts = state(root).unwrap_or_else(|error| panic!("{what}: {error}"));
            beginning(&counts).unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        Err(error) => {
            let said = error.to_string();
            let named = said.contains(&root.display().to_string());
            assert!(named, "{what}: the refusal names no file: {said}");
        }
    }
}

#[test]
fn a_damaged_file_is_never_a_wrong_count() {
    let directory = written();
    for path in files(directory.path()) {
        let whole = fs::read(&path).unwrap();
        let judge = |bytes: &[u8], what: &str| {
            fs::write(&path, bytes).unwrap();
            let what = format!("{}: {what}", path.display());
            judge(directory.path(), &what);
            assert_eq!(fs::read(&path).unwrap(), bytes, "{what}: it was touched");
        };
        for length in whole.len().saturating_sub(400)..whole.len() {
            judge(&whole[..length], &format!("cut to {length}"));
        }
        for bit in (0..whole.len() * 8).step_by(if whole.len() > 1024 { 13 } else { 3 }) {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            judge(&flipped, &format!("bit {bit} flipped"));
        }
        judge(&vec![0; whole.len()], "zeros");
        judge(&[&whole[..], &whole[..]].concat(), "doubled");
        fs::remove_file(&path).unwrap();
        let what = format!("{}: missing", path.display());
        self::judge(directory.path(), &what);
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(beginning(&state(directory.path()).unwrap()), Ok(8));
}

#[test]
fn swapped_files_are_refused() {
    let directory = written();
    let all = files(directory.path());
    for (at, left) in all.iter().enumerate() {
        for right in &all[at + 1..] {
            let swap = || {
                let other = left.with_extension("swapping");
                fs::rename(left, &other).unwrap();
                fs::rename(right, left).unwrap();
                fs::rename(&other, right).unwrap();
            };
            swap();
            judge(
                directory.path(),
                &format!("{} and {} swapped", left.display(), right.display()),
            );
            swap();
        }
    }
}

#[test]
fn a_program_refuses_a_generation_that_lost_its_meta_or_its_log() {
    for lost in ["meta", "log"] {
        let directory = written();
        let generation = directory.path().join("generation-000001");
        let path = generation.join(lost);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
            fs::create_dir(&path).unwrap();
            for file in files(&generation).iter().filter(|file| {
                file.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("snapshot"))
            }) {
                fs::remove_file(file).unwrap();
            }
        } else {
            fs::remove_file(&path).unwrap();
        }
        let sender = Sender::new();
        let life = Life::begin(Kind::Stateful, directory.path(), &sender, None);
        let ended = life.program.finish().with_code(1);
        assert!(
            ended.stderr.contains("generation-000001"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("missing"), "{}", ended.stderr);
    }
}
