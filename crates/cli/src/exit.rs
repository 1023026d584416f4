//! The end of a program, if not by returning.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use millrace_stderr::last;
use millrace_types::one_line;

use crate::error::{CommandError, NotRun};
use crate::typed::Aside;
use crate::usage::version;

/// The code to leave with, and what to say before: on stdout what was asked for
/// (code 0), on stderr everything else.
///
/// Codes are Spark 3.5's: 0 after `--help` and `--version`, 255 for a wrong
/// number of arguments, 1 for everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The exit code of the process.
    pub code: u8,
    /// The text, without its last line end; empty when there is nothing to say.
    pub message: String,
}

impl Exit {
    /// The end with code 1 and `Error: <message>`, in one line: control
    /// characters of the message are escaped.
    pub fn error(message: impl AsRef<str>) -> Exit {
        Exit {
            code: 1,
            message: format!("Error: {}", one_line(message.as_ref())),
        }
    }

    /// The same for errors in the shape of the command line of `program`, with a
    /// word on where that is shown. Not the usage itself, behind which nobody
    /// sees the error any more.
    pub(crate) fn misuse(message: impl AsRef<str>, program: &str) -> Exit {
        let message = message.as_ref().trim_end_matches('.');
        Exit::error(format!("{message} (see {program} --help)"))
    }

    /// A native program that is asked for what only a Python program has.
    pub(crate) fn not_python(shell: bool, program: &str) -> Exit {
        let does = match shell {
            true => "--shell is a Python's, or runs",
            false => "--explain shows the functions of",
        };
        Exit::misuse(
            format!("{does} a Python program, and this is none"),
            program,
        )
    }

    /// A Python program that is not there, or not to be read: the code is the interpreter's own.
    pub(crate) fn no_script(error: &CommandError) -> Exit {
        let is_unreadable = |why: &NotRun| matches!(why, NotRun::Io(_));
        let code = match error {
            CommandError::NotRun { why, .. } if is_unreadable(why) => 2,
            _ => 1,
        };
        let exit = Exit::error(error.to_string());
        Exit { code, ..exit }
    }

    /// The end that shows how the program is called: code 255, which is what
    /// `sys.exit(-1)` leaves in Spark's examples and in spark-submit itself.
    pub(crate) fn wrong_call(usage: impl Into<String>) -> Exit {
        Exit {
            code: 255,
            message: usage.into(),
        }
    }

    /// The end of a command line that asks for something else than a run.
    pub(crate) fn aside(aside: Aside, usage: &str, program: &str) -> Exit {
        let (code, message) = match aside {
            Aside::Help => (0, usage.to_owned()),
            Aside::Version => (0, version()),
            Aside::UsageError => (1, usage.to_owned()),
            Aside::Misuse(message) => return Exit::misuse(message, program),
        };
        Exit { code, message }
    }

    /// The end of a tool whose command line clap does not take, or that is to show its help or
    /// version: code 2 if the line is wrong.
    pub(crate) fn of_clap(error: &clap::Error) -> Exit {
        let code = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
            _ => 2,
        };
        let text = error.to_string();
        let text = text.trim_end();
        let message = match text.strip_prefix("error: ") {
            Some(what) => format!("Error: {what}"),
            None => text.to_owned(),
        };
        Exit { code, message }
    }

    /// The end with `code` and nothing to say.
    pub(crate) fn silent(code: u8) -> Exit {
        Exit {
            code,
            message: String::new(),
        }
    }

    /// Says the message, on stdout if the code is 0 and on stderr if not, and
    /// gives the code to return from `main`: 1 if stdout takes nothing.
    pub fn report(&self) -> ExitCode {
        if self.message.is_empty() {
            return ExitCode::from(self.code);
        }
        if self.code != 0 {
            last(&self.message);
            return ExitCode::from(self.code);
        }
        match writeln!(io::stdout(), "{}", self.message) {
            // Nobody reads on, as behind `| head`.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                last(&format!("Error: cannot write to standard output: {error}"));
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        }
    }
}
