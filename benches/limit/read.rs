//! Blocks of whole words, as they come from the socket.
//!
//! The source is behind a lock that is held for one read. The bytes after the
//! last separator of a block are the beginning of the next one, whoever reads
//! that.

use std::io::{self, Read};

use crate::THREADS;
use crate::split::WINDOW;

/// Bytes of one read. Less costs more turns, more would leave the cache before
/// it is counted.
const READ: usize = 512 * 1024;

/// A piece of text that ends with a separator, followed by a window's worth
/// of bytes that may be loaded but mean nothing.
#[derive(Debug, Default)]
pub(crate) struct Block {
    bytes: Vec<u8>,
    length: usize,
}

impl Block {
    /// The text.
    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// A window of the bytes from `at` on, where the text may end within.
    #[inline]
    pub(crate) fn window(&self, at: usize) -> &[u8; WINDOW] {
        self.bytes[at..].first_chunk().expect("padded by a window")
    }

    /// The bytes that text may be read into.
    fn space(&mut self) -> &mut [u8] {
        let end = self.bytes.len().saturating_sub(WINDOW);
        &mut self.bytes[..end]
    }

    fn reserve(&mut self, length: usize) {
        if self.space().len() < length {
            self.bytes.resize(length + WINDOW, 0);
        }
    }
}

#[cfg(test)]
impl From<&[u8]> for Block {
    fn from(text: &[u8]) -> Self {
        let mut block = Self::default();
        block.reserve(text.len());
        block.space()[..text.len()].copy_from_slice(text);
        block.length = text.len();
        block
    }
}

/// The next thing that a thread finds at the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A block to count.
    Block,
    /// The interval is over: time to merge.
    Interval,
    /// So is the input.
    End,
}

/// The socket, the tail of the last block, and the clock. An interval ends
/// when somebody comes for a block after its time: never while nothing comes.
pub(crate) struct Source<R, C> {
    input: R,
    tail: Vec<u8>,
    /// True if the last block ended with a blank, so that one more word follows in its line.
    open: bool,
    bytes: u64,
    interval: u64,
    /// Threads that have not heard of this interval yet.
    behind: usize,
    /// Says whether the interval is over. It has the next interval begin if so.
    over: C,
    ended: bool,
    error: Option<io::Error>,
}

impl<R: Read, C: FnMut() -> bool> Source<R, C> {
    pub(crate) fn new(input: R, over: C) -> Self {
        Self {
            input,
            tail: Vec::new(),
            open: false,
            bytes: 0,
            interval: 0,
            behind: 0,
            over,
            ended: false,
            error: None,
        }
    }

    /// The bytes there were, or what went wrong.
    pub(crate) fn finish(self) -> io::Result<u64> {
        self.error.map_or(Ok(self.bytes), Err)
    }

    /// The next thing to do for a thread that is in interval `seen`.
    pub(crate) fn next(&mut self, block: &mut Block, seen: &mut u64) -> Event {
        // Both threads must see the same ends of intervals, or one would wait for the other
        // in vain: so none before both have seen the last one, none after the input's end.
        if self.behind == 0 && !self.ended && (self.over)() {
            self.interval += 1;
            self.behind = THREADS;
        }
        if *seen != self.interval {
            *seen = self.interval;
            self.behind -= 1;
            return Event::Interval;
        }
        match self.fill(block) {
            Ok(true) => Event::Block,
            Ok(false) => Event::End,
            Err(error) => {
                self.ended = true;
                self.error = Some(error);
                Event::End
            }
        }
    }

    /// Reads until there is a whole word; false if there is no more.
    fn fill(&mut self, block: &mut Block) -> io::Result<bool> {
        block.reserve(READ.max(2 * self.tail.len()));
        let mut filled = self.tail.len();
        block.space()[..filled].copy_from_slice(&self.tail);
        self.tail.clear();
        loop {
            if filled == block.space().len() {
                block.reserve(2 * filled);
            }
            let read = self.read(&mut block.space()[filled..])?;
            let searched = filled.saturating_sub(1);
            filled += read;
            if read == 0 {
                let open = std::mem::take(&mut self.open);
                if if filled == 0 {
                    open
                } else {
                    block.bytes[filled - 1] != b'\r'
                } {
                    // As if the last line had its end.
                    block.bytes[filled] = b'\n';
                    filled += 1;
                }
                block.length = filled;
                return Ok(filled > 0);
            }
            if let Some(end) = cut(&block.space()[..filled], searched) {
                self.tail.extend_from_slice(&block.space()[end..filled]);
                block.length = end;
                self.open = block.bytes[end - 1] == b' ';
                return Ok(true);
            }
        }
    }

    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        while !self.ended {
            match self.input.read(space) {
                Ok(0) => self.ended = true,
                Ok(read) => {
                    self.bytes += read as u64;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(0)
    }
}

/// The end of the last word in `bytes`, separator included, which is not
/// before `searched`. A carriage return at the very end decides nothing: the
/// line feed that belongs to it may be on its way.
fn cut(bytes: &[u8], searched: usize) -> Option<usize> {
    let fresh = &bytes[searched..];
    let fresh = fresh.strip_suffix(b"\r").unwrap_or(fresh);
    let last = fresh
        .iter()
        .rposition(|byte| matches!(byte, b' ' | b'\n' | b'\r'))?;
    Some(searched + last + 1)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn words_are_cut_after_separators_but_not_between_cr_and_lf() {
        assert_eq!(cut(b"a b", 0), Some(2));
        assert_eq!(cut(b"a\nb c", 0), Some(4));
        assert_eq!(cut(b"a\rb", 0), Some(2));
        assert_eq!(cut(b"a\r\n", 0), Some(3));
        assert_eq!(cut(b"a\r", 0), None);
        assert_eq!(cut(b"a b\r", 0), Some(2));
        assert_eq!(cut(b"abc", 0), None);
    }
}
