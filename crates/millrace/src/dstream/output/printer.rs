//! The bytes of a printed batch, in the three formats, and where they go.

use std::fmt::{self, Write as _};
use std::io;

use jiff::tz::TimeZone;
use millrace_engine::error::{Error, ErrorKind, Result};
use millrace_engine::json::json_of;
use millrace_runtime::graph::Shown;
use millrace_runtime::stdout::refused;
use millrace_runtime::zone::time_in;
use millrace_text::{java, python};
use millrace_types::{BatchTime, Lock};
use serde::Serialize;

use super::format::PrintFormat;

/// Forty-three hyphens, as Spark has it.
const RULE: &str = "-------------------------------------------";

/// A batch as a JSON object. Written as it is and not by way of a `Value`, which has no numbers
/// beyond 64 bits.
#[derive(Serialize)]
struct JsonBatch<'a, T> {
    records: &'a [T],
    time: i64,
    truncated: bool,
}

fn not_shown(error: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Task, error.to_string())
}

/// Formats batches and writes each in one piece.
pub(crate) struct Printer {
    format: PrintFormat,
    num: i64,
    zone: TimeZone,
    sink: Lock<Box<dyn io::Write + Send>>,
}

impl Printer {
    /// Local time is that of `zone`; what is printed goes to `sink`.
    pub(crate) fn new(
        format: PrintFormat,
        num: i64,
        zone: TimeZone,
        sink: Box<dyn io::Write + Send>,
    ) -> Printer {
        Printer {
            format,
            num,
            zone,
            sink: Lock::new(sink),
        }
    }

    pub(crate) fn default_num(&self) -> i64 {
        self.num
    }

    /// Writes one batch, and keeps its first lines in `shown`. `more` says that there are records
    /// besides these.
    ///
    /// # Errors
    /// [`ErrorKind::Task`] if a record cannot be shown: the program's own doing.
    /// [`ErrorKind::OutputClosed`] if the output was closed, [`ErrorKind::Unfinished`] if nobody
    /// read it until the time of a stop was over.
    pub(crate) fn print<T: Serialize>(
        &self,
        time: BatchTime,
        records: &[T],
        more: bool,
        shown: &Shown,
    ) -> Result<()> {
        let text = self.text(time, records, more)?;
        shown.keep(time, self.body(&text));
        let mut sink = self.sink.lock();
        let written = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
        written.map_err(refused)
    }

    fn text<T: Serialize>(&self, time: BatchTime, records: &[T], more: bool) -> Result<String> {
        let mut out = String::new();
        match self.format {
            PrintFormat::Json => {
                let batch = JsonBatch {
                    records,
                    time: time.as_millis(),
                    truncated: more,
                };
                return Ok(format!("{}\n", json_of(&batch)?));
            }
            PrintFormat::PySpark => self.head(&mut out, &time_in(&self.zone, time)),
            PrintFormat::Scala => self.head(&mut out, &time.to_string()),
        }
        for record in records {
            let shown = match self.format {
                PrintFormat::Scala => java::write_scala(&mut out, record),
                _ => python::write_str(&mut out, record),
            };
            shown.map_err(not_shown)?;
            out.push('\n');
        }
        if more {
            out.push_str("...\n");
        }
        out.push('\n');
        Ok(out)
    }

    /// The lines of a printed batch without its head and its end.
    fn body<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let head = if self.format == PrintFormat::Json {
            0
        } else {
            3
        };
        let text = text.strip_suffix("\n").unwrap_or(text);
        text.lines().skip(head)
    }

    fn head(&self, out: &mut String, time: &str) {
        // Writing to a String does not fail.
        let _ = write!(out, "{RULE}\nTime: {time}\n{RULE}\n");
    }
}

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn text(format: PrintFormat, millis: i64, records: &[(&str, i64)], more: bool) -> String {
        let printer = Printer::new(format, 10, TimeZone::UTC, Box::new(io::sink()));
        printer
            .text(BatchTime::from_millis(millis), records, more)
            .unwrap()
    }

    #[test]
    fn pyspark_shows_microseconds_only_if_there_are_any() {
        let head = |millis| text(PrintFormat::PySpark, millis, &[], false);
        assert_eq!(
            head(1_500),
            format!("{RULE}\nTime: 1970-01-01 00:00:01.500000\n{RULE}\n\n")
        );
        assert_eq!(
            head(2_000),
            format!("{RULE}\nTime: 1970-01-01 00:00:02\n{RULE}\n\n")
        );
    }

    #[test]
    fn each_format_shows_pairs_its_way() {
        let pairs = [("it's", 1)];
        let body = |format| text(format, 1000, &pairs, true);
        assert_eq!(
            body(PrintFormat::PySpark),
            format!("{RULE}\nTime: 1970-01-01 00:00:01\n{RULE}\n(\"it's\", 1)\n...\n\n")
        );
        assert_eq!(
            body(PrintFormat::Scala),
            format!("{RULE}\nTime: 1000 ms\n{RULE}\n(it's,1)\n...\n\n")
        );
        let json: serde_json::Value = serde_json::from_str(&body(PrintFormat::Json)).unwrap();
        assert_eq!(
            json,
            json!({"time": 1000, "records": [["it's", 1]], "truncated": true})
        );
    }

    #[test]
    fn json_has_wide_numbers_and_refuses_what_it_has_no_form_for() {
        let printer = Printer::new(PrintFormat::Json, 10, TimeZone::UTC, Box::new(io::sink()));
        let time = BatchTime::from_millis(1000);
        let wide = printer
            .text(time, &[(u128::MAX, i128::MIN)], false)
            .unwrap();
        assert_eq!(
            wide,
            format!(
                "{{\"records\":[[{},{}]],\"time\":1000,\"truncated\":false}}\n",
                u128::MAX,
                i128::MIN
            )
        );
        let keyed = BTreeMap::from([((1, 2), 3)]);
        let error = printer.text(time, &[keyed], false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Task);
        assert_eq!(error.to_string(), "key must be a string");
    }
}
