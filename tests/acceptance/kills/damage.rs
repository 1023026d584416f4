//! Files that somebody else has changed: a right beginning, or a refusal that names file and
//! offset; never a wrong count, and never a touched file.
//!
//! Cases without number are read in this process, by what tools and programs read with. A sample of
//! them goes through `millrace-state verify` and through the program itself.

use std::fs::{self, File};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use millrace_wal::{Disk, LogOptions, Position, read_log};

use crate::acceptance::harness::Sender;

use super::kind::{Kind, Means};
use super::life::Life;
use super::place::Place;
use super::view::{beginning, later, state, word};

/// Bytes of the header of every file, and of the head of a frame; `docs/DURABILITY.md`.
const HEADER: usize = 48;
const HEAD: usize = 24;

/// The sorts of files that a program leaves.
const SORTS: [&str; 4] = ["meta", "snapshot", "log", "blocks"];

/// A generation with files of each sort, which nobody writes any more.
struct Written {
    place: Place,
    lines: u64,
}

impl Written {
    fn new() -> Written {
        let place = Place::new();
        let sender = Sender::new();
        let mut life = Life::begin(Kind::Stateful, &place, &sender, Means::default());
        let mut line = 0;
        // Until there is a snapshot, and logs that have gone on behind it.
        let mut behind = 0;
        while behind < 4 {
            let connection = life.connection.as_mut().unwrap();
            connection.send((word(line) + "\n").as_bytes());
            line += 1;
            let arrived = |_: &Life| state(&place.state()).is_ok_and(|it| it.len() as u64 >= line);
            life.until("the line", |life| arrived(life).then_some(()))
                .expect("it lives");
            behind += u64::from(SORTS.iter().all(|sort| of_sort(&place, sort).is_some()));
        }
        life.program.kill();
        drop(life.program.finish());
        let lines = beginning(&state(&place.state()).unwrap()).unwrap();
        assert!(lines >= line);
        Written { place, lines }
    }

    /// The newest file of a sort.
    fn file(&self, sort: &str) -> PathBuf {
        of_sort(&self.place, sort).unwrap()
    }

    /// Reads all of it as tools and programs do: how many lines there are.
    fn read(&self) -> Result<u64, String> {
        let counts = state_of(&self.place)?;
        let lines = beginning(&counts)?;
        assert!(lines <= self.lines, "{lines} of {}", self.lines);
        Ok(lines)
    }

    /// The payloads in the receivers' log, from its first segment on.
    fn blocks(&self) -> Result<Vec<Vec<u8>>, String> {
        let path = self.place.state().join("generation-000001/blocks");
        let numbers = files(&path).into_iter().filter_map(|file| {
            let name = file.file_stem()?.to_str()?;
            name.strip_prefix("blocks-")?.parse().ok()
        });
        let from = Position {
            segment: numbers.min().unwrap_or(1),
            offset: HEADER as u64,
        };
        let mut payloads = Vec::new();
        let options = LogOptions::new("blocks", 4, 1);
        read_log(&Disk, &path, &options, from, |_, frame| {
            payloads.push(frame.payload.to_vec());
            Ok(())
        })
        .map(|_| payloads)
        .map_err(|error| error.to_string())
    }

    /// Puts `bytes` in the place of a file, has everything read, and judges. `must_refuse`: at
    /// this offset, since no crash does this.
    fn judge(&self, path: &Path, bytes: &[u8], what: &str, must_refuse: Option<usize>) {
        let whole = fs::read(path).unwrap();
        let what = format!("{}: {what}", path.display());
        let outcome = if path.to_string_lossy().contains("blocks-") {
            // What is read must be a beginning of what was written.
            let before = self.blocks();
            put(path, bytes);
            self.blocks().map(|after| {
                assert!(before.unwrap().starts_with(&after), "{what}: other blocks");
            })
        } else {
            put(path, bytes);
            self.read().map(drop)
        };
        match (outcome, must_refuse) {
            (Ok(()), None) => {}
            (Ok(()), Some(_)) => panic!("{what}: it was taken"),
            (Err(said), offset) => {
                check_refusal(&said, &what);
                if let Some(offset) = offset {
                    let place = format!("{} is damaged at byte {offset}:", path.display());
                    assert!(said.contains(&place), "{what}: {said}");
                }
            }
        }
        assert_eq!(fs::read(path).unwrap(), bytes, "{what}: it was touched");
        put(path, &whole);
    }
}

/// Puts bytes in the place of a file. Thousands of times: a file that is emptied first is written
/// to the disk by some file systems when it is closed.
fn put(path: &Path, bytes: &[u8]) {
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(false);
    let mut file = options.open(path).unwrap();
    file.write_all(bytes).unwrap();
    file.set_len(bytes.len() as u64).unwrap();
}

fn of_sort(place: &Place, sort: &str) -> Option<PathBuf> {
    let mut files = files(&place.state());
    files.retain(|file| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.starts_with(sort) && !name.ends_with(".temporary")
    });
    files.pop()
}

fn files(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut rooms) = (Vec::new(), vec![root.to_owned()]);
    while let Some(room) = rooms.pop() {
        // What a running program removes is not there.
        for entry in fs::read_dir(room).into_iter().flatten() {
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

/// The state; what keeps it from being read is the error, also where there is no generation.
fn state_of(place: &Place) -> Result<super::view::Counts, String> {
    let reader =
        millrace::checkpoint::CheckpointReader::open(place.state()).map_err(|e| e.to_string())?;
    let number = *reader.generations().unwrap().last().unwrap();
    reader.generation(number).map_err(|e| e.to_string())?;
    state(&place.state())
}

/// A refusal names the file, and where in it.
fn check_refusal(said: &str, what: &str) {
    let names = said.contains("generation-000001/") && said.contains(" is damaged at byte ");
    // Nothing is left by which the generation could be known.
    let none = what.contains("meta: missing") && said.contains("no checkpoint");
    assert!(names || none, "{what}: the refusal names no place: {said}");
    assert!(
        none || said.contains("put back a good copy"),
        "{what}: {said}"
    );
}

/// The frames of a file, as the page of the format says.
fn frames(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut frames, mut at) = (Vec::new(), HEADER);
    while at + HEAD <= bytes.len() {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let end = at + HEAD + length;
        if end > bytes.len() {
            break;
        }
        frames.push(at..end);
        at = end;
    }
    frames
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn the_last_three_frames_cut_off_at_any_byte_are_a_beginning_or_a_refusal() {
    let written = Written::new();
    for sort in SORTS {
        let path = written.file(sort);
        let whole = fs::read(&path).unwrap();
        let frames = frames(&whole);
        let from = frames[frames.len().saturating_sub(3)].start;
        for length in from..whole.len() {
            written.judge(&path, &whole[..length], &format!("cut to {length}"), None);
        }
    }
    assert_eq!(written.read(), Ok(written.lines));
}

#[test]
fn every_bit_of_a_frame_that_was_durable_is_guarded() {
    let written = Written::new();
    for sort in SORTS {
        let path = written.file(sort);
        let whole = fs::read(&path).unwrap();
        // One with others behind it: of the last ones a crash may have taken anything.
        let frame = frames(&whole)[0].clone();
        let must_refuse = Some(frame.start);
        for bit in frame.start * 8..frame.end * 8 {
            let what = format!("bit {bit} flipped");
            written.judge(&path, &flipped(&whole, bit), &what, must_refuse);
        }
        for bit in (0..HEADER * 8).step_by(3) {
            let what = format!("bit {bit} of the header flipped");
            written.judge(&path, &flipped(&whole, bit), &what, Some(0));
        }
    }
    assert_eq!(written.read(), Ok(written.lines));
}

#[test]
fn files_doubled_emptied_missing_or_swapped_are_never_a_wrong_count() {
    let written = Written::new();
    let all = files(&written.place.state());
    for path in &all {
        let whole = fs::read(path).unwrap();
        written.judge(path, &vec![0; whole.len()], "zeros", Some(0));
        written.judge(path, &[], "empty", Some(0));
        written.judge(path, &[&whole[..], &whole[..]].concat(), "doubled", None);
        let mut tail = whole.clone();
        tail[HEADER..].fill(0);
        written.judge(path, &tail, "zeros behind the header", None);
        // The same under the next number.
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some((head, tail)) = name.split_once('-') {
            let (number, ending) = tail.split_once('.').unwrap_or((tail, ""));
            let next = number.parse::<u64>().unwrap() + 1;
            let dot = if ending.is_empty() { "" } else { "." };
            let width = number.len();
            let other = path.with_file_name(format!("{head}-{next:0width$}{dot}{ending}"));
            if !other.exists() {
                fs::write(&other, &whole).unwrap();
                written.judge(&other, &whole, "a copy", Some(0));
                fs::remove_file(other).unwrap();
            }
        }
        fs::remove_file(path).unwrap();
        let what = format!("{}: missing", path.display());
        match written.read().and_then(|_| written.blocks()) {
            Ok(_) => {}
            Err(said) => check_refusal(&said, &what),
        }
        assert!(!path.exists(), "{what}: it was made again");
        fs::write(path, &whole).unwrap();
    }
    for (at, left) in all.iter().enumerate() {
        for right in &all[at + 1..] {
            let (one, two) = (fs::read(left).unwrap(), fs::read(right).unwrap());
            fs::write(left, &two).unwrap();
            let what = format!("in the place of {}", left.display());
            written.judge(right, &one, &what, None);
            let what = format!("{} and {} swapped", left.display(), right.display());
            let said = written
                .read()
                .and_then(|_| written.blocks())
                .expect_err(&what);
            check_refusal(&said, &what);
            fs::write(left, &one).unwrap();
            fs::write(right, &two).unwrap();
        }
    }
    assert_eq!(written.read(), Ok(written.lines));
}

#[test]
fn the_files_of_another_generation_are_refused() {
    let (one, two) = (Written::new(), Written::new());
    let second = one.place.state().join("generation-000002");
    fs::rename(two.place.state().join("generation-000001"), &second).unwrap();
    let reader = millrace::checkpoint::CheckpointReader::open(one.place.state()).unwrap();
    let said = reader.generation(2).unwrap_err().to_string();
    assert!(said.contains("generation-000002/"), "{said}");
    assert!(said.contains(" is damaged at byte 0:"), "{said}");
}

#[test]
fn a_damaged_file_is_refused_by_the_tool_and_by_the_program() {
    let written = Written::new();
    for sort in SORTS {
        let path = written.file(sort);
        let whole = fs::read(&path).unwrap();
        let frame = frames(&whole)[0].clone();
        let damaged = flipped(&whole, (frame.start + HEAD) * 8 + 5);
        let place = format!("{} is damaged at byte {}:", path.display(), frame.start);
        fs::write(&path, &damaged).unwrap();
        let tool = Command::new(env!("CARGO_BIN_EXE_millrace-state"))
            .arg("verify")
            .arg(written.place.state())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&tool.stderr).into_owned();
        assert_eq!(tool.status.code(), Some(1), "{sort}: {said}");
        assert!(said.contains(&place), "{sort}: {said}");
        let before: Vec<_> = files(&written.place.state())
            .into_iter()
            .map(|file| (fs::read(&file).unwrap(), file))
            .collect();
        let sender = Sender::new();
        let life = Life::begin(Kind::Stateful, &written.place, &sender, Means::default());
        let ended = life.program.finish().with_code(1);
        assert!(ended.stderr.contains(&place), "{sort}: {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        for (bytes, file) in before {
            assert_eq!(fs::read(&file).unwrap(), bytes, "{}", file.display());
        }
        fs::write(&path, &whole).unwrap();
    }
    // With everything put back it goes on.
    let sender = Sender::new();
    let life = Life::begin(Kind::Stateful, &written.place, &sender, Means::default());
    assert!(life.connection.is_some());
    assert_eq!(written.read(), Ok(written.lines));
}

/// Runs a program on a damaged place: it refuses and leaves all as it is, or goes on rightly.
fn run_on(place: &Place, lines: u64, path: &Path, what: &str) {
    let content = || -> Vec<_> {
        let files = files(&place.state()).into_iter();
        files.map(|file| (fs::read(&file).unwrap(), file)).collect()
    };
    let before = content();
    let sender = Sender::new();
    let mut life = Life::begin(Kind::Stateful, place, &sender, Means::default());
    if life.connection.is_none() {
        let ended = life.program.finish().with_code(1);
        check_refusal(&ended.stderr, &format!("{}: {what}", path.display()));
        assert!(
            content() == before,
            "{what}: {} was touched",
            path.display()
        );
        return;
    }
    let since = life.since;
    let run = |_: &Life| later(&place.state(), since);
    life.until("a batch", run).expect("it goes on").unwrap();
    let after = beginning(&state(&place.state()).unwrap());
    assert!(
        after.as_ref().is_ok_and(|after| *after <= lines),
        "{what}: {after:?}"
    );
}

#[test]
fn a_program_goes_on_rightly_from_changed_files_or_refuses_them() {
    let written = Written::new();
    for sort in SORTS {
        let path = written.file(sort);
        let whole = fs::read(&path).unwrap();
        let doubled = [&whole[..], &whole[..]].concat();
        let changes = [
            ("zeros", Some(vec![0; whole.len()])),
            ("doubled", Some(doubled)),
            ("half", Some(whole[..whole.len() / 2].to_vec())),
            ("missing", None),
        ];
        for (what, bytes) in changes {
            let copy = written.place.copy();
            let path = copy
                .state()
                .join(path.strip_prefix(written.place.state()).unwrap());
            match bytes {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            run_on(&copy, written.lines, &path, what);
        }
    }
}

#[test]
fn a_program_refuses_a_generation_that_lost_its_meta_or_its_log() {
    for lost in ["meta", "log"] {
        let written = Written::new();
        let generation = written.place.state().join("generation-000001");
        let path = generation.join(lost);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
            fs::create_dir(&path).unwrap();
            let of_snapshot = |file: &PathBuf| {
                let name = file.file_name().unwrap().to_string_lossy();
                name.starts_with("snapshot")
            };
            for file in files(&generation).into_iter().filter(of_snapshot) {
                fs::remove_file(file).unwrap();
            }
        } else {
            fs::remove_file(&path).unwrap();
        }
        let sender = Sender::new();
        let life = Life::begin(Kind::Stateful, &written.place, &sender, Means::default());
        let ended = life.program.finish().with_code(1);
        check_refusal(&ended.stderr, lost);
        assert!(ended.stderr.contains("missing"), "{}", ended.stderr);
    }
}
