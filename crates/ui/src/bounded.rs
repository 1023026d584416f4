//! Texts of a program within bounds.
//!
//! The failures and the inputs of a thousand batches are kept, written to the event log, and sent to
//! pages four times per second. A program decides how long such a text is, so there is a limit.

/// Bytes that are kept of the beginning of a text, and as many of its end.
const HALF: usize = 4096;

/// `text`, or its beginning and its end with the number of bytes between them that are left out. The
/// message of an error may be at either.
pub(crate) fn bounded(text: &str) -> String {
    if text.len() <= 2 * HALF {
        return text.to_owned();
    }
    let mut begin = HALF;
    while !text.is_char_boundary(begin) {
        begin -= 1;
    }
    let mut end = text.len() - HALF;
    while !text.is_char_boundary(end) {
        end += 1;
    }
    let between = end - begin;
    let (begin, end) = (&text[..begin], &text[end..]);
    format!("{begin}\n... {between} bytes are left out ...\n{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_both_ends() {
        let short = "\u{e4}".repeat(HALF);
        assert_eq!(bounded(&short), short);
        // Both cuts are within a letter.
        let long = format!("a{}b", "\u{e4}".repeat(HALF + 10));
        let cut = bounded(&long);
        assert!(cut.len() < 2 * HALF + 50, "{} bytes", cut.len());
        assert!(cut.starts_with("a\u{e4}") && cut.ends_with("\u{e4}b"));
        assert!(cut.contains("\n... 24 bytes are left out ...\n"), "{cut}");
    }
}
