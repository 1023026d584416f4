//! Bytes to lines, as Java's `BufferedReader` over an `InputStreamReader` has
//! them.

/// The bytes behind the last line end, and whether that was a carriage return
/// whose line feed may be still to come.
#[derive(Debug, Default)]
pub(super) struct Lines {
    unfinished: Vec<u8>,
    behind_carriage_return: bool,
}

impl Lines {
    /// The lines that these bytes finish. A line is finished by its carriage
    /// return; a line feed right behind belongs to it and ends nothing.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &byte in bytes {
            let behind = std::mem::replace(&mut self.behind_carriage_return, byte == b'\r');
            match byte {
                b'\n' if behind => {}
                b'\n' | b'\r' => lines.push(decode(&std::mem::take(&mut self.unfinished))),
                _ => self.unfinished.push(byte),
            }
        }
        lines
    }

    /// The line that the end of the connection finishes, if one was begun.
    pub(super) fn end(&mut self) -> Option<String> {
        self.behind_carriage_return = false;
        let line = std::mem::take(&mut self.unfinished);
        (!line.is_empty()).then(|| decode(&line))
    }
}

/// Java 17's UTF-8 decoder: every malformed sequence becomes one U+FFFD.
///
/// Lines may be decoded one by one since no malformed sequence reaches over an
/// ASCII byte.
fn decode(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (character, length) = first(rest);
        text.push(character);
        rest = &rest[length..];
    }
    text
}

/// The first character of some bytes and how many bytes it takes.
fn first(bytes: &[u8]) -> (char, usize) {
    let malformed = |length: usize| (char::REPLACEMENT_CHARACTER, length);
    let lead = bytes[0];
    let length = match lead {
        0x00..=0x7f => return (char::from(lead), 1),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return malformed(1),
    };
    // The second byte of the longer forms is bounded by the first. Java lets a
    // surrogate pass here (ED A0..BF) and refuses it when it is whole.
    let second = match lead {
        0xe0 => 0xa0..=0xbf,
        0xf0 => 0x90..=0xbf,
        0xf4 => 0x80..=0x8f,
        _ => 0x80..=0xbf,
    };
    let bounds = [second, 0x80..=0xbf, 0x80..=0xbf];
    let tail = bytes[1..].iter().take(length - 1).zip(bounds);
    let good = 1 + tail
        .take_while(|(byte, bounds)| bounds.contains(*byte))
        .count();
    if good < length {
        return malformed(good);
    }
    match std::str::from_utf8(&bytes[..length]) {
        Ok(text) => (text.chars().next().unwrap(), length),
        Err(_) => malformed(length),
    }
}

#[test]
fn bytes_are_decoded_as_java_17_decodes_them() {
    let unhex = |hex: &str| -> Vec<u8> {
        let digits = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
        digits
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect()
    };
    // Written by Java 17; the engine's own decoder is held against it too.
    let fixture = include_str!("../../../crates/text/src/java/fixtures/decode.txt");
    let mut seen = 0;
    for line in fixture.lines().filter(|line| !line.starts_with('#')) {
        let (bytes, text) = line.split_once(' ').unwrap();
        assert_eq!(decode(&unhex(bytes)).as_bytes(), unhex(text), "{bytes}");
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn every_line_end_counts_once_wherever_it_is_cut() {
    let bytes = b"a\rb\r\nc\n\r\n\rd\r\r\n\n";
    let expected = ["a", "b", "c", "", "", "d", "", ""];
    for cut in 0..bytes.len() {
        let mut lines = Lines::default();
        let (head, tail) = bytes.split_at(cut);
        let seen = [lines.read(head), lines.read(tail)].concat();
        assert_eq!(seen, expected, "cut at {cut}");
        assert_eq!(lines.end(), None);
    }
}
