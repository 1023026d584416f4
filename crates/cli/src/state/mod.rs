//! `millrace-state`: reads what programs have kept, without ever having seen them.
//!
//! It reads checkpoint directories, also while a program is running, and asks the pages of running
//! programs; it writes nothing, `repartition`, `prune` and `drop-received` apart. Results go to
//! stdout, everything else to stderr.

mod command;
mod diff;
mod export;
mod live;
mod show;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use millrace::Error;
use millrace::checkpoint::{CheckpointReader, GenerationView};
use millrace_types::{counted, reason};
use serde_json::{Value, json};

use crate::exit::Exit;
use command::{Asked, Place, Task};
use live::LiveError;

/// Reads the arguments, which do not begin with the tool's name, and does what they ask.
///
/// Codes: 0; 1 if the answer is no: for `get` if the key is not there, for `diff` if there are
/// differences, for `ls` and `verify` if a generation is damaged; 2 for a wrong command line, a
/// checkpoint that cannot be read, or a program that does not answer.
pub fn millrace_state(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let asked = match command::read(arguments) {
        Ok(asked) => asked,
        Err(exit) => return exit.report(),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let done = run(&asked, &mut out).and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match done {
        Ok(code) => ExitCode::from(code),
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Output(error)) => {
            failed(&format!("cannot write the result: {}", reason(&error)))
        }
        Err(Failure::Checkpoint(error)) => failed(&error.to_string()),
        Err(Failure::Live(error)) => failed(&error.to_string()),
    }
}

/// Part of the body of a fuzz target: any words are read or refused, and a refusal has its code.
#[cfg(any(test, fuzzing))]
pub(crate) fn fuzz(words: &[OsString]) {
    if let Err(exit) = command::read(words.iter().cloned()) {
        assert!([0, 2].contains(&exit.code) && !exit.message.is_empty());
    }
}

fn failed(message: &str) -> ExitCode {
    let mut exit = Exit::error(message);
    exit.code = 2;
    exit.report()
}

/// The ways in which a task can fail.
#[derive(Debug)]
enum Failure {
    Output(io::Error),
    Checkpoint(Error),
    Live(LiveError),
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Failure {
        Failure::Live(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Checkpoint(error)
    }
}

fn run(asked: &Asked, out: &mut dyn Write) -> Result<u8, Failure> {
    match &asked.place {
        Place::Directory(directory) => read(directory, asked, out),
        Place::Program(url) => live::run(url, asked, out),
    }
}

/// Does what was asked, in a checkpoint directory.
fn read(directory: &Path, asked: &Asked, out: &mut dyn Write) -> Result<u8, Failure> {
    if let Some(error) = live::without_scheme(directory) {
        return Err(error.into());
    }
    let reader = CheckpointReader::open(directory)?;
    let generation = || match asked.generation {
        Some(number) => Ok(number),
        None => newest(&reader),
    };
    let view = || reader.view(generation()?);
    match &asked.task {
        Task::Ls => return show::list(&reader, out),
        Task::Stats => show::stats(&view()?, out)?,
        Task::Verify => return show::verify(&reader, out),
        Task::Get { key } => {
            let view = view()?;
            return show::get(&view, &wanted(&view, asked.store), key, out);
        }
        Task::Search(search) => {
            let view = view()?;
            for store in wanted(&view, asked.store) {
                show::found(&view, store, search, out)?;
            }
        }
        Task::Export {
            format,
            before_damage: false,
        } => {
            let view = view()?;
            export::export(&view, &wanted(&view, asked.store), *format, out)?;
        }
        Task::Export { format, .. } => {
            let number = match asked.generation {
                Some(number) => number,
                // That which is damaged may be what somebody is after.
                None => reader.generations()?.pop().unwrap_or_default(),
            };
            let view = reader.view_before_damage(number)?;
            match view.damage() {
                Some(damage) => complain(&format!(
                    "what follows is what can be read of generation {number}: {damage}"
                )),
                None => complain(&format!("generation {number} is whole")),
            }
            export::export(&view, &wanted(&view, asked.store), *format, out)?;
        }
        Task::Diff { other } => {
            let other = CheckpointReader::open(other)?;
            return diff::diff(&view()?, &other.view(newest(&other)?)?, out);
        }
        Task::Repartition { partitions } => {
            let generation = generation()?;
            reader.repartition(generation, *partitions)?;
            writeln!(
                out,
                "generation {generation} has {} now",
                counted(*partitions, "partition")
            )?;
        }
        Task::Prune { keep } => {
            for number in reader.prune(*keep)? {
                writeln!(out, "generation {number} is removed")?;
            }
        }
        Task::DropReceived => {
            let generation = generation()?;
            match reader.set_blocks_aside(generation)? {
                Some(path) => writeln!(
                    out,
                    "generation {generation} goes on without what was received; that is in {} now",
                    path.display()
                )?,
                None => writeln!(out, "generation {generation} has nothing that was received")?,
            }
        }
    }
    Ok(0)
}

/// The newest generation that is whole. It is said if a damaged one may be newer.
fn newest(reader: &CheckpointReader) -> Result<u32, Error> {
    let (newest, damaged) = reader.newest_and_damaged()?;
    if let Some((number, error)) = damaged {
        complain(&format!(
            "generation {number} is passed over, and what follows is of generation {newest}: \
             {error}; export --before-damage reads what is whole of it"
        ));
    }
    Ok(newest)
}

/// The stores that were asked for: one by its number, or all that have keys. It is said if some
/// have none.
fn wanted(view: &GenerationView, number: Option<usize>) -> Vec<usize> {
    if let Some(number) = number {
        return vec![number];
    }
    let (windows, keyed): (Vec<usize>, Vec<usize>) =
        (0..view.info().stores.len()).partition(|&store| view.is_window(store));
    windows.into_iter().for_each(passed_over);
    keyed
}

/// A key and its value as one line of JSON.
fn json_line(key: &Value, value: &Value) -> String {
    let value = json!({ "key": key, "value": value });
    // A value of JSON has a form in it.
    millrace::record::json_of(&value).unwrap_or_default()
}

fn complain(message: &str) {
    millrace_stderr::warn(&format!("millrace-state: {message}"));
}

fn passed_over(number: usize) {
    complain(&format!(
        "store {number} is passed over: it is a window; its checkpoint holds what each batch \
         brought, not values per key"
    ));
}

#[cfg(test)]
mod tests {
    use millrace::Duration;
    use millrace::testing::Setup;

    use super::*;

    /// The result of a command line: code and output, or why not.
    fn asked(arguments: &[&str]) -> Result<(u8, String), String> {
        let asked = command::read(arguments.iter().map(OsString::from)).unwrap();
        let mut out = Vec::new();
        match run(&asked, &mut out) {
            Ok(code) => Ok((code, String::from_utf8(out).unwrap())),
            Err(Failure::Output(error)) => Err(error.to_string()),
            Err(Failure::Checkpoint(error)) => Err(error.to_string()),
            Err(Failure::Live(error)) => Err(error.to_string()),
        }
    }

    /// A program that counts the words of windows, and those of all batches.
    fn written(directory: &Path, messages: &[&str]) {
        Setup::default().run_lives(directory, (&[], 1 << 20), messages, |lines| {
            let ones = lines.map(|line| (line, 1_i64));
            let windows = ones.reduce_by_key_and_window(|a, b| a + b, Duration::seconds(2), None);
            let counts = ones.update_state_by_key(|values, state: Option<i64>| {
                Some(state.unwrap_or_default() + values.iter().sum::<i64>())
            });
            windows.union(&counts)
        });
    }

    #[test]
    fn a_window_is_named_checked_and_passed_over() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        written(one.path(), &["a\n", "b\n", "b\n"]);
        written(two.path(), &["b\n", "a\n", "b\n"]);
        let (path, other) = (one.path().to_str().unwrap(), two.path().to_str().unwrap());
        let (code, listed) = asked(&["ls", path]).unwrap();
        assert!(code == 0 && listed.contains("store 0: window of reduce_by_key_and_window"));
        let reader = CheckpointReader::open(path).unwrap();
        let (number, time) = reader.generation(1).unwrap().last.unwrap();
        let (shown, millis) = (millrace::python::local_time(time), time.as_millis());
        let last = format!(", last batch {number} of {shown} ({millis} ms), interval ");
        assert!(listed.contains(&last), "{listed}");
        let (_, stats) = asked(&["stats", path]).unwrap();
        assert!(stats.contains("of what its batches brought"), "{stats}");
        assert!(stats.contains(": 2 keys, "), "{stats}");
        let (code, verified) = asked(&["verify", path]).unwrap();
        assert!(
            code == 0 && verified.ends_with("whole, 2 keys\n"),
            "{verified}"
        );
        let a = "{\"key\":\"a\",\"value\":1}\n";
        assert_eq!(asked(&["get", path, "a"]), Ok((0, a.to_owned())));
        let all = format!("{a}{{\"key\":\"b\",\"value\":2}}\n");
        assert_eq!(asked(&["export", path]), Ok((0, all.clone())));
        assert_eq!(asked(&["prefix", path, ""]), Ok((0, all)));
        let b = "{\"key\":\"b\",\"value\":2}\n".to_owned();
        assert_eq!(asked(&["top", path, "--limit=1"]), Ok((0, b.clone())));
        assert_eq!(asked(&["prefix", path, "b"]), Ok((0, b)));
        assert_eq!(asked(&["top", path, "--prefix=c"]), Ok((0, String::new())));
        // The counts are the same, and the windows are not compared.
        assert_eq!(asked(&["diff", path, other]), Ok((0, String::new())));
        for arguments in [
            &["get", "--store", "0", path, "a"][..],
            &["export", "--store", "0", path],
            &["top", "--store", "0", path],
        ] {
            let said = asked(arguments).unwrap_err();
            assert!(said.contains("not values per key"), "{said}");
        }
        assert_eq!(asked(&["repartition", path, "3"]).unwrap().0, 0);
        for beyond in [0, 65_537] {
            let said = reader.repartition(1, beyond).unwrap_err().to_string();
            assert!(said.contains("1 to 65536 partitions"), "{said}");
        }
        assert_eq!(reader.partitions(1).unwrap(), 3);
    }

    /// A program that counts in state alone, negative numbers among the keys.
    fn counted(directory: &Path, messages: &[&str]) {
        Setup::default().run_lives(directory, (&[], 1), messages, |lines| {
            let ones = lines.map(|line| (line.parse::<i64>().unwrap_or(0), 1_i64));
            ones.update_state_by_key(|values, state: Option<i64>| {
                Some(state.unwrap_or_default() + values.iter().sum::<i64>())
            })
        });
    }

    #[test]
    fn a_diff_finds_the_few_keys_that_differ_among_many() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let lines = |keys: &mut dyn Iterator<Item = i64>| -> String {
            keys.map(|key| format!("{key}\n")).collect()
        };
        counted(one.path(), &[&lines(&mut (0..5000))]);
        counted(two.path(), &[&lines(&mut (1..=5000).rev()), "-1\n4711\n"]);
        let (path, other) = (one.path().to_str().unwrap(), two.path().to_str().unwrap());
        let expected = "+{\"key\":-1,\"value\":1}\n-{\"key\":0,\"value\":1}\n\
                        -{\"key\":4711,\"value\":1}\n+{\"key\":4711,\"value\":2}\n\
                        +{\"key\":5000,\"value\":1}\n";
        assert_eq!(asked(&["diff", path, other]), Ok((1, expected.to_owned())));
    }

    #[test]
    fn keys_may_be_negative_and_places_need_not_be_checkpoints() {
        let one = tempfile::tempdir().unwrap();
        counted(one.path(), &["-5\n", "7\n"]);
        let path = one.path().to_str().unwrap();
        let found = "{\"key\":-5,\"value\":1}\n".to_owned();
        assert_eq!(asked(&["get", path, "-5"]), Ok((0, found)));
        assert_eq!(asked(&["get", path, "-6"]), Ok((1, String::new())));
        let file = one.path().join("LOCK");
        let nowhere = one.path().join("nowhere");
        let empty = tempfile::tempdir().unwrap();
        for (place, expected) in [
            (file.as_path(), "is a file"),
            (&nowhere, "there is no directory"),
            (empty.path(), "has no checkpoint"),
        ] {
            let said = asked(&["ls", place.to_str().unwrap()]).unwrap_err();
            assert!(said.contains(expected), "{said}");
        }
        let said = asked(&["get", "--store", "3", path, "7"]).unwrap_err();
        assert!(said.contains("there is no store 3"), "{said}");
        let said = asked(&["stats", "--generation", "9", path]).unwrap_err();
        assert!(said.contains("has no generation 9"), "{said}");
    }

    #[test]
    fn damage_is_of_one_generation_and_what_is_before_it_can_be_had() {
        let place = tempfile::tempdir().unwrap();
        let (first, second) = (place.path().join("one"), place.path().join("two"));
        counted(&first, &["1\n", "2\n", "3\n"]);
        counted(&second, &["4\n"]);
        let other = first.join("generation-000002");
        // Of another generation: nothing of it is what it says.
        std::fs::rename(second.join("generation-000001"), &other).unwrap();
        let path = first.to_str().unwrap();
        let (code, listed) = asked(&["ls", path]).unwrap();
        assert_eq!(code, 1);
        assert!(listed.starts_with("generation 1: "), "{listed}");
        assert!(listed.ends_with("generation 2: damaged\n"), "{listed}");
        let (code, verified) = asked(&["verify", path]).unwrap();
        assert!(
            code == 1 && verified.contains("whole, 3 keys"),
            "{verified}"
        );
        let whole = asked(&["export", path]).unwrap();
        assert_eq!(whole.1.lines().count(), 3);
        // The end of the newest snapshot, or of the log if there is none.
        let mut files: Vec<_> = std::fs::read_dir(first.join("generation-000001"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|file| file.is_file() && file.file_name().unwrap() != "meta")
            .collect();
        files.sort();
        let damaged = files.pop().unwrap();
        let mut bytes = std::fs::read(&damaged).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&damaged, &bytes).unwrap();
        let said = asked(&["export", "--generation", "1", path]).unwrap_err();
        assert!(said.contains("is damaged at byte"), "{said}");
        let before = ["export", "--before-damage", "--generation", "1", path];
        let (code, some) = asked(&before).unwrap();
        assert_eq!(code, 0);
        assert!(some.lines().all(|line| whole.1.contains(line)), "{some}");
        assert_eq!(std::fs::read(&damaged).unwrap(), bytes);
    }

    /// The names of stores are in `meta`, and keys and values are not.
    #[test]
    fn what_is_beside_a_damaged_meta_can_be_had() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().to_str().unwrap();
        counted(place.path(), &["1\n", "2\n", "3\n"]);
        let whole = asked(&["export", path]).unwrap();
        let meta = place.path().join("generation-000001/meta");
        std::fs::write(&meta, "").unwrap();
        let refused = asked(&["export", path]).unwrap_err();
        assert!(refused.contains("meta is damaged at byte"), "{refused}");
        let before = ["export", "--before-damage", path];
        assert_eq!(asked(&before), Ok(whole.clone()));
        std::fs::remove_file(&meta).unwrap();
        assert_eq!(asked(&before), Ok(whole));
    }

    #[test]
    fn prune_keeps_what_was_written_last_and_nothing_of_what_runs_is_touched() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().to_str().unwrap();
        counted(place.path(), &["1\n"]);
        let generation = place.path().join("generation-000001");
        for number in [2, 3] {
            let own = tempfile::tempdir().unwrap();
            counted(own.path(), &["1\n"]);
            let other = place.path().join(format!("generation-{number:06}"));
            std::fs::rename(own.path().join("generation-000001"), other).unwrap();
        }
        // Damaged ones, which the copies are, are left alone.
        assert_eq!(asked(&["prune", path]), Ok((0, String::new())));
        assert!(generation.is_dir());
        for number in [2, 3] {
            std::fs::remove_dir_all(place.path().join(format!("generation-{number:06}"))).unwrap();
        }
        let held = millrace_lock(place.path());
        let said = asked(&["prune", path]).unwrap_err();
        assert!(said.contains("is in use by"), "{said}");
        drop(held);
        assert_eq!(
            command::read(["prune", "dir", "--keep=0"].map(OsString::from))
                .unwrap_err()
                .code,
            2
        );
    }

    fn millrace_lock(directory: &Path) -> std::fs::File {
        let lock = std::fs::File::open(directory.join("LOCK")).unwrap();
        lock.lock().unwrap();
        lock
    }
}
