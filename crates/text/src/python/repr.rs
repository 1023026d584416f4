//! Python's `repr` of strings and bytes.
//!
//! A tuple prints its parts by `repr`, so every `('word', 1)` that a program prints goes through
//! here. The law: the text is CPython 3.11's, byte for byte; and text of plain ASCII letters
//! costs one scan and one copy.

use super::printable::is_printable;

const HEX: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
];

/// Appends CPython 3.11's `repr(s)`.
///
/// The quotes are `'`, or `"` if the string has a `'` and no `"`. The quote and the backslash are
/// escaped, so are `\t`, `\n` and `\r`; whatever else `str.isprintable` denies under Unicode 14.0
/// is written as `\xNN`, `\uNNNN` or `\UNNNNNNNN`.
///
/// # Examples
///
/// ```
/// let mut out = String::new();
/// millrace_text::python::write_repr_str(&mut out, "it's");
/// assert_eq!(out, "\"it's\"");
/// ```
pub fn write_repr_str(out: &mut String, s: &str) {
    if s.bytes()
        .all(|byte| matches!(byte, 0x20..=0x7e) && byte != b'\'' && byte != b'\\')
    {
        out.reserve(s.len() + 2);
        out.push('\'');
        out.push_str(s);
        out.push('\'');
    } else {
        write_escaped_str(out, s);
    }
}

fn write_escaped_str(out: &mut String, s: &str) {
    let quote = quote_for(s.as_bytes());
    out.push(quote);
    for character in s.chars() {
        match character {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            _ if character == quote => out.extend(['\\', quote]),
            _ if is_printable(character) => out.push(character),
            _ => write_code(out, u32::from(character)),
        }
    }
    out.push(quote);
}

/// Appends CPython 3.11's `repr(b)` of `bytes`: `b'..'` with the quotes of a string's `repr`, and
/// every byte that is not printable ASCII as `\xNN`.
pub(super) fn write_repr_bytes(out: &mut String, bytes: &[u8]) {
    let quote = quote_for(bytes);
    out.push('b');
    out.push(quote);
    for byte in bytes {
        match *byte {
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\\' => out.push_str("\\\\"),
            0x20..=0x7e if char::from(*byte) == quote => out.extend(['\\', quote]),
            0x20..=0x7e => out.push(char::from(*byte)),
            _ => write_code(out, u32::from(*byte)),
        }
    }
    out.push(quote);
}

fn quote_for(bytes: &[u8]) -> char {
    if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    }
}

/// Appends the shortest of the three escapes that holds `code`.
fn write_code(out: &mut String, code: u32) {
    let (letter, digits) = match code {
        0..=0xff => ('x', 2),
        0x100..=0xffff => ('u', 4),
        _ => ('U', 8),
    };
    out.extend(['\\', letter]);
    out.extend(
        (0..digits)
            .rev()
            .map(|place| HEX[(code >> (4 * place)) as usize & 0xf]),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repr(s: &str) -> String {
        let mut out = String::new();
        write_repr_str(&mut out, s);
        out
    }

    fn repr_bytes(bytes: &[u8]) -> String {
        let mut out = String::new();
        write_repr_bytes(&mut out, bytes);
        out
    }

    /// Reads a Python string literal as far as `repr` writes them.
    fn parse(literal: &str) -> Option<String> {
        let quote = literal.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let inner = literal.strip_prefix(quote)?.strip_suffix(quote)?;
        let mut rest = inner.chars();
        let mut text = String::new();
        while let Some(character) = rest.next() {
            if character == quote {
                return None;
            }
            if character != '\\' {
                text.push(character);
                continue;
            }
            let digits = match rest.next()? {
                't' => {
                    text.push('\t');
                    continue;
                }
                'n' => {
                    text.push('\n');
                    continue;
                }
                'r' => {
                    text.push('\r');
                    continue;
                }
                'x' => 2,
                'u' => 4,
                'U' => 8,
                literally => {
                    text.push(literally);
                    continue;
                }
            };
            let code: String = rest.by_ref().take(digits).collect();
            text.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
        }
        Some(text)
    }

    #[test]
    fn quotes_follow_the_content() {
        assert_eq!(repr(""), "''");
        assert_eq!(repr("hello"), "'hello'");
        assert_eq!(repr("it's"), "\"it's\"");
        assert_eq!(repr("say \"hi\""), "'say \"hi\"'");
        assert_eq!(repr("'\""), "'\\'\"'");
        assert_eq!(repr("it's\\"), "\"it's\\\\\"");
    }

    #[test]
    fn what_is_not_printable_is_escaped() {
        assert_eq!(repr("\0\t\n\r\x1b\x7f"), "'\\x00\\t\\n\\r\\x1b\\x7f'");
        assert_eq!(repr("\u{80}\u{a0}\u{ad}\u{e9}"), "'\\x80\\xa0\\xad\u{e9}'");
        assert_eq!(repr("\u{200b}\u{feff}\u{4f60}"), "'\\u200b\\ufeff\u{4f60}'");
        assert_eq!(repr("\u{1f600}\u{10ffff}"), "'\u{1f600}\\U0010ffff'");
    }

    #[test]
    fn bytes_show_ascii_and_escape_the_rest() {
        assert_eq!(repr_bytes(b""), "b''");
        assert_eq!(repr_bytes(b"\xff\x00~\x7f"), "b'\\xff\\x00~\\x7f'");
        assert_eq!(repr_bytes(b"it's\t\\"), "b\"it's\\t\\\\\"");
        assert_eq!(repr_bytes(b"'\"\n\r"), "b'\\'\"\\n\\r'");
    }

    proptest! {
        #[test]
        fn a_repr_parses_back_to_the_string(s in any::<String>()) {
            prop_assert_eq!(parse(&repr(&s)), Some(s));
        }

        #[test]
        fn quotes_and_backslashes_parse_back(s in "['\"\\\\a\n]{0,8}") {
            prop_assert_eq!(parse(&repr(&s)), Some(s));
        }
    }
}
