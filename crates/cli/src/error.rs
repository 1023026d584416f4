//! The faults of a command line and of what it refers to: the kind of each, and one line about it.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;

use millrace_types::{ConfError, LocationError, MasterError, reason};

use crate::exit::Exit;
use crate::handoff::SUBMIT_CONF;
use crate::properties::MalformedEscape;

/// A command line, or something that it refers to, that a program cannot be run with.
#[derive(Debug)]
#[non_exhaustive]
pub enum CommandError {
    /// An argument is not of the form that it has to be.
    Argument {
        /// The name of the argument.
        name: String,
        /// The form that it has to be of.
        expected: &'static str,
        /// The argument.
        found: String,
    },
    /// An option, by its name, that only a cluster would understand.
    OfACluster(&'static str),
    /// An option's value is no positive number.
    NotPositive {
        /// The words that Spark has for it.
        called: &'static str,
        /// The name of the option.
        option: &'static str,
        /// The value.
        value: String,
    },
    /// The master of a run is none that there is.
    Master {
        /// The file and line that it comes from, if it was not typed.
        place: String,
        /// The fault.
        why: MasterError,
    },
    /// A run is to be deployed where it cannot be.
    DeployMode {
        /// The file and line that this comes from, if it was not typed.
        place: String,
        /// The mode that was asked for.
        mode: String,
    },
    /// The value of a setting is not what its key takes.
    Setting {
        /// The file and line that it comes from, if it was not typed.
        place: String,
        /// The fault.
        why: Box<ConfError>,
    },
    /// The settings that a submitted program finds in its environment cannot be read.
    Handoff(Unreadable),
    /// A properties file cannot be read.
    Properties {
        /// The file.
        file: PathBuf,
        /// The fault.
        why: Unreadable,
    },
    /// A program for another platform.
    Foreign {
        /// The program as it was typed.
        program: String,
        /// The platform, behind an article.
        platform: &'static str,
        /// The name that the native program would have.
        native: String,
        /// True if that program is there.
        is_there: bool,
    },
    /// A program that is named by a path cannot be run.
    NotRun {
        /// The program as it was typed.
        program: String,
        /// The fault.
        why: NotRun,
    },
    /// A program is neither beside `millrace-submit` nor on `PATH`.
    NotFound {
        /// The name as it was given.
        program: String,
        /// The program beside millrace-submit that was probably meant.
        meant: Option<String>,
    },
    /// The Python interpreter that was asked for is not there.
    NoInterpreter(String),
    /// An interpreter has no package `millrace`.
    NoPackage(PathBuf),
    /// There is no `spark-submit` for a program whose master is a cluster.
    NoSparkSubmit {
        /// The master.
        master: String,
    },
    /// The summary of a run cannot be written.
    Summary {
        /// The file that it should be in.
        file: PathBuf,
        /// The system's answer.
        why: io::Error,
    },
}

/// Why settings cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unreadable {
    /// The system refused it.
    Io(io::Error),
    /// The settings are no UTF-8.
    NotText,
    /// The settings are no properties; the text says where.
    Malformed(String),
}

/// Why a path is no program to run.
#[derive(Debug)]
#[non_exhaustive]
pub enum NotRun {
    /// The path is no location of this machine.
    Location(LocationError),
    /// The path is that of a directory.
    Directory,
    /// The system refused to look at it.
    Io(io::Error),
}

impl From<MalformedEscape> for Unreadable {
    fn from(error: MalformedEscape) -> Unreadable {
        Unreadable::Malformed(error.to_string())
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Io(error) => f.write_str(&reason(error)),
            Unreadable::NotText => f.write_str("not valid UTF-8"),
            Unreadable::Malformed(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotRun::Location(error) => write!(f, "its name {error}"),
            NotRun::Directory => f.write_str("it is a directory"),
            NotRun::Io(error) => f.write_str(&reason(error)),
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandError::Argument {
                name,
                expected,
                found,
            } => write!(f, "{name} should be {expected}, but was '{found}'"),
            CommandError::OfACluster(option) => write!(
                f,
                "--{option} speaks to a cluster, and millrace runs on one machine for now"
            ),
            CommandError::NotPositive {
                called,
                option,
                value,
            } => write!(
                f,
                "{called} must be a positive number: --{option} '{value}'"
            ),
            CommandError::Master { place, why } => write!(f, "{place}{why}"),
            CommandError::DeployMode { place, mode } if mode == "cluster" => write!(
                f,
                "{place}Deploy mode \"cluster\" is for a cluster, and millrace runs on one \
                 machine for now; leave it out or use \"client\""
            ),
            CommandError::DeployMode { place, mode } => {
                write!(f, "{place}Deploy mode must be \"client\", but was '{mode}'")
            }
            CommandError::Setting { place, why } => write!(f, "{place}{why}"),
            CommandError::Handoff(why) => write!(
                f,
                "the settings in {SUBMIT_CONF} cannot be read: {why}; only millrace-submit sets it"
            ),
            CommandError::Properties { file, why } => {
                write!(f, "Invalid properties file '{}': {why}", file.display())
            }
            CommandError::Foreign {
                program,
                platform,
                native,
                is_there,
            } => {
                write!(
                    f,
                    "{program} is {platform} program, and millrace runs Python and native ones: "
                )?;
                match is_there {
                    true => write!(f, "run {native} instead"),
                    false => write!(f, "there is no {native} beside millrace-submit or on PATH"),
                }
            }
            CommandError::NotRun { program, why } => {
                write!(f, "Cannot run program '{program}': {why}")
            }
            CommandError::NotFound { program, meant } => {
                write!(
                    f,
                    "Cannot find program '{program}' beside millrace-submit or on PATH"
                )?;
                match meant {
                    Some(meant) => write!(f, "; did you mean {meant}?"),
                    None => Ok(()),
                }
            }
            CommandError::NoInterpreter(name) => write!(
                f,
                "Cannot find the Python interpreter '{name}': install Python 3.9 or later, or \
                 name one by PYSPARK_PYTHON or spark.pyspark.python"
            ),
            CommandError::NoPackage(interpreter) => write!(
                f,
                "The Python package millrace is not there for {}: install it by 'pip install .' \
                 in the repository, or build it beside millrace-submit by 'cargo build --release'",
                interpreter.display()
            ),
            CommandError::NoSparkSubmit { master } => write!(
                f,
                "master '{master}' is a cluster's, and there is no spark-submit to hand the \
                 program to: set SPARK_HOME, put spark-submit on PATH, or install it by 'pip \
                 install pyspark'"
            ),
            CommandError::Summary { file, why } => {
                let (file, why) = (file.display(), reason(why));
                write!(f, "cannot write the summary to {file}: {why}")
            }
        }
    }
}

impl StdError for CommandError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            CommandError::Master { why, .. } => Some(why),
            CommandError::Setting { why, .. } => Some(&**why),
            CommandError::Summary { why, .. }
            | CommandError::NotRun {
                why: NotRun::Io(why),
                ..
            }
            | CommandError::Handoff(Unreadable::Io(why))
            | CommandError::Properties {
                why: Unreadable::Io(why),
                ..
            } => Some(why),
            _ => None,
        }
    }
}

impl From<CommandError> for Exit {
    fn from(error: CommandError) -> Exit {
        Exit::error(error.to_string())
    }
}
