//! Cuts received bytes into blocks at line ends.
//!
//! The receiver's thread and the generator's share the open buffer: the one reads into it, the
//! other cuts it at the tick, so that a batch has all whole lines that were read before its
//! time. The bytes behind the last line end start the next block. A `\r` that ends a block may be
//! half of a `\r\n`; the next block is told to pass over a `\n` at its start.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use millrace_engine::durable::StoreError;
use millrace_engine::pipeline::LineBlock;
use millrace_text::Buffer;
use millrace_text::line_rule::{behind_last_line, may_pair};

use crate::sync::Lock;

use super::budget::{BLOCK_BYTES, Budget};
use super::tracker::InputTracker;

/// A block that fills less than this part of its buffer is copied out, and the buffer kept.
const WORTH_A_BUFFER: usize = BLOCK_BYTES / 4;

/// The open block of one receiver.
pub struct BlockGenerator {
    open: Lock<OpenBlock>,
    budget: Arc<Budget>,
    tracker: Arc<InputTracker>,
    /// The receiver's index with the tracker.
    receiver: usize,
    max_line: usize,
    /// Lines that were longer than `max_line` and were cut into several.
    cut_lines: AtomicU64,
}

struct OpenBlock {
    buffer: Option<Buffer>,
    /// The bytes after the last cut, while there is no buffer to put them in.
    tail: Vec<u8>,
    /// The end of the last whole line in the buffer; zero if there is none.
    whole: usize,
    /// The last cut was behind a `\r`.
    after_return: bool,
}

impl BlockGenerator {
    /// An open block without bytes, for the receiver of that index; lines are cut at `max_line`
    /// bytes.
    pub fn new(
        budget: Arc<Budget>,
        tracker: Arc<InputTracker>,
        receiver: usize,
        max_line: usize,
    ) -> BlockGenerator {
        let open = OpenBlock {
            buffer: None,
            tail: Vec::new(),
            whole: 0,
            after_return: false,
        };
        let cut_lines = AtomicU64::new(0);
        BlockGenerator {
            open: Lock::new(open),
            budget,
            tracker,
            receiver,
            max_line,
            cut_lines,
        }
    }

    /// Lines that were cut because they were too long, since the last call.
    pub(crate) fn take_cut_lines(&self) -> u64 {
        self.cut_lines.swap(0, Ordering::Relaxed)
    }

    /// Reads once into the open buffer with `read`, which must not block; gives what it gave.
    /// Waits before that, if it must, until the budget allows it.
    pub fn fill(&self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        // Never waits under the lock, which the tick needs. A line that has outgrown its buffer
        // is not held up: what others could give back does not make it end.
        let own = self.open.lock().buffer.as_ref().map(Buffer::capacity);
        let fresh = match own {
            None => Some(self.budget.wait_for_buffer()),
            Some(own) => {
                if own <= BLOCK_BYTES {
                    self.budget.wait_for_turn(own);
                }
                None
            }
        };
        let mut open = self.open.lock();
        if open.buffer.is_none() {
            // If there was one before the wait, the tick has taken it meanwhile.
            let fresh = fresh.unwrap_or_else(|| self.budget.buffer_now(BLOCK_BYTES));
            open.start(fresh, &self.budget);
        }
        let buffer = open
            .buffer
            .as_mut()
            .expect("there is a buffer to read into");
        let count = read(buffer.spare_mut())?;
        let start = buffer.len();
        buffer.commit(count);
        if let Some(whole) = behind_last_line(&buffer.as_slice()[start..]) {
            open.whole = start + whole;
        }
        self.make_room(&mut open);
        Ok(count)
    }

    /// Takes a block that an earlier run has written down, as
    /// [`LineBlock::encode`](millrace_engine::pipeline::LineBlock) did.
    pub fn restore(&self, written: &[u8]) -> Result<(), StoreError> {
        let (&skip_newline, bytes) = written
            .split_first()
            .ok_or(StoreError::Malformed("it has no bytes"))?;
        let mut buffer = self.budget.buffer_now(bytes.len());
        buffer.extend_from_slice(bytes);
        let block = LineBlock::new(buffer, skip_newline != 0);
        self.tracker.add_lines(self.receiver, block);
        Ok(())
    }

    /// Cuts the open block behind its last whole line.
    pub fn seal(&self) {
        self.seal_open(&mut self.open.lock());
    }

    /// Cuts the open block behind its last byte: the input has ended.
    pub(crate) fn seal_all(&self) {
        let mut open = self.open.lock();
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

    /// Cuts the open block behind its last whole line and drops what follows, since the input
    /// broke within it; gives how many bytes that were.
    pub(crate) fn seal_whole(&self) -> usize {
        let mut open = self.open.lock();
        self.seal_open(&mut open);
        open.after_return = false;
        let tail = std::mem::take(&mut open.tail);
        let buffer = open.buffer.take();
        tail.len() + buffer.as_ref().map_or(0, Buffer::len)
    }

    /// Sees to it that the next read has room.
    fn make_room(&self, open: &mut OpenBlock) {
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

    fn seal_open(&self, open: &mut OpenBlock) {
        let whole = std::mem::take(&mut open.whole);
        let Some(mut buffer) = open.buffer.take_if(|_| whole > 0) else {
            return;
        };
        let skip_newline = open.after_return;
        open.after_return = buffer.len() == whole && may_pair(buffer.as_slice());
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

impl OpenBlock {
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

#[cfg(test)]
mod tests {
    use millrace_engine::pipeline::{Lines, NodeId, Pipeline};
    use millrace_types::{BatchTime, StreamId};
    use proptest::prelude::*;

    use crate::receiver::InputSpec;
    use crate::receiver::fuzz::{all_lines, cut_lines};

    use super::*;

    const NODE: NodeId = NodeId(0);

    /// A generator whose blocks are held by its tracker, and the lines of all batches so far.
    struct Receiver {
        blocks: BlockGenerator,
        tracker: Arc<InputTracker>,
        time: BatchTime,
        lines: Vec<String>,
    }

    impl Receiver {
        fn new(max_line: usize) -> Receiver {
            let tracker = Arc::new(InputTracker::new(vec![InputSpec {
                node: NODE,
                stream: StreamId(0),
                name: String::new(),
                stages: Vec::new(),
                held: true,
            }]));
            let budget = Arc::new(Budget::new(u64::MAX));
            Receiver {
                blocks: BlockGenerator::new(budget, Arc::clone(&tracker), 0, max_line),
                tracker,
                time: BatchTime::from_millis(0),
                lines: Vec::new(),
            }
        }

        /// Reads all of `bytes`, `at_once` at a time.
        fn read(&self, mut bytes: &[u8], at_once: usize) {
            while !bytes.is_empty() {
                let read = self.blocks.fill(|spare| {
                    assert!(!spare.is_empty(), "a read of nothing looks like the end");
                    let count = bytes.len().min(spare.len()).min(at_once);
                    spare[..count].copy_from_slice(&bytes[..count]);
                    Ok(count)
                });
                bytes = &bytes[read.unwrap()..];
            }
        }

        /// Ends a batch; gives the lines of all batches so far.
        fn cut(&mut self) -> &[String] {
            let batch = self.tracker.close_batch(self.time, &[], 0);
            for block in &batch.blocks[&NODE] {
                let lines = Lines { node: NODE };
                lines.drive(0, block, |line| self.lines.push(line.as_str().to_owned()));
            }
            &self.lines
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Read(Vec<u8>),
        /// Many bytes without a line end.
        Long(usize),
        Seal,
        /// Seals, and ends the batch.
        Tick,
    }

    /// Line ends, letters of one to four bytes, and bytes that are none, alone or in pieces.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            &b"\n"[..],
            b"\r",
            b"\r\n",
            b"\n\r",
            b"word",
            b" ",
            "\u{e9}".as_bytes(),
            "\u{20ac}".as_bytes(),
            "\u{1f600}".as_bytes(),
            b"\xf0\x9f\x98",
            b"\xe2\x82",
            b"\xc3",
            b"\x80",
            b"\xed\xa0\x80",
            b"\xff",
        ]);
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    fn steps(long: u32) -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => bytes().prop_map(Step::Read),
            long => (1..BLOCK_BYTES + BLOCK_BYTES / 2).prop_map(Step::Long),
            2 => Just(Step::Seal),
            1 => Just(Step::Tick),
        ];
        prop::collection::vec(step, 0..24)
    }

    /// Every batch must have all whole lines that were read before its end, and the end of the
    /// input must bring the rest.
    fn check(steps: Vec<Step>, at_once: usize) -> std::result::Result<(), TestCaseError> {
        let (mut receiver, mut read) = (Receiver::new(64 << 20), Vec::new());
        for step in steps {
            match step {
                Step::Read(bytes) => {
                    receiver.read(&bytes, at_once);
                    read.extend(bytes);
                }
                Step::Long(count) => {
                    receiver.read(&vec![b'x'; count], usize::MAX);
                    read.resize(read.len() + count, b'x');
                }
                Step::Seal => receiver.blocks.seal(),
                Step::Tick => {
                    receiver.blocks.seal();
                    prop_assert!(
                        receiver.cut() == cut_lines(&read).0,
                        "whole lines at a tick"
                    );
                }
            }
        }
        receiver.blocks.seal_all();
        prop_assert!(receiver.cut() == all_lines(&read), "all lines at the end");
        prop_assert_eq!(receiver.blocks.take_cut_lines(), 0);
        Ok(())
    }

    proptest! {
        #[test]
        fn blocks_have_the_lines_of_the_stream(steps in steps(0), at_once in 1_usize..20) {
            check(steps, at_once)?;
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.min(24)))]

        #[test]
        fn so_do_blocks_that_overflow(steps in steps(4), at_once in prop_oneof![
            1_usize..20, Just(BLOCK_BYTES / 3), Just(usize::MAX),
        ]) {
            check(steps, at_once)?;
        }

        #[test]
        fn a_line_that_is_too_long_is_cut_and_no_byte_is_lost(
            lead in 0_usize..8, length in BLOCK_BYTES..4 * BLOCK_BYTES, end in bytes(),
        ) {
            let max_line = 2 * BLOCK_BYTES;
            let mut receiver = Receiver::new(max_line);
            let mut input = vec![b'x'; lead];
            input.extend("\u{20ac}\u{e9}\u{1f600}".repeat(length / 9).bytes());
            receiver.read(&input, usize::MAX);
            receiver.read(&end, 1);
            receiver.blocks.seal_all();
            input.extend(end);
            let lines = all_lines(&input);
            let expected = lines.concat();
            let is_long = |line: &String| line.len() > max_line;
            prop_assert!(receiver.cut().concat() == expected, "all bytes are there, and whole");
            prop_assert!(!receiver.lines.iter().any(is_long), "no line is longer than the limit");
            let cuts = receiver.blocks.take_cut_lines();
            let expected = lines.len() + cuts as usize;
            prop_assert_eq!(receiver.lines.len(), expected, "as many cuts as were counted");
            prop_assert_eq!(receiver.blocks.take_cut_lines(), 0, "counted once");
        }
    }

    #[test]
    fn a_line_of_three_blocks_is_one_line() {
        let mut receiver = Receiver::new(64 << 20);
        let long = "l".repeat(3 * BLOCK_BYTES);
        receiver.read(b"before\n", 1);
        receiver.read(long.as_bytes(), 60_000);
        receiver.blocks.seal();
        assert_eq!(receiver.cut(), ["before"]);
        receiver.read(b"\r\nafter\n", 1);
        receiver.blocks.seal();
        assert!(receiver.cut() == ["before", &long, "after"]);
    }

    #[test]
    fn what_a_new_connection_sends_does_not_continue_a_line_end() {
        let mut receiver = Receiver::new(64 << 20);
        for message in [&b"a\r"[..], b"\nb", b"c\r"] {
            receiver.read(message, 1);
            receiver.blocks.seal();
            receiver.blocks.seal_all();
        }
        receiver.read(b"\n", 1);
        receiver.blocks.seal();
        assert_eq!(receiver.cut(), ["a", "", "b", "c", ""]);
    }

    proptest! {
        /// An input that breaks has its whole lines, and what was left over is counted.
        #[test]
        fn what_a_broken_input_leaves_of_a_line_is_dropped(
            steps in steps(0), long in prop_oneof![Just(0), 0..3 * BLOCK_BYTES], at_once in 1_usize..20,
        ) {
            let (mut receiver, mut read) = (Receiver::new(64 << 20), Vec::new());
            for step in steps {
                match step {
                    Step::Read(bytes) => {
                        receiver.read(&bytes, at_once);
                        read.extend(bytes);
                    }
                    Step::Seal | Step::Tick => receiver.blocks.seal(),
                    Step::Long(_) => {}
                }
            }
            receiver.read(&vec![b'x'; long], usize::MAX);
            read.resize(read.len() + long, b'x');
            let end = read.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
            let whole = end.map_or(0, |end| end + 1);
            prop_assert_eq!(receiver.blocks.seal_whole(), read.len() - whole);
            prop_assert_eq!(receiver.blocks.seal_whole(), 0, "counted once");
            receiver.read(b"\nnext\n", 1);
            receiver.blocks.seal();
            let mut lines = cut_lines(&read).0;
            lines.extend(["".to_owned(), "next".to_owned()]);
            prop_assert!(receiver.cut() == lines, "what comes next begins a line");
        }
    }

    #[test]
    fn a_failed_read_changes_nothing() {
        let mut receiver = Receiver::new(64 << 20);
        receiver.read(b"on", 1);
        for kind in [io::ErrorKind::WouldBlock, io::ErrorKind::ConnectionReset] {
            let failed = receiver.blocks.fill(|spare| {
                spare[0] = b'!';
                Err(kind.into())
            });
            assert_eq!(failed.unwrap_err().kind(), kind);
        }
        receiver.read(b"e\n", 1);
        receiver.blocks.seal();
        assert_eq!(receiver.cut(), ["one"]);
    }

    #[test]
    fn a_closed_budget_makes_nobody_wait() {
        let mut receiver = Receiver::new(1 << 30);
        let budget = Arc::new(Budget::new(1));
        receiver.blocks = BlockGenerator::new(budget, Arc::clone(&receiver.tracker), 0, 1 << 30);
        receiver.blocks.budget.close();
        let lines = 3 * BLOCK_BYTES / 8;
        receiver.read(&b"1234567\n".repeat(lines), usize::MAX);
        receiver.blocks.seal_all();
        assert_eq!(receiver.cut().len(), lines);
    }
}
