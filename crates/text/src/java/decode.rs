//! Java's UTF-8 decoder with replacement, as a reader of text over a byte stream uses it.
//!
//! Java 17 and Rust agree on which bytes are malformed and, but for one case, on how many
//! replacement characters they become. The case is a surrogate encoded in three bytes, ED A0..BF
//! and what follows: Java takes the continuation bytes as part of one malformed sequence, Rust
//! (like Python) replaces each byte. The law: the text is the one Java 17 decodes, and since no
//! malformed sequence reaches over an ASCII byte, cutting the bytes after a line end and decoding
//! the pieces gives the same text.

use std::borrow::Cow;

/// Decodes UTF-8 as Java 17's `InputStreamReader` does: each malformed sequence becomes one
/// U+FFFD.
///
/// A malformed sequence is as long as it could still have become a character, and a truncated
/// one at the end of the bytes is one sequence. A surrogate in three bytes (ED A0..BF 80..BF) is
/// one malformed sequence too, and so are its first two bytes if the third is missing or wrong.
/// A byte order mark is kept.
///
/// Well-formed bytes are borrowed, not copied.
///
/// # Examples
///
/// ```
/// use millrace_text::java::decode_lossy;
///
/// assert_eq!(decode_lossy(b"caf\xe9!"), "caf\u{fffd}!");
/// assert_eq!(decode_lossy(b"\xed\xa0\x80!"), "\u{fffd}!");
/// ```
#[must_use]
pub fn decode_lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(replace_malformed(bytes)),
    }
}

#[cold]
fn replace_malformed(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    let mut rest = bytes;
    while let Some(chunk) = rest.utf8_chunks().next() {
        text.push_str(chunk.valid());
        rest = &rest[chunk.valid().len() + chunk.invalid().len()..];
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        // Rust ends the malformed sequence at the ED; Java goes on.
        if chunk.invalid() == [0xed] {
            rest = &rest[surrogate_tail(rest)..];
        }
    }
    text
}

/// The number of bytes after an ED that belong to an encoded surrogate, whole or cut short.
fn surrogate_tail(after: &[u8]) -> usize {
    match after {
        [0xa0..=0xbf, 0x80..=0xbf, ..] => 2,
        [0xa0..=0xbf, ..] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unhex(hex: &str) -> Vec<u8> {
        assert_eq!(hex.len() % 2, 0, "{hex}");
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits"))
            .collect()
    }

    #[test]
    fn the_text_is_the_one_java_decodes() {
        let lines = include_str!("fixtures/decode.txt")
            .lines()
            .filter(|l| !l.starts_with('#'));
        let mut count = 0;
        for line in lines {
            let (bytes, text) = line.split_once(' ').expect("two columns");
            assert_eq!(
                decode_lossy(&unhex(bytes)).as_bytes(),
                unhex(text),
                "{line}"
            );
            count += 1;
        }
        assert!(count >= 300);
    }

    #[test]
    fn well_formed_text_is_borrowed() {
        for text in ["", "plain", "\u{feff}caf\u{e9} \u{4f60} \u{1f600}\0"] {
            assert!(matches!(decode_lossy(text.as_bytes()), Cow::Borrowed(same) if same == text));
        }
    }

    /// Bytes in which every kind of malformed sequence is likely.
    fn ragged() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            0x20..0x7f_u8,
            0x80..0xc0_u8,
            any::<u8>(),
            proptest::sample::select(b"\xe0\xed\xef\xf0\xf4\x80\xa0\x9f\xbf".as_slice()),
        ];
        proptest::collection::vec(byte, 0..24)
    }

    proptest! {
        #[test]
        fn cutting_after_a_line_end_changes_nothing(head in ragged(), tail in ragged()) {
            let head = [head.as_slice(), b"\n"].concat();
            let whole = [head.as_slice(), &tail].concat();
            let pieces = [decode_lossy(&head), decode_lossy(&tail)].concat();
            prop_assert_eq!(decode_lossy(&whole), pieces);
        }

        #[test]
        fn only_encoded_surrogates_part_java_from_rust(bytes in ragged()) {
            let surrogate = bytes.windows(2).any(|w| w[0] == 0xed && (0xa0..0xc0).contains(&w[1]));
            let same = decode_lossy(&bytes) == String::from_utf8_lossy(&bytes);
            prop_assert_eq!(same, !surrogate);
        }
    }
}
