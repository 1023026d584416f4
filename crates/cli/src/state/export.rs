//! `export`: every key with its value.

use std::io::{self, Write};

use millrace::Result;
use millrace::checkpoint::{GenerationView, RawStoreEntry};

use super::Failure;
use super::command::Format;

pub(super) fn export(
    view: &GenerationView,
    stores: &[usize],
    format: Format,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if format == Format::Csv {
        writeln!(out, "key,value")?;
    }
    for &store in stores {
        let mut out = Watched {
            out: &mut *out,
            failed: None,
        };
        let done = match format {
            Format::JsonLines => view.render(store, &json_line, &mut out),
            Format::Csv => view.render(store, &csv_line, &mut out),
        };
        match out.failed {
            Some(error) => return Err(Failure::Output(error)),
            None => done?,
        }
    }
    Ok(())
}

/// Knows why nothing more could be written: a reader who has seen enough is no failure.
struct Watched<'a> {
    out: &'a mut dyn Write,
    failed: Option<io::Error>,
}

impl Write for Watched<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn json_line(entry: RawStoreEntry<'_>, out: &mut Vec<u8>) -> Result<()> {
    out.extend_from_slice(b"{\"key\":");
    entry.key_json(out)?;
    out.extend_from_slice(b",\"value\":");
    entry.value_json(out)?;
    out.extend_from_slice(b"}\n");
    Ok(())
}

fn csv_line(entry: RawStoreEntry<'_>, out: &mut Vec<u8>) -> Result<()> {
    let mut json = Vec::new();
    entry.key_json(&mut json)?;
    field(&json, out);
    out.push(b',');
    json.clear();
    entry.value_json(&mut json)?;
    field(&json, out);
    out.push(b'\n');
    Ok(())
}

/// A field of RFC 4180: a text as it is, anything else as JSON.
fn field(json: &[u8], out: &mut Vec<u8>) {
    let text: Option<String> = (json.first() == Some(&b'"'))
        .then(|| serde_json::from_slice(json).ok())
        .flatten();
    let text = text.as_ref().map_or(json, String::as_bytes);
    let quoted = text.iter().any(|byte| b",\"\n\r".contains(byte));
    if !quoted {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for &byte in text {
        if byte == b'"' {
            out.push(byte);
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(value: &Value) -> String {
        let mut out = Vec::new();
        field(value.to_string().as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fields_are_quoted_when_they_must_be() {
        assert_eq!(of(&json!("plain")), "plain");
        assert_eq!(of(&json!(7)), "7");
        assert_eq!(of(&json!("a,b")), "\"a,b\"");
        assert_eq!(of(&json!("say \"hi\"\n")), "\"say \"\"hi\"\"\n\"");
        assert_eq!(of(&json!(["a", 1])), "\"[\"\"a\"\",1]\"");
    }
}
