//! The form of a line: text for people, or one object of JSON.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use millrace_types::one_line;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use crate::say::MESSAGES;

/// The form of what is written (`millrace.log.format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Messages as they are, and lines of the log with time, level and target before them.
    Text,
    /// One object per line: `timestamp`, `level`, `target`, `message` and, if there are any,
    /// `fields`.
    Json,
}

static JSON: AtomicBool = AtomicBool::new(false);

impl Format {
    /// The format that was chosen; `Text` before that.
    pub fn chosen() -> Format {
        if JSON.load(Ordering::Relaxed) {
            Format::Json
        } else {
            Format::Text
        }
    }

    pub(crate) fn choose(self) {
        JSON.store(self == Format::Json, Ordering::Relaxed);
    }
}

/// The line of an event, without its end.
pub(crate) fn line_of(event: &Event<'_>) -> String {
    let mut told = Told::default();
    event.record(&mut told);
    let metadata = event.metadata();
    match Format::chosen() {
        Format::Json => json_line(
            metadata.level(),
            metadata.target(),
            &told.message,
            &told.fields,
        ),
        Format::Text if metadata.target() == MESSAGES => told.message,
        Format::Text => text_line(metadata.level(), metadata.target(), &told),
    }
}

/// The message of an event, and its fields.
#[derive(Default)]
struct Told {
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Told {
    fn note(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => self.fields.push((name, value)),
        }
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.note(field, Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.note(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.note(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.note(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.note(field, Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.note(field, Value::from(value));
    }
}

fn now() -> String {
    Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}

fn text_line(level: &Level, target: &str, told: &Told) -> String {
    let mut line = format!("{} {level} {target}: {}", now(), told.message);
    for (name, value) in &told.fields {
        let value = match value {
            // As it is, unless it would be several words.
            Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=']) => {
                text.clone()
            }
            value => value.to_string(),
        };
        line.push_str(&format!(" {name}={value}"));
    }
    one_line(&line)
}

/// A message as JSON. The name of the program before it says nothing that the target does not.
pub(crate) fn json_line(
    level: &Level,
    target: &str,
    message: &str,
    fields: &[(&str, Value)],
) -> String {
    let message = message.strip_prefix("millrace: ").unwrap_or(message);
    let [timestamp, level, target, message] =
        [&now(), level.as_str(), target, message].map(Value::from);
    let mut line = format!(
        "{{\"timestamp\":{timestamp},\"level\":{level},\"target\":{target},\"message\":{message}"
    );
    if !fields.is_empty() {
        let fields = fields.iter().cloned();
        let fields: Map<_, _> = fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        line.push_str(&format!(",\"fields\":{}", Value::Object(fields)));
    }
    line.push('}');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_the_fields_behind_the_message_and_stays_one_line() {
        let told = Told {
            message: "a\nb".to_owned(),
            fields: vec![
                ("records", Value::from(3)),
                ("name", Value::from("two words")),
            ],
        };
        let line = text_line(&Level::INFO, "millrace::batch", &told);
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.ends_with('Z') && time.len() == 24, "{time}");
        let expected = "INFO millrace::batch: a\\nb records=3 name=\"two words\"";
        assert_eq!(rest, expected);
    }

    #[test]
    fn json_is_one_object_in_one_line() {
        let fields = [("records", Value::from(3))];
        let line = json_line(&Level::WARN, "millrace", "millrace: a\n\"b\"", &fields);
        assert_eq!(line.lines().count(), 1);
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["level"], "WARN");
        assert_eq!(value["message"], "a\n\"b\"");
        assert_eq!(value["fields"]["records"], 3);
    }
}
