//! A number with a unit behind it: the shape that durations and sizes share.

/// Splits `text` into its digits (with a leading `-`, if there is one) and the
/// letters behind them; `None` when it has any other shape.
///
/// Spark 3.5 trims as Java does, which takes away control characters as well
/// as blanks, and compares suffixes without regard to case; the caller gets
/// both parts as they were typed.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_matches(|c| c <= ' ');
    let sign = usize::from(text.starts_with('-'));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    let (number, suffix) = text.split_at(sign + digits);
    let letters_only = suffix.bytes().all(|b| b.is_ascii_alphabetic());
    (digits > 0 && letters_only).then_some((number, suffix))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn numbers_and_suffixes_come_apart() {
        let cases = [
            ("5", Some(("5", ""))),
            (" 5s\t", Some(("5", "s"))),
            ("-12Min", Some(("-12", "Min"))),
            ("", None),
            ("-", None),
            ("s", None),
            ("1.5s", None),
            ("5 s", None),
            ("+5", None),
            ("\u{665}s", None),
            ("5\u{e9}", None),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text), expected, "{text:?}");
        }
    }
}
