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
