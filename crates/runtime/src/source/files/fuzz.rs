//! The body of a fuzz target: a file as its readers cut it into lines.

use std::cell::Cell;
use std::io::{Cursor, Read};

use crate::receiver::fuzz::all_lines;

use super::text::{lines_in, lines_of};

/// Three bytes say how long a piece, a line and a read may be, and the others are a file. Its
/// lines are those of the rule, however it is cut into pieces and whether it can be read from a
/// place or only from its beginning; unless a line is too long, and then nothing is lost.
pub(crate) fn fuzz(data: &[u8]) {
    let Some((&[piece, longest, at_once], file)) = data.split_first_chunk() else {
        return;
    };
    let (piece, longest) = (u64::from(piece) + 1, usize::from(longest) + 4);
    let length = file.len() as u64;
    let cut = Cell::new(false);
    let mut lines = Vec::new();
    for from in (0..length).step_by(piece as usize) {
        let range = from..length.min(from + piece);
        let read = lines_in(
            &mut Cursor::new(file),
            range,
            length,
            longest,
            &|| cut.set(true),
            &mut |line| lines.push(line.as_str().to_owned()),
        );
        read.expect("a file in memory can be read");
    }
    check(&lines, file, longest, cut.take());
    let mut reader = Slowly(file, usize::from(at_once) + 1);
    let mut lines = Vec::new();
    let read = lines_of(
        &mut reader,
        longest,
        usize::from(at_once) + 1,
        &|| cut.set(true),
        &mut |line| lines.push(line.as_str().to_owned()),
    );
    read.expect("a file in memory can be read");
    check(&lines, file, longest, cut.take());
}

fn check(lines: &[String], file: &[u8], longest: usize, cut: bool) {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let expected = all_lines(file);
    if cut {
        assert!(expected.iter().any(|line| line.len() + 4 > longest));
        let (lines, expected) = (lines.concat(), expected.concat());
        // Malformed bytes at a cut may be two characters in the place of one.
        assert!(lines == expected || expected.contains(char::REPLACEMENT_CHARACTER));
    } else {
        assert_eq!(lines, expected);
    }
}

/// Gives so many bytes at a time.
struct Slowly<'a>(&'a [u8], usize);

impl Read for Slowly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(self.1);
        self.0.read(&mut buffer[..most])
    }
}
