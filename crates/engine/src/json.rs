//! JSON that stays one line and one text wherever it is read.
//!
//! JSON allows every character above U+001F in a string as it is. Some of them are a line end or
//! a control character to many readers: U+007F to U+009F (U+0085 is a line end), U+2028 and
//! U+2029. They are escaped, in whatever this project writes as JSON.

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};

/// A value as one line of JSON, as the `json` format prints it: what serde makes of it, in
/// printable characters.
///
/// # Errors
/// [`ErrorKind::Task`] if JSON has no form for it, as for a map whose keys are no texts.
///
/// ```
/// assert_eq!(millrace::record::json_of(&("a", 1))?, r#"["a",1]"#);
/// assert_eq!(millrace::record::json_of("two\u{2028}lines")?, r#""two\u2028lines""#);
/// # Ok::<(), millrace::Error>(())
/// ```
pub fn json_of<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    let text = serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::Task, error.to_string()))?;
    Ok(escaped(text))
}

/// Writes what [`json_of`] gives behind `out`.
///
/// # Errors
/// If JSON has no form for the value.
pub(crate) fn write_json_of<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let start = out.len();
    serde_json::to_writer(&mut *out, value)?;
    if out[start..].iter().any(may_be_odd) {
        let text = String::from_utf8_lossy(&out[start..]).into_owned();
        out.truncate(start);
        out.extend_from_slice(escaped(text).as_bytes());
    }
    Ok(())
}

/// Says if a byte begins a character that may be escaped; most texts have none of them.
fn may_be_odd(byte: &u8) -> bool {
    matches!(byte, 0x7f | 0xc2 | 0xe2)
}

/// Escapes control characters and line separators, which can only be inside of strings:
/// everything else in JSON is ASCII.
fn escaped(text: String) -> String {
    let odd = |c| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}');
    if !text.as_bytes().iter().any(may_be_odd) || !text.contains(odd) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if odd(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_ends_lines_elsewhere_is_escaped() {
        let text = "a\u{7f}b\u{85}c\u{2028}d\u{2029}\u{e9}\u{20ac}\n\"";
        let json = json_of(text).unwrap();
        assert_eq!(
            json,
            "\"a\\u007fb\\u0085c\\u2028d\\u2029\u{e9}\u{20ac}\\n\\\"\""
        );
    }

    proptest! {
        #[test]
        fn any_text_is_one_line_and_comes_back(text in "(\\PC|[\u{0}-\u{a0}\u{2020}-\u{2030}])*") {
            let json = json_of(&text).unwrap();
            let odd = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
            prop_assert!(!json.contains(odd), "{}", json);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
