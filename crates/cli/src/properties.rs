//! The grammar of `java.util.Properties`, which Spark's settings files use.
//!
//! It is a grammar of lines joined by backslashes, with three kinds of
//! separators and escapes in UTF-16; reading it by halves would change values
//! silently, so it is read whole. The same grammar carries settings from
//! `millrace-submit` to a program (see [`handoff`](crate::handoff)), which is
//! why this module also writes it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Write};

/// A value, and the line on which its setting begins, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Property {
    pub(crate) value: String,
    pub(crate) line: usize,
}

/// A `\u` that four hexadecimal digits do not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MalformedEscape {
    /// The line on which its setting begins, from 1.
    pub(crate) line: usize,
}

impl fmt::Display for MalformedEscape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MalformedEscape { line } = self;
        write!(
            f,
            "line {line} has a \\u without four hexadecimal digits; a backslash is written \\\\"
        )
    }
}

impl Error for MalformedEscape {}

/// Reads a properties text; of a key that stands twice the last value counts.
///
/// Values are kept to the last blank, as Java keeps them; trimming is a rule
/// of Spark's files, not of the grammar.
///
/// # Errors
///
/// [`MalformedEscape`] names the line.
pub(crate) fn parse(text: &str) -> Result<BTreeMap<String, Property>, MalformedEscape> {
    let mut properties = BTreeMap::new();
    for (line, text) in logical_lines(text) {
        let (key, value) = split(&text);
        let unescape = |text| unescape(text).ok_or(MalformedEscape { line });
        let (key, value) = (unescape(key)?, unescape(value)?);
        properties.insert(key, Property { value, line });
    }
    Ok(properties)
}

/// Writes settings so that [`parse`] reads back exactly these. The text is
/// printable ASCII and line ends, whatever the settings hold.
pub(crate) fn write<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (key, value) in settings {
        escape(key, &mut text);
        text.push('=');
        escape(value, &mut text);
        text.push('\n');
    }
    text
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

/// The lines that carry a setting, with continuations joined and the number of
/// the first: no comments, no empty lines, no blanks in front.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    // Not empty exactly while a line waits for its continuation.
    let mut joined = String::new();
    let mut first = 0;
    for (index, natural) in text.replace("\r\n", "\n").split(['\n', '\r']).enumerate() {
        let part = natural.trim_start_matches(is_blank);
        // Only at a beginning: inside a continuation `#` is an ordinary
        // character, and an empty line is the end of it.
        if joined.is_empty() && (part.is_empty() || part.starts_with(['#', '!'])) {
            continue;
        }
        if joined.is_empty() {
            first = index + 1;
        }
        let backslashes = part.bytes().rev().take_while(|b| *b == b'\\').count();
        let continues = backslashes % 2 == 1;
        joined.push_str(&part[..part.len() - usize::from(continues)]);
        if !continues {
            lines.push((first, std::mem::take(&mut joined)));
        }
    }
    if !joined.is_empty() {
        lines.push((first, joined));
    }
    lines
}

/// Splits at the first `=`, `:` or blank that no backslash protects; blanks
/// around the separator belong to it.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c| {
        let separates = !escaped && (matches!(c, '=' | ':') || is_blank(c));
        escaped = c == '\\' && !escaped;
        separates
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, value.trim_start_matches(is_blank))
}

/// Resolves escapes. `\uXXXX` names UTF-16 units, so a character outside the
/// basic plane is written as two of them; half a pair becomes U+FFFD. `None`
/// for a broken one.
fn unescape(text: &str) -> Option<String> {
    let mut units = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let plain = match c {
            '\\' => match chars.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\u{c}',
                Some('u') => {
                    let rest = chars.as_str();
                    let digits = rest
                        .get(..4)
                        .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
                    let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
                    units.push(unit?);
                    chars = rest[4..].chars();
                    continue;
                }
                Some(other) => other,
                None => break,
            },
            other => other,
        };
        units.extend_from_slice(plain.encode_utf16(&mut [0; 2]));
    }
    Some(String::from_utf16_lossy(&units))
}

fn escape(text: &str, into: &mut String) {
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() || b"._-/[]*,".contains(&byte) => {
                into.push(char::from(byte));
            }
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(into, "\\u{unit:04x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        values(text).into_iter().collect()
    }

    fn values(text: &str) -> BTreeMap<String, String> {
        let properties = parse(text).unwrap().into_iter();
        properties
            .map(|(key, property)| (key, property.value))
            .collect()
    }

    #[test]
    fn settings_know_the_line_they_begin_on() {
        let text = "# comment\r\na=1\rb=\\\n  2\n\nc=3\na=4";
        let lines: Vec<_> = parse(text)
            .unwrap()
            .into_iter()
            .map(|(key, property)| (key, property.line))
            .collect();
        let expected = [("a", 7), ("b", 3), ("c", 6)].map(|(key, line)| (key.to_owned(), line));
        assert_eq!(lines, expected);
        let error = parse("a=1\nb=\\u12").unwrap_err();
        assert!(error.to_string().starts_with("line 2 has"), "{error}");
    }

    #[test]
    fn lines_are_read_as_java_reads_them() {
        let cases: [(&str, &[(&str, &str)]); 27] = [
            ("a=b", &[("a", "b")]),
            ("a:b", &[("a", "b")]),
            ("a b", &[("a", "b")]),
            ("a\tb", &[("a", "b")]),
            ("  a = b  ", &[("a", "b  ")]),
            ("a  b=c", &[("a", "b=c")]),
            ("a = = b", &[("a", "= b")]),
            ("a==b", &[("a", "=b")]),
            ("a", &[("a", "")]),
            ("=b", &[("", "b")]),
            ("# a=b\n! c=d\n  # e=f", &[]),
            ("a=b # c", &[("a", "b # c")]),
            ("\n\n \t\na=b\n", &[("a", "b")]),
            ("a=b\rc=d\r\ne=f", &[("a", "b"), ("c", "d"), ("e", "f")]),
            ("a=b\na=c", &[("a", "c")]),
            ("a=b\\\n   c", &[("a", "bc")]),
            ("a=b\\\r\n   c", &[("a", "bc")]),
            ("a=b\\\n# c", &[("a", "b# c")]),
            ("a=b\\\n\nc=d", &[("a", "b"), ("c", "d")]),
            ("a=b\\\\\nc=d", &[("a", "b\\"), ("c", "d")]),
            ("a=b\\", &[("a", "b")]),
            ("\\\n# a=b", &[]),
            ("a\\ b\\=c=d", &[("a b=c", "d")]),
            ("a=\\t\\n\\r\\f\\q", &[("a", "\t\n\r\u{c}q")]),
            ("a=\\u0041\\u00e9", &[("a", "A\u{e9}")]),
            ("a=\\ud83d\\ude00\\ud83d", &[("a", "\u{1f600}\u{fffd}")]),
            ("a=caf\u{e9}", &[("a", "caf\u{e9}")]),
        ];
        for (text, expected) in cases {
            let read = read(text);
            let read: Vec<_> = read.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(read, expected, "{text:?}");
        }
    }

    #[test]
    fn a_broken_escape_is_refused() {
        for text in [
            "a=\\u12",
            "a=\\u12g4",
            "a=\\u+123",
            "a=\\u12\u{e9}4",
            "\\u=b",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), short in "[\\\\ =:#!a\r\nu0-9]*") {
            let _ = (parse(&text), parse(&short));
        }

        #[test]
        fn settings_survive_writing_and_reading(
            settings in prop::collection::btree_map(any::<String>(), any::<String>(), 0..5),
        ) {
            let text = write(settings.iter().map(|(k, v)| (k.as_str(), v.as_str())));
            prop_assert!(text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)));
            prop_assert_eq!(values(&text), settings);
        }
    }
}
