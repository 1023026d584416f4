//! `millrace-history`: the pages and the figures of runs that have an event log.
//!
//! It reads a directory of logs (`spark.eventLog.dir`), of finished and of running programs, and
//! writes nothing there. Figures go to stdout, everything else to stderr.

use std::ffi::OsString;
use std::io::{self, Write};
use std::iter::once;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command};
use millrace::{Conf, keys};
use millrace_stderr::info;
use millrace_types::{local_path, reason};
use millrace_ui::{History, UiError};

use crate::exit::{Exit, whole_number};
use crate::signals::ending;

/// The interval at which logs are read on while their pages are served.
const EVERY: Duration = Duration::from_secs(1);

/// Usage lines begin with it.
const NAME: &str = "millrace-history";

fn command() -> Command {
    Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .about(
            "Shows runs from their event logs: serves an index and the Streaming page of each run, \
             or prints their figures.",
        )
        .arg(
            Arg::new("DIR")
                .required(true)
                .value_parser(ValueParser::os_string())
                .help("the directory of event logs, spark.eventLog.dir of the programs"),
        )
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("PORT")
                .value_parser(whole_number(0, u16::MAX.into()))
                .default_value("18080")
                .help("port of the pages; 0: any that is free"),
        )
        .arg(
            Arg::new("bind")
                .long("bind")
                .value_name("ADDRESS")
                .default_value("127.0.0.1")
                .help("address that the pages are served on"),
        )
        .arg(
            Arg::new("summary")
                .long("summary")
                .value_name("RUN")
                .num_args(0..=1)
                .require_equals(true)
                .action(ArgAction::Append)
                .help("print the figures of every run, or of one, and end"),
        )
}

/// Reads the arguments, which do not begin with the tool's name, and serves pages until a signal
/// ends the process, or prints figures.
///
/// Codes: 0; 1 if there is no such run; 2 for a wrong command line, a directory that cannot be
/// read, or a port that is taken; 128 and the number of the signal that ended it.
pub fn millrace_history(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = once(OsString::from(NAME)).chain(arguments);
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return Exit::of_clap(&error, NAME).report(),
    };
    let mut conf = Conf::new();
    for (key, id) in [(keys::UI_PORT, "port"), (keys::UI_BIND_ADDRESS, "bind")] {
        if let Some(value) = matches.get_raw(id).and_then(|mut values| values.next()) {
            conf.set(key, value.to_string_lossy());
        }
    }
    let name = matches.get_one::<OsString>("DIR").cloned();
    let directory = match local_path(name.unwrap_or_default()) {
        Ok(directory) => directory,
        Err(error) => return failed(&format!("the name of the directory {error}")),
    };
    let history = match History::open(&directory, &conf) {
        Ok(history) => history,
        Err(error) => return failed(&error.to_string()),
    };
    if matches.contains_id("summary") {
        return print(
            &history,
            matches.get_one::<String>("summary").map(String::as_str),
        );
    }
    match serve(&history, &conf) {
        Ok(signal) => ExitCode::from(128 + signal),
        Err(error) => failed(&error.to_string()),
    }
}

/// Serves the pages until a signal comes, and gives its number.
fn serve(history: &History, conf: &Conf) -> Result<u8, UiError> {
    let signals = ending().map_err(UiError::Thread)?;
    let server = history.serve(conf)?;
    info(&format!(
        "millrace-history: the runs are at {}",
        server.address()
    ));
    loop {
        match signals.recv_timeout(EVERY) {
            Ok(signal) => return Ok(signal),
            Err(_) => server.refresh(),
        }
    }
}

fn print(history: &History, run: Option<&str>) -> ExitCode {
    let summaries = history.summaries(run);
    if let (Some(run), true) = (run, summaries.is_empty()) {
        let mut exit = Exit::error(format!("there is no run {run} in this directory"));
        exit.code = 1;
        return exit.report();
    }
    match io::stdout()
        .lock()
        .write_all(summaries.join("\n").as_bytes())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            failed(&format!("cannot write the figures: {}", reason(&error)))
        }
        _ => ExitCode::SUCCESS,
    }
}

/// `--help` and `--version` are answers; anything else is one line.
fn failed(message: &str) -> ExitCode {
    let mut exit = Exit::error(message);
    exit.code = 2;
    exit.report()
}
