//! One record that was passed over, as a line of JSON.

use std::fmt::Write;
use std::sync::Arc;

use millrace_types::BatchTime;

use crate::json::json_of;

use super::Shown;

/// A record that was passed over, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The operator whose function failed, as reports name it.
    pub operator: Arc<str>,
    /// The words of the panic, and its place.
    pub message: String,
    /// The record as text.
    pub record: Shown,
}

impl Letter {
    /// Appends the line.
    pub fn write(&self, time: BatchTime, out: &mut String) {
        let text = |text: &str| json_of(text).unwrap_or_default();
        // Writing to a text fails in no way.
        let _ = write!(
            out,
            "{{\"batch_ms\":{},\"operator\":{},\"message\":{},",
            time.as_millis(),
            text(&self.operator),
            text(&self.message)
        );
        let _ = match &self.record {
            Shown::Whole(json) => writeln!(out, "\"record\":{json}}}"),
            Shown::Beginning(json, bytes) => {
                writeln!(out, "\"record\":{json},\"record_bytes\":{bytes}}}")
            }
            Shown::Type(name) => {
                writeln!(out, "\"record\":null,\"record_type\":{}}}", text(name))
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_a_line_of_json() {
        let letter = |record| Letter {
            operator: Arc::from("reduce_by_key at a.rs:1"),
            message: "no \"good\"".to_owned(),
            record,
        };
        let mut out = String::new();
        let time = BatchTime::from_millis(1000);
        letter(Shown::Whole("\"line\"".to_owned())).write(time, &mut out);
        letter(Shown::Beginning("\"li\"".to_owned(), 4)).write(time, &mut out);
        letter(Shown::Type("Odd")).write(time, &mut out);
        let lines: Vec<serde_json::Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["record"], "line");
        assert_eq!(lines[0]["message"], "no \"good\"");
        assert_eq!(lines[0]["batch_ms"], 1000);
        assert_eq!(
            (&lines[1]["record"], &lines[1]["record_bytes"]),
            (&"li".into(), &4.into())
        );
        assert_eq!(lines[2]["record_type"], "Odd");
    }
}
