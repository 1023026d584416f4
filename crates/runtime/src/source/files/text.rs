//! Lines of files, in pieces that can be read side by side.
//!
//! A piece is a range of bytes of fixed length, and has the lines that begin within it: where
//! the first of them begins is found by looking for a line end from the byte before the range
//! on. So nobody has to read a file to cut it, and every line is in exactly one piece. A
//! compressed file is one piece, and is read from its beginning on.
//!
//! Of a file that cannot be read to its end, the lines before that are given.

use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use millrace_text::line_rule::behind_last_sure_line;
use millrace_text::{Buffer, LineByte, LineScanner, Text};

use crate::files::Codec;
use crate::receiver::InputCounters;

use super::file::{Cut, News, Taken};
use super::troubles::FileVoice;
use super::{Format, empty, weigh};

/// The length of a piece.
const PIECE: u64 = 4 << 20;

/// The number of bytes that are read at a time to find a line end.
const LOOK: usize = 64 << 10;

/// The number of bytes of a compressed file that are in memory, unless a line is longer.
const BUFFER: usize = 1 << 20;

/// A mark at the start of some files that is no text (Spark 3.5 drops it too).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Files of lines.
pub struct LinesFormat {
    piece: u64,
    /// `millrace.receiver.maxLineBytes`.
    max_line: usize,
    counters: Arc<InputCounters>,
}

impl LinesFormat {
    /// Lines that are cut at `max_line` bytes; the cuts are counted in `counters`.
    pub fn new(max_line: usize, counters: Arc<InputCounters>) -> LinesFormat {
        LinesFormat {
            piece: PIECE,
            max_line,
            counters,
        }
    }

    /// Counts a line that was cut, and says the first one of a file.
    fn cut(&self, file: &Taken, news: News, voice: &FileVoice) {
        if news == News::Known {
            return;
        }
        self.counters.lines_cut(1);
        if news == News::Another {
            return;
        }
        let (limit, name) = (self.max_line, file.path.display());
        let line = format!(
            "a line of {name} is longer than millrace.receiver.maxLineBytes ({limit}) and was cut \
             there: what follows is a line of its own; nothing was dropped"
        );
        voice.line("cut", line);
    }
}

impl Format for LinesFormat {
    type Item = Text;

    fn refusal(&self, file: &Taken) -> Option<String> {
        empty(file)
    }

    fn pieces(&self, file: &Taken) -> usize {
        match Codec::of(&file.path) {
            Some(_) => 1,
            None => file.length.div_ceil(self.piece) as usize,
        }
    }

    fn read(
        &self,
        taken: &Taken,
        piece: usize,
        voice: &FileVoice,
        each: &mut dyn FnMut(Text),
    ) -> Result<(), Cut> {
        let mut file = taken.open()?;
        let cuts = Cell::new(0);
        let cut = || {
            cuts.set(cuts.get() + 1);
            self.cut(taken, taken.cut(piece, cuts.get()), voice);
        };
        if let Some(codec) = Codec::of(&taken.path) {
            let mut bytes = codec.decoder(file)?;
            let mut lines = 0;
            let mut counted = |line| {
                lines += 1;
                each(line);
            };
            let read = lines_of(&mut bytes, self.max_line, BUFFER, &cut, &mut counted);
            return read.map_err(|cut| Cut {
                lines: Some(lines),
                ..cut
            });
        }
        let from = piece as u64 * self.piece;
        let piece = from..taken.length.min(from + self.piece);
        lines_in(&mut file, piece, taken.length, self.max_line, &cut, each)
    }
}

/// Gives the lines of a file of `length` bytes that begin in a range of it.
pub(super) fn lines_in(
    file: &mut (impl Read + Seek),
    piece: Range<u64>,
    length: u64,
    max_line: usize,
    cut: &dyn Fn(),
    each: &mut dyn FnMut(Text),
) -> Result<(), Cut> {
    let Some(start) = line_start(file, piece.start, piece.end)? else {
        return Ok(());
    };
    let end = line_start(file, piece.end, length)?.unwrap_or(length);
    lines(file, start, end, max_line, cut, each)
}

/// The start of the first line that begins at `from` or later; `None` if that is not before
/// `to`.
fn line_start(file: &mut (impl Read + Seek), from: u64, to: u64) -> io::Result<Option<u64>> {
    if from == 0 {
        return Ok((to > 0).then_some(0));
    }
    file.seek(SeekFrom::Start(from - 1))?;
    let mut buffer = vec![0; LOOK];
    let (mut at, mut scanner) = (from - 1, LineScanner::default());
    while at < to {
        let count = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        for &byte in &buffer[..count] {
            let half = scanner.may_pair();
            let seen = scanner.see(byte);
            if half && seen != LineByte::EndOfPair {
                return Ok((at < to).then_some(at));
            }
            at += 1;
            if seen != LineByte::Inside && !scanner.may_pair() {
                return Ok((at < to).then_some(at));
            }
        }
    }
    Ok(None)
}

/// Gives the lines of a range that begins and ends with lines.
fn lines(
    file: &mut (impl Read + Seek),
    start: u64,
    end: u64,
    max_line: usize,
    cut: &dyn Fn(),
    each: &mut dyn FnMut(Text),
) -> Result<(), Cut> {
    file.seek(SeekFrom::Start(start))?;
    let mut at = start;
    while at < end {
        let wanted = (end - at).min(max_line as u64) as usize;
        let mut buffer = Buffer::with_capacity(wanted);
        let filled = fill(file, &mut buffer);
        let failed = match filled {
            Ok(true) => None,
            Ok(false) => Some(io::Error::new(
                ErrorKind::UnexpectedEof,
                "it is shorter than it was when it was taken",
            )),
            Err(error) => Some(error),
        };
        let ends = at + (wanted as u64) >= end && failed.is_none();
        if !ends {
            let whole = behind_last_sure_line(buffer.as_slice());
            let failed = failed.is_some();
            if whole.is_none() && !failed {
                cut();
            }
            let characters = || {
                if failed {
                    0
                } else {
                    characters(buffer.as_slice())
                }
            };
            let length = whole.unwrap_or_else(characters);
            buffer.truncate(length);
        }
        let from = at;
        at += buffer.len() as u64;
        give(buffer, from == 0, each);
        if let Some(error) = failed {
            return Err(Cut {
                at,
                ..Cut::from(error)
            });
        }
        file.seek(SeekFrom::Start(at))?;
    }
    Ok(())
}

/// Gives the lines of what a reader gives, which may have no place that it can go back to.
pub(super) fn lines_of(
    reader: &mut dyn Read,
    max_line: usize,
    length: usize,
    cut: &dyn Fn(),
    each: &mut dyn FnMut(Text),
) -> Result<(), Cut> {
    let (mut at, mut buffer) = (0, Buffer::with_capacity(length.min(max_line)));
    loop {
        let filled = fill(reader, &mut buffer);
        let ended = matches!(filled, Ok(false));
        let whole = behind_last_sure_line(buffer.as_slice());
        let mut length = match (&filled, whole) {
            (Ok(false), _) => buffer.len(),
            (_, Some(whole)) => whole,
            (Err(_), None) => 0,
            (Ok(true), None) if buffer.len() < max_line => 0,
            (Ok(true), None) => {
                cut();
                characters(buffer.as_slice())
            }
        };
        length = length.min(buffer.len());
        let rest = buffer.as_slice()[length..].to_vec();
        // A line that outgrows its buffer gets a larger one.
        let room = (2 * rest.len()).clamp(buffer.capacity(), max_line.max(buffer.capacity()));
        buffer.truncate(length);
        give(buffer, at == 0 && length > 0, each);
        // Not before: a line that is not kept has given its memory back.
        buffer = Buffer::with_capacity(room);
        buffer.extend_from_slice(&rest);
        at += length as u64;
        match filled {
            Err(error) => {
                return Err(Cut {
                    at,
                    ..Cut::from(error)
                });
            }
            Ok(_) if ended => return Ok(()),
            Ok(_) => {}
        }
    }
}

/// Gives the lines of a buffer, which may be the beginning of a file.
fn give(mut buffer: Buffer, first: bool, each: &mut dyn FnMut(Text)) {
    if first && buffer.as_slice().starts_with(BYTE_ORDER_MARK) {
        let len = buffer.len();
        buffer.copy_within(BYTE_ORDER_MARK.len()..len, 0);
        buffer.truncate(len - BYTE_ORDER_MARK.len());
    }
    buffer.freeze().for_each_line(false, |line| {
        weigh(line.len());
        each(line);
    });
}

/// Reads until the buffer is full; says whether it is. Bytes that were read before an error stay.
fn fill(file: &mut (impl Read + ?Sized), buffer: &mut Buffer) -> io::Result<bool> {
    while buffer.len() < buffer.capacity() {
        match file.read(buffer.spare_mut()) {
            Ok(0) => return Ok(false),
            Ok(count) => buffer.commit(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// The number of bytes that are whole characters.
fn characters(bytes: &[u8]) -> usize {
    let len = bytes.len();
    let starts = |back: &usize| bytes[len - back] >= 0xc0;
    let back = (1..=3.min(len.saturating_sub(1))).find(starts);
    len - back.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::receiver::fuzz::all_lines;

    fn read(bytes: &[u8], piece: u64, max_line: usize) -> Vec<Vec<String>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut format = LinesFormat::new(max_line, Arc::default());
        format.piece = piece;
        let taken = Taken::new(file.path().to_owned(), bytes.len() as u64);
        let pieces = (0..format.pieces(&taken)).map(|piece| {
            let mut lines = Vec::new();
            let mut each = |line: Text| lines.push(line.to_string());
            format
                .read(&taken, piece, &FileVoice::quiet(), &mut each)
                .unwrap();
            lines
        });
        pieces.collect()
    }

    fn model(bytes: &[u8]) -> Vec<String> {
        all_lines(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes))
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            &b"\n"[..],
            b"\r",
            b"\r\n",
            b"word",
            b"w",
            BYTE_ORDER_MARK,
            "\u{e9}".as_bytes(),
            "\u{1f600}".as_bytes(),
            b"\xff",
        ]);
        prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn every_line_is_in_one_piece(bytes in bytes(), piece in 1_u64..40) {
            prop_assert_eq!(read(&bytes, piece, 1 << 20).concat(), model(&bytes));
        }

        #[test]
        fn a_range_that_is_read_in_parts_has_the_same_lines(
            bytes in bytes(), max_line in 40_usize..80,
        ) {
            let lines = model(&bytes);
            prop_assume!(lines.iter().all(|line| line.len() + 5 < max_line));
            prop_assert_eq!(read(&bytes, u64::MAX, max_line).concat(), lines);
        }

        #[test]
        fn a_line_that_is_too_long_is_cut_between_characters(
            count in 1_usize..40, max_line in 4_usize..20,
        ) {
            let text = "\u{1f600}x\u{e9}".repeat(count);
            let lines = read(text.as_bytes(), u64::MAX, max_line).concat();
            prop_assert_eq!(lines.concat(), text);
            prop_assert!(lines.iter().all(|line| line.len() <= max_line));
        }
    }

    #[test]
    fn a_line_over_many_pieces_belongs_to_the_one_it_begins_in() {
        let long = "l".repeat(1000);
        let pieces = read(format!("a\n{long}\r\nb").as_bytes(), 100, 1 << 20);
        assert_eq!(pieces.len(), 11);
        assert_eq!(pieces[0], ["a", &long]);
        assert_eq!(pieces[10], ["b"]);
        assert!(pieces[1..10].iter().all(Vec::is_empty));
    }

    /// Gives its bytes a few at a time, and then perhaps an error.
    struct Slowly<'a>(&'a [u8], usize, bool);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() && self.2 {
                return Err(io::Error::other("no more"));
            }
            let count = self.1.min(buffer.len());
            self.0
                .take(count as u64)
                .read(buffer)
                .inspect(|count| self.0 = &self.0[*count..])
        }
    }

    proptest! {
        #[test]
        fn a_reader_has_the_lines_of_its_bytes(
            bytes in bytes(), step in 1_usize..9, length in 1_usize..40,
        ) {
            let mut lines = Vec::new();
            let mut each = |line: Text| lines.push(line.to_string());
            let mut slowly = Slowly(&bytes, step, false);
            lines_of(&mut slowly, 1 << 20, length, &|| panic!("cut"), &mut each).unwrap();
            prop_assert_eq!(lines, model(&bytes));
        }

        #[test]
        fn the_lines_before_an_error_are_given_and_no_half_of_one(
            bytes in bytes(), step in 1_usize..9, length in 1_usize..40,
        ) {
            let mut lines = Vec::new();
            let mut each = |line: Text| lines.push(line.to_string());
            let mut slowly = Slowly(&bytes, step, true);
            let cut = lines_of(&mut slowly, 1 << 20, length, &|| panic!("cut"), &mut each);
            let cut = cut.unwrap_err();
            let whole = &bytes[..cut.at as usize];
            prop_assert_eq!(lines, model(whole));
            let rest = &bytes[whole.len()..];
            prop_assert!(rest.iter().rev().skip(1).all(|byte| !b"\r\n".contains(byte)));
        }
    }

    #[test]
    fn a_line_that_is_cut_counts_once_however_often_it_is_read() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"123456789\n12345\nab\n").unwrap();
        let counters = Arc::<InputCounters>::default();
        let mut format = LinesFormat::new(4, Arc::clone(&counters));
        format.piece = 10;
        let taken = Taken::new(file.path().to_owned(), 19);
        for _ in 0..2 {
            for piece in 0..format.pieces(&taken) {
                format
                    .read(&taken, piece, &FileVoice::quiet(), &mut |_| ())
                    .unwrap();
            }
            assert_eq!(counters.get().lines_cut, 3, "after 4, 8 and 14 bytes");
        }
    }

    #[test]
    fn a_file_that_is_shorter_than_it_was_gives_its_whole_lines() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"one\ntwo\nthr").unwrap();
        let taken = Taken::new(file.path().to_owned(), 100);
        let mut lines = Vec::new();
        let mut each = |line: Text| lines.push(line.to_string());
        let cut = LinesFormat::new(1 << 20, Arc::default())
            .read(&taken, 0, &FileVoice::quiet(), &mut each)
            .unwrap_err();
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(cut.at, 8);
    }
}
