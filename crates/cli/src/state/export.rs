//! `export`: every key with its value.

use std::io::Write;

use millrace::StoreContents;
use serde_json::{Value, json};

use super::Failure;
use super::command::Format;

pub(super) fn export(
    stores: &[&StoreContents],
    format: Format,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if format == Format::Csv {
        writeln!(out, "key,value")?;
    }
    for store in stores {
        for entry in store.entries()? {
            match format {
                Format::JsonLines => {
                    writeln!(out, "{}", json!({ "key": entry.key, "value": entry.value }))?;
                }
                Format::Csv => {
                    writeln!(out, "{},{}", field(&entry.key), field(&entry.value))?;
                }
            }
        }
    }
    Ok(())
}

/// A field of RFC 4180: a text as it is, anything else as JSON.
fn field(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_when_they_must_be() {
        assert_eq!(field(&json!("plain")), "plain");
        assert_eq!(field(&json!(7)), "7");
        assert_eq!(field(&json!("a,b")), "\"a,b\"");
        assert_eq!(field(&json!("say \"hi\"\n")), "\"say \"\"hi\"\"\n\"");
        assert_eq!(field(&json!(["a", 1])), "\"[\"\"a\"\",1]\"");
    }
}
