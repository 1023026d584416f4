//! Why a running program gives no answer.

use std::fmt;
use std::io;

use millrace_types::{one_line, reason};

use super::url::PageUrl;

/// Why there is no answer about the state of a running program.
#[derive(Debug)]
pub(in crate::state) enum LiveError {
    /// An address without `http://` in front of it.
    NoScheme(String),
    /// Nobody is there, or nobody who answers.
    NoAnswer { page: String, why: io::Error },
    /// Something else than a page of millrace is there.
    Stranger { page: String, why: String },
    /// The page refuses the question, and says why.
    Refused { page: String, why: String },
    /// The address is that of several runs.
    Runs { page: String, runs: usize },
    /// There is no run of this name.
    NoRun { page: String, run: String },
    /// The run has ended: its state is in its checkpoint.
    Ended { program: String },
    /// The run has had no batch yet.
    NoBatch { program: String },
    /// The program keeps nothing from batch to batch.
    NoState { program: String },
    /// The program has no store of this number.
    NoStore { number: usize, stores: usize },
    /// The command, or the option, is about checkpoint directories.
    DirectoriesOnly(&'static str),
}

impl LiveError {
    pub(super) fn no_answer(url: &PageUrl, why: io::Error) -> LiveError {
        let page = url.to_string();
        LiveError::NoAnswer { page, why }
    }

    pub(super) fn stranger(url: &PageUrl, why: impl Into<String>) -> LiveError {
        let (page, why) = (url.to_string(), why.into());
        LiveError::Stranger { page, why }
    }

    pub(super) fn refused(url: &PageUrl, body: &str) -> LiveError {
        let (page, why) = (url.to_string(), one_line(body.trim()));
        LiveError::Refused { page, why }
    }
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LiveError::NoScheme(text) => write!(
                f,
                "there is no directory {text}; the page of a running program is http://{text}"
            ),
            LiveError::NoAnswer { page, why } => write!(
                f,
                "nobody answers at {page}: {}. A program says the address of its page on stderr \
                 when it starts; the state of one that has ended is in its checkpoint directory",
                reason(why)
            ),
            LiveError::Stranger { page, why } => {
                write!(f, "what answers at {page} is no page of millrace: {why}")
            }
            LiveError::Refused { page, why } => write!(f, "{page} refuses: {why}"),
            LiveError::Runs { page, runs } => write!(
                f,
                "{page} shows {runs} runs; name one of them, as http://HOST:PORT/history/RUN/"
            ),
            LiveError::NoRun { page, run } => write!(f, "{page} shows no run {run}"),
            LiveError::Ended { program } => write!(
                f,
                "{program} has ended or is seen through its event log, which has no keys; they \
                 are in its checkpoint directory"
            ),
            LiveError::NoBatch { program } => {
                write!(f, "{program} has not completed a batch yet; try again")
            }
            LiveError::NoState { program } => {
                write!(f, "{program} keeps no state: nothing of it has keys")
            }
            LiveError::NoStore { number, stores } => {
                write!(
                    f,
                    "there is no store {number}; stores count from 0, and there are {stores}"
                )
            }
            LiveError::DirectoriesOnly(what) => write!(
                f,
                "{what} is for checkpoint directories; of a running program there are ls, get, \
                 prefix, top and stats"
            ),
        }
    }
}

impl std::error::Error for LiveError {}
