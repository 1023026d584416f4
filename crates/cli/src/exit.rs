//! The end of a program, if not by returning.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use millrace_stderr::last;
use millrace_types::{one_line, reason};

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
            true => "--shell starts Python, or runs",
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

    /// The end of `tool`, whose command line clap does not take, or that is to show its help or
    /// version: code 2 if the line is wrong, and one line that says how.
    pub(crate) fn of_clap(error: &clap::Error, tool: &str) -> Exit {
        let code = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
            // Nothing was asked for, so it is shown what can be.
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => 2,
            _ => return Exit::of_wrong_line(error, tool),
        };
        let message = error.to_string().trim_end().to_owned();
        Exit { code, message }
    }

    fn of_wrong_line(error: &clap::Error, tool: &str) -> Exit {
        let told = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
        let meant = match told(ContextKind::SuggestedArg) + &told(ContextKind::SuggestedSubcommand)
        {
            none if none.is_empty() => none,
            near => format!("; did you mean {near}?"),
        };
        let argument = told(ContextKind::InvalidArg);
        let value = told(ContextKind::InvalidValue);
        let message = match error.kind() {
            ErrorKind::MissingRequiredArgument => {
                let usage = one_line(told(ContextKind::Usage).trim());
                let message = format!("{usage} (see {tool} --help)");
                return Exit { code: 2, message };
            }
            ErrorKind::InvalidSubcommand => {
                let name = told(ContextKind::InvalidSubcommand);
                format!("there is no command '{name}'{meant}")
            }
            ErrorKind::UnknownArgument if argument.starts_with('-') => {
                format!("Unrecognized option: {argument}{meant}")
            }
            ErrorKind::UnknownArgument => format!("'{argument}' is an argument too many"),
            ErrorKind::InvalidValue if value.is_empty() => {
                format!("Missing argument for option '{}'", name_of(&argument))
            }
            ErrorKind::InvalidValue => {
                let known = told(ContextKind::ValidValue).replace(", ", " or ");
                format!(
                    "{} should be {known}, but was '{value}'",
                    name_of(&argument)
                )
            }
            ErrorKind::ValueValidation => {
                let expected = error.source().map(ToString::to_string).unwrap_or_default();
                format!(
                    "{} should be {expected}, but was '{value}'",
                    name_of(&argument)
                )
            }
            _ => first_paragraph(&error.to_string()),
        };
        Exit {
            code: 2,
            ..Exit::misuse(message, tool)
        }
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
                let why = reason(&error);
                last(&format!("Error: cannot write to standard output: {why}"));
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        }
    }
}

/// The name in clap's `--keep <N>` or `<DIR>`.
fn name_of(argument: &str) -> &str {
    let name = argument.split(' ').next().unwrap_or(argument);
    name.trim_matches(['<', '>'])
}

/// The first paragraph of what clap says, without its mark.
fn first_paragraph(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or(text);
    let words: Vec<&str> = first.split_whitespace().collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

/// A parser of whole numbers from `least` to `most`.
pub(crate) fn whole_number(
    least: u32,
    most: u32,
) -> impl Fn(&str) -> Result<u32, NotInRange> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse().ok();
        let within = number.filter(|number| (least..=most).contains(number));
        within.ok_or(NotInRange { least, most })
    }
}

/// The range that a number is not in; the end of a sentence whose subject is its option.
#[derive(Debug)]
pub(crate) struct NotInRange {
    least: u32,
    most: u32,
}

impl fmt::Display for NotInRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {}", self.least, self.most)
    }
}

impl StdError for NotInRange {}
