//! Bodies of fuzz targets: bytes that nobody wrote, next to rules that are as plain as they can
//! be. The tests run them over the corpora in `tests/fuzz/corpus`.

use crate::{Buffer, Text, java};

/// Bytes are decoded as Java 17 decodes them, and cut into lines as its `BufferedReader` does.
/// The first byte says whether the bytes before these ended in a carriage return.
pub fn lines(data: &[u8]) {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let expected = decoded(bytes);
    assert_eq!(java::decode_lossy(bytes), expected);
    let mut buffer = Buffer::with_capacity(bytes.len());
    buffer.extend_from_slice(bytes);
    let block = buffer.freeze();
    assert_eq!(block.as_str(), expected);
    let skip = first % 2 == 1;
    let mut lines = Vec::new();
    block.for_each_line(skip, |line| lines.push(line));
    assert!(lines.iter().map(Text::as_str).eq(cut(&expected, skip)));
    drop(block);
    // The lines keep their block.
    assert!(lines.iter().map(Text::as_str).eq(cut(&expected, skip)));
}

/// A separator behind its length, and a text: its pieces and words are those of a `str`, and so
/// are equality, order, parts and copies.
pub fn text(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let (separator, whole) = rest.split_at(rest.len().min(usize::from(first % 4)));
    let (separator, whole) = (java::decode_lossy(separator), java::decode_lossy(whole));
    let text = Text::from(&*whole);
    if !separator.is_empty() {
        let expected: Vec<&str> = whole.split(&*separator).collect();
        let pulled: Vec<Text> = text.clone().split(&separator).collect();
        assert_eq!(pulled, expected);
        let mut pieces = text.clone().split(&separator);
        let mut pushed: Vec<Text> = pieces.next().into_iter().collect();
        pieces.for_each(|piece| pushed.push(piece));
        assert_eq!(pushed, expected);
    }
    let words: Vec<Text> = text.clone().split_whitespace().collect();
    assert_eq!(words, whole.split_whitespace().collect::<Vec<_>>());
    for (at, _) in whole.char_indices() {
        let (head, tail) = (text.substring(0..at), text.substring(at..whole.len()));
        assert_eq!((&*head, &*tail), whole.split_at(at));
        assert_eq!(head.cmp(&tail), head.as_str().cmp(tail.as_str()));
        assert_eq!(head == tail, head.as_str() == tail.as_str());
        assert_eq!(head.clone().detach(), head);
    }
    for word in words {
        let own = Text::from(word.as_str());
        assert_eq!((word.clone().detach(), &word), (own.clone(), &own));
    }
}

/// The lines of a text, one character at a time, as the rule is written.
pub(crate) fn cut(text: &str, skip: bool) -> Vec<String> {
    let (mut lines, mut line, mut after_return) = (Vec::new(), String::new(), skip);
    for c in text.chars() {
        match c {
            '\n' if after_return => {}
            '\n' | '\r' => lines.push(std::mem::take(&mut line)),
            other => line.push(other),
        }
        after_return = c == '\r';
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text of Java 17's `sun.nio.cs.UTF_8` with `REPLACE`, sequence by sequence.
fn decoded(bytes: &[u8]) -> String {
    let (mut text, mut rest) = (String::new(), bytes);
    while !rest.is_empty() {
        let (len, whole) = sequence(rest);
        match std::str::from_utf8(&rest[..len]) {
            Ok(character) if whole => text.push_str(character),
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
        rest = &rest[len..];
    }
    text
}

/// The length of the sequence that `bytes` begin with, and true if it is a character.
fn sequence(bytes: &[u8]) -> (usize, bool) {
    let follows = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|byte| (0x80..0xc0).contains(byte))
    };
    let second = bytes.get(1).copied().unwrap_or(0);
    match bytes[0] {
        0x00..=0x7f => (1, true),
        0xc2..=0xdf if follows(1) => (2, true),
        0xe0..=0xef => match (follows(1), follows(2)) {
            (false, _) => (1, false),
            (true, _) if bytes[0] == 0xe0 && second < 0xa0 => (1, false),
            (true, false) => (2, false),
            // An encoded surrogate is one sequence.
            (true, true) => (3, !(bytes[0] == 0xed && second >= 0xa0)),
        },
        0xf0..=0xf4 => match (follows(1), follows(2), follows(3)) {
            (false, ..) => (1, false),
            _ if bytes[0] == 0xf0 && second < 0x90 || bytes[0] == 0xf4 && second >= 0x90 => {
                (1, false)
            }
            (_, false, _) => (2, false),
            (_, _, false) => (3, false),
            _ => (4, true),
        },
        _ => (1, false),
    }
}

#[cfg(test)]
#[path = "../../../tests/fuzz/corpora.rs"]
mod corpora;

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpora_are_read() {
        super::corpora::run(&[("lines", super::lines), ("text", super::text)]);
    }
}
