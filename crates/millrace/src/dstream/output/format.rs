//! `millrace.print.format`: how records and times are written.

use millrace_engine::json::json_of;
use millrace_runtime::zone::local_time;
use millrace_text::{java, python};
use millrace_types::BatchTime;
use serde::Serialize;

/// `millrace.print.format`, for programs that write their own lines with
/// [`show`](crate::dstream::show): [`StreamingContext::print_format`](crate::StreamingContext::print_format)
/// says which one is asked for. [`print`](crate::DStream::print) follows it by itself.
///
/// ```
/// use millrace::PrintFormat::{Json, PySpark, Scala};
/// let pair = ("it's", 1);
/// assert_eq!(PySpark.str_of(&pair), "(\"it's\", 1)");
/// assert_eq!(Scala.str_of(&pair), "(it's,1)");
/// assert_eq!(Json.str_of(&pair), "[\"it's\",1]");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrintFormat {
    /// Python's: local time, `str()` of the records.
    PySpark,
    /// Scala's: a time is `N ms`, a record what its `toString` says.
    Scala,
    /// JSON, an object or a value per line.
    Json,
}

impl PrintFormat {
    pub(crate) fn parse(text: &str) -> Option<PrintFormat> {
        match text {
            "pyspark" => Some(PrintFormat::PySpark),
            "scala" => Some(PrintFormat::Scala),
            "json" => Some(PrintFormat::Json),
            _ => None,
        }
    }

    /// A value in this format: Python's `str`, Scala's `toString`, or JSON in one line.
    ///
    /// A value that has no form in it is shown as `<unprintable: ...>` with what serde said, in
    /// JSON as a string.
    ///
    /// ```
    /// use millrace::PrintFormat;
    /// let pair = ("it's", 1);
    /// assert_eq!(PrintFormat::PySpark.str_of(&pair), "(\"it's\", 1)");
    /// assert_eq!(PrintFormat::Scala.str_of(&pair), "(it's,1)");
    /// assert_eq!(PrintFormat::Json.str_of(&pair), "[\"it's\",1]");
    /// ```
    pub fn str_of<T: Serialize + ?Sized>(self, value: &T) -> String {
        let mut text = String::new();
        let written = match self {
            PrintFormat::PySpark => python::write_str(&mut text, value).map_err(|e| e.to_string()),
            PrintFormat::Scala => java::write_scala(&mut text, value).map_err(|e| e.to_string()),
            PrintFormat::Json => json_of(value)
                .map(|json| text = json)
                .map_err(|e| e.to_string()),
        };
        let Err(error) = written else { return text };
        let said = format!("<unprintable: {error}>");
        match self {
            PrintFormat::Json => json_of(&said).unwrap_or_default(),
            _ => said,
        }
    }

    /// A time in this format: local time as Python writes it, `N ms`, or the milliseconds since
    /// the epoch as a number.
    ///
    /// ```
    /// use millrace::{BatchTime, PrintFormat};
    /// let time = BatchTime::from_millis(2_000);
    /// assert_eq!(PrintFormat::Scala.time_of(time), "2000 ms");
    /// assert_eq!(PrintFormat::Json.time_of(time), "2000");
    /// ```
    #[must_use]
    pub fn time_of(self, time: BatchTime) -> String {
        match self {
            PrintFormat::PySpark => local_time(time),
            PrintFormat::Scala => time.to_string(),
            PrintFormat::Json => time.as_millis().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_has_no_form_says_so_in_each_format() {
        let keyed = BTreeMap::from([((1, 2), 3)]);
        assert_eq!(PrintFormat::PySpark.str_of(&keyed), "{(1, 2): 3}");
        assert_eq!(
            PrintFormat::Json.str_of(&keyed),
            "\"<unprintable: key must be a string>\""
        );
    }
}
