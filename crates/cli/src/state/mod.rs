//! `millrace-state`: reads what programs have kept, without ever having seen them.
//!
//! It reads also while a program is running and writes nothing, `repartition` apart. Results go
//! to stdout, everything else to stderr.

mod command;
mod diff;
mod export;
mod show;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use millrace::{CheckpointReader, Error, StoreContents};

use crate::exit::Exit;
use crate::stderr::say;
use command::{Asked, Task};

/// Reads the arguments, which do not begin with the tool's name, and does what they ask.
///
/// Codes: 0, and for `get` 1 if the key is not there and for `diff` 1 if there are differences;
/// 2 for a wrong command line or a checkpoint that cannot be read.
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
        Err(Failure::Output(error)) => failed(&format!("cannot write the result: {error}")),
        Err(Failure::Checkpoint(error)) => failed(&error.to_string()),
    }
}

fn failed(message: &str) -> ExitCode {
    let mut exit = Exit::error(message);
    exit.code = 2;
    exit.report()
}

/// What a task can fail by.
#[derive(Debug)]
enum Failure {
    Output(io::Error),
    Checkpoint(Error),
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
    let reader = CheckpointReader::open(&asked.directory)?;
    let generation = match asked.generation {
        Some(number) => number,
        None => reader.generations()?.pop().unwrap_or_default(),
    };
    match &asked.task {
        Task::Ls => show::list(&reader, out)?,
        Task::Stats => show::stats(&reader, generation, out)?,
        Task::Verify => show::verify(&reader, out)?,
        Task::Get { key } => {
            let stores = reader.stores(generation)?;
            return show::get(&wanted(&stores, asked.store)?, key, out);
        }
        Task::Export { format } => {
            let stores = reader.stores(generation)?;
            export::export(&wanted(&stores, asked.store)?, *format, out)?;
        }
        Task::Diff { other } => {
            let other = CheckpointReader::open(other)?;
            let newest = other.generations()?.pop().unwrap_or_default();
            let (one, two) = (reader.stores(generation)?, other.stores(newest)?);
            return diff::diff(&one, &two, out);
        }
        Task::Repartition { partitions } => {
            reader.repartition(generation, *partitions)?;
            writeln!(
                out,
                "generation {generation} has {partitions} partitions now"
            )?;
        }
    }
    Ok(0)
}

/// The stores that were asked for: one by its number, or all that have keys. It is said if some
/// have none.
fn wanted(stores: &[StoreContents], number: Option<usize>) -> Result<Vec<&StoreContents>, Failure> {
    let Some(number) = number else {
        for (number, _) in stores
            .iter()
            .enumerate()
            .filter(|store| store.1.is_window())
        {
            passed_over(number);
        }
        return Ok(stores.iter().filter(|store| !store.is_window()).collect());
    };
    stores.get(number).map(|store| vec![store]).ok_or_else(|| {
        let error = io::Error::other(format!(
            "there is no store {number}: the program keeps {}, from 0 on",
            stores.len()
        ));
        Failure::Output(error)
    })
}

fn passed_over(number: usize) {
    say(&format!(
        "millrace-state: store {number} is passed over: a window has what its batches brought and \
         no value for a key"
    ));
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use millrace::Duration;
    use millrace::testing::Setup;

    use super::*;

    /// What a command line gives: code and output, or why not.
    fn asked(arguments: &[&str]) -> Result<(u8, String), String> {
        let asked = command::read(arguments.iter().map(OsString::from)).unwrap();
        let mut out = Vec::new();
        match run(&asked, &mut out) {
            Ok(code) => Ok((code, String::from_utf8(out).unwrap())),
            Err(Failure::Output(error)) => Err(error.to_string()),
            Err(Failure::Checkpoint(error)) => Err(error.to_string()),
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
        assert_eq!(asked(&["export", path]), Ok((0, all)));
        // The counts are the same, and the windows are not compared.
        assert_eq!(asked(&["diff", path, other]), Ok((0, String::new())));
        for arguments in [
            &["get", "--store", "0", path, "a"][..],
            &["export", "--store", "0", path],
        ] {
            let said = asked(arguments).unwrap_err();
            assert!(said.contains("no value for a key"), "{said}");
        }
        assert_eq!(asked(&["repartition", path, "3"]).unwrap().0, 0);
    }
}
