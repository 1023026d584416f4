//! The event log: what a run told its listeners, for looking at it afterwards.
//!
//! A run has a directory of its own, `<spark.eventLog.dir>/<id>`, with files `events-1.jsonl`,
//! `events-2.jsonl`, ...: one event per line, each line written whole by one call. So a program
//! that is killed leaves whole lines; only a machine that loses power can leave a part of the
//! last one, and a reader passes over that. A file begins with the run and the counts so far, so
//! that the files are enough when older ones are gone. Files are begun anew at
//! `spark.eventLog.rolling.maxFileSize`; the newest `millrace.eventLog.maxFiles` are kept.

mod reader;
mod writer;

pub(crate) use reader::{LogReader, directories};
pub(crate) use writer::LogWriter;

/// The name of file number `number` of a run's log.
fn file_name(number: u64) -> String {
    format!("events-{number}.jsonl")
}

/// The number in the name of a file of a log.
fn number_of(name: &str) -> Option<u64> {
    let number = name.strip_prefix("events-")?.strip_suffix(".jsonl")?;
    number.parse().ok()
}
