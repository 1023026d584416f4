//! Java's rule of lines: `\n`, `\r` and `\r\n` end one, as `BufferedReader.readLine` has it.
//!
//! The rule stands here alone. The walk over a block (`lines.rs`) finds these two bytes by vectors
//! (`ends.rs`), and asks here which of them are one end.

/// A byte, as it stands among lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineByte {
    /// A byte of a line.
    Inside,
    /// The end of a line.
    End,
    /// The `\n` of a `\r\n`, whose `\r` has ended the line.
    EndOfPair,
}

/// Looks for the ends of lines, one byte after the other.
///
/// ```
/// use millrace_text::{LineByte, LineScanner};
/// let mut scanner = LineScanner::default();
/// let seen: Vec<LineByte> = b"a\r\n\n".iter().map(|&byte| scanner.see(byte)).collect();
/// assert_eq!(seen, [LineByte::Inside, LineByte::End, LineByte::EndOfPair, LineByte::End]);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct LineScanner {
    after_return: bool,
}

impl LineScanner {
    /// Places the next byte.
    #[inline]
    pub fn see(&mut self, byte: u8) -> LineByte {
        let behind = std::mem::replace(&mut self.after_return, byte == b'\r');
        match byte {
            b'\n' if behind => LineByte::EndOfPair,
            b'\n' | b'\r' => LineByte::End,
            _ => LineByte::Inside,
        }
    }

    /// True if a `\n` that came next would belong to the end that was just seen.
    #[inline]
    #[must_use]
    pub fn may_pair(&self) -> bool {
        self.after_return
    }
}

/// True for a byte that ends a line, alone or as one of a pair.
#[inline(always)]
#[must_use]
pub const fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// True if a `\n` behind these bytes would belong to the line end that they end with.
#[inline]
#[must_use]
pub fn may_pair(bytes: &[u8]) -> bool {
    bytes.last() == Some(&b'\r')
}

/// The number of bytes at the start that belong to the line end before: the `\n` of a pair, if the
/// bytes before these [may pair](may_pair).
#[inline(always)]
#[must_use]
pub fn rest_of_pair(bytes: &[u8], behind_return: bool) -> usize {
    usize::from(behind_return && bytes.first() == Some(&b'\n'))
}

/// True if a pair of bytes at `at` ends one line.
#[inline(always)]
pub(crate) fn is_pair(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n')
}

/// True if the last line has no end.
#[inline(always)]
#[must_use]
pub fn is_unfinished(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|&last| !ends_line(last))
}

/// The place behind the first line end.
#[inline]
#[must_use]
pub fn behind_first_line(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|&byte| ends_line(byte))?;
    Some(end + 1 + usize::from(is_pair(bytes, end)))
}

/// The place behind the last line end.
#[inline]
#[must_use]
pub fn behind_last_line(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().rposition(|&byte| ends_line(byte))?;
    Some(end + 1)
}

/// The place behind the last line end that no further byte can belong to, as a `\n` can to a `\r`.
#[inline]
#[must_use]
pub fn behind_last_sure_line(bytes: &[u8]) -> Option<usize> {
    behind_last_line(&bytes[..bytes.len() - usize::from(may_pair(bytes))])
}

/// The number of lines, an unfinished one included.
#[must_use]
pub fn count_lines(bytes: &[u8]) -> usize {
    let ends = bytes.iter().filter(|&&byte| ends_line(byte)).count();
    let pairs = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    ends - pairs + usize::from(is_unfinished(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz::cut;

    fn text() -> impl Strategy<Value = String> {
        "([ab]{0,3}(\n|\r|\r\n)?){0,6}"
    }

    proptest! {
        #[test]
        fn a_scanner_cuts_as_the_rule_does(text in text()) {
            let (mut lines, mut line, mut scanner) = (Vec::new(), String::new(), LineScanner::default());
            for byte in text.bytes() {
                match scanner.see(byte) {
                    LineByte::Inside => line.push(char::from(byte)),
                    LineByte::End => lines.push(std::mem::take(&mut line)),
                    LineByte::EndOfPair => prop_assert!(line.is_empty()),
                }
                prop_assert_eq!(scanner.may_pair(), byte == b'\r');
            }
            lines.extend((!line.is_empty()).then_some(line));
            prop_assert_eq!(lines, cut(&text, false));
        }

        #[test]
        fn lines_are_counted_as_the_rule_cuts_them(text in text(), behind_return: bool) {
            let rest = rest_of_pair(text.as_bytes(), behind_return);
            prop_assert_eq!(count_lines(&text.as_bytes()[rest..]), cut(&text, behind_return).len());
        }

        #[test]
        fn behind_the_first_line_is_the_rest(text in text()) {
            let Some(at) = behind_first_line(text.as_bytes()) else {
                prop_assert!(!text.contains(['\n', '\r']));
                return Ok(());
            };
            let (head, tail) = text.split_at(at);
            let head = cut(head, false);
            prop_assert_eq!(head.len(), 1);
            prop_assert_eq!([head, cut(tail, false)].concat(), cut(&text, false));
        }

        #[test]
        fn behind_the_last_line_is_no_line_end(text in text()) {
            let (head, tail) = text.split_at(behind_last_line(text.as_bytes()).unwrap_or(0));
            prop_assert!(!is_unfinished(head.as_bytes()) && !tail.contains(['\n', '\r']));
        }

        #[test]
        fn a_line_is_sure_whatever_comes_behind_it(text in text(), more in text()) {
            let sure = behind_last_sure_line(text.as_bytes());
            let (head, tail) = text.split_at(sure.unwrap_or(0));
            prop_assert!(!tail.trim_end_matches('\r').contains(['\n', '\r']));
            prop_assert!(tail.matches('\r').count() <= 1);
            let whole = cut(&format!("{text}{more}"), false);
            prop_assert_eq!([cut(head, false), cut(&format!("{tail}{more}"), false)].concat(), whole);
        }
    }
}
