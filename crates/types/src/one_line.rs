//! Messages that stay in their line, whatever names they hold.

/// A text with its control characters escaped, so that it is one line and moves
/// no cursor.
///
/// ```
/// use millrace_types::one_line;
///
/// assert_eq!(one_line("cannot read a\nb"), "cannot read a\\nb");
/// assert_eq!(one_line("caf\u{e9} \u{1b}[2J"), "caf\u{e9} \\u{1b}[2J");
/// ```
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}
