//! Cuts received bytes into blocks at line ends.
//!
//! The receiver's thread and the generator's share the open buffer: the one reads into it, the
//! other cuts it at the tick, so that a batch has all whole lines that were read before its
//! time. What follows the last line end starts the next block. A `\r` that ends a block may be
//! half of a `\r\n`; the next block is told to pass over a `\n` at its start.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millrace_text::Buffer;

use crate::pipeline::LineBlock;

use super::budget::{BLOCK_BYTES, Budget};
use super::tracker::InputTracker;

/// A block that fills less than this part of its buffer is copied out, and the buffer kept.
const WORTH_A_BUFFER: usize = BLOCK_BYTES / 4;

/// The open block of one receiver.
pub(crate) struct BlockGenerator {
    open: Mutex<Open>,
    budget: Arc<Budget>,
    tracker: Arc<InputTracker>,
    /// The receiver's index with the tracker.
    receiver: usize,
    max_line: usize,
    /// Lines that were longer than `max_line` and were cut into several.
    cut_lines: AtomicU64,
}

struct Open {
    buffer: Option<Buffer>,
    /// What stood behind the last cut, while there is no buffer to put it in.
    tail: Vec<u8>,
    /// Where the last whole line in the buffer ends; zero if there is none.
    whole: usize,
    /// The last cut was behind a `\r`.
    after_return: bool,
}

impl BlockGenerator {
    pub(crate) fn new(
        budget: Arc<Budget>,
        tracker: Arc<InputTracker>,
        receiver: usize,
        max_line: usize,
    ) -> BlockGenerator {
        let open = Open {
            buffer: None,
            tail: Vec::new(),
            whole: 0,
            after_return: false,
        };
        let cut_lines = AtomicU64::new(0);
        BlockGenerator {
            open: Mutex::new(open),
            budget,
            tracker,
            receiver,
            max_line,
            cut_lines,
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lines that were cut because they were too long, since the last call.
    pub(crate) fn take_cut_lines(&self) -> u64 {
        self.cut_lines.swap(0, Ordering::Relaxed)
    }

    /// Reads once into the open buffer with `read`, which must not block; gives what it gave.
    /// Waits before that, if it must, until the budget allows a buffer; `None` if there will be
    /// none any more.
    pub(crate) fn fill(
        &self,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> Option<io::Result<usize>> {
        let mut open = self.open();
        if open.buffer.is_none() {
            drop(open);
            let buffer = self.budget.wait_for_buffer()?;
            open = self.open();
            open.start(buffer, &self.budget);
        }
        let buffer = open.buffer.as_mut()?;
        let filled = read(buffer.spare_mut());
        if let Ok(count) = filled {
            let start = buffer.len();
            buffer.commit(count);
            let ends = |&byte: &u8| byte == b'\n' || byte == b'\r';
            if let Some(last) = buffer.as_slice()[start..].iter().rposition(ends) {
                open.whole = start + last + 1;
            }
            self.make_room(&mut open);
        }
        Some(filled)
    }

    /// Cuts the open block behind its last whole line.
    pub(crate) fn seal(&self) {
        self.seal_open(&mut self.open());
    }

    /// Cuts the open block behind its last byte: the input has ended.
    pub(crate) fn seal_all(&self) {
        let mut open = self.open();
        open.whole = open.buffer.as_ref().map_or(0, Buffer::len);
        if !open.tail.is_empty() {
            let mut buffer = self.budget.buffer_now(open.tail.len());
            buffer.extend_from_slice(&std::mem::take(&mut open.tail));
            open.whole = buffer.len();
            open.buffer = Some(buffer);
        }
        self.seal_open(&mut open);
        open.after_return = false;
    }

    /// Sees to it that the next read has room.
    fn make_room(&self, open: &mut Open) {
        let Some(buffer) = &mut open.buffer else {
            return;
        };
        let len = buffer.len();
        if len < buffer.capacity() {
            return;
        }
        if open.whole == 0 && len < self.max_line {
            let mut larger = self.budget.buffer_now((2 * len).min(self.max_line));
            larger.extend_from_slice(buffer.as_slice());
            open.buffer = Some(larger);
            return;
        }
        if open.whole == 0 {
            // Not in the middle of a character, unless it is none.
            let back = (1..=3).find(|back| buffer.as_slice()[len - back] >= 0xc0);
            open.whole = len - back.unwrap_or(0);
            self.cut_lines.fetch_add(1, Ordering::Relaxed);
        }
        self.seal_open(open);
    }

    fn seal_open(&self, open: &mut Open) {
        let whole = std::mem::take(&mut open.whole);
        let Some(mut buffer) = open.buffer.take_if(|_| whole > 0) else {
            return;
        };
        let skip_newline = open.after_return;
        open.after_return = buffer.len() == whole && buffer.as_slice()[whole - 1] == b'\r';
        let sealed = if whole < WORTH_A_BUFFER && buffer.capacity() == BLOCK_BYTES {
            let mut small = self.budget.buffer_now(whole);
            small.extend_from_slice(&buffer.as_slice()[..whole]);
            let len = buffer.len();
            buffer.copy_within(whole..len, 0);
            buffer.truncate(len - whole);
            open.buffer = Some(buffer);
            small
        } else {
            open.tail.extend_from_slice(&buffer.as_slice()[whole..]);
            buffer.truncate(whole);
            buffer
        };
        self.tracker
            .add_block(self.receiver, LineBlock::new(sealed, skip_newline));
    }
}

impl Open {
    /// Goes on in a new buffer.
    fn start(&mut self, buffer: Buffer, budget: &Arc<Budget>) {
        let tail = std::mem::take(&mut self.tail);
        let mut buffer = buffer;
        if tail.len() >= buffer.capacity() {
            buffer = budget.buffer_now(2 * tail.len());
        }
        buffer.extend_from_slice(&tail);
        self.buffer = Some(buffer);
    }
}
