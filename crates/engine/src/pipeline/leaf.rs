//! The beginning of a pipeline: received text, or what a node of the graph made of its batch.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use millrace_text::line_rule::{count_lines, rest_of_pair};
use millrace_text::{Block, Buffer, Text};
use millrace_types::Lock;

use crate::poison::shown;
use crate::rdd::Rdd;

use super::{EachRecord, NodeId, Partition, Pipeline};

/// A block of received text: raw until the first stage looks at it, so that checking and
/// replacing UTF-8 is the workers' work and not the receiver's.
pub struct LineBlock {
    raw: Lock<Option<Buffer>>,
    block: OnceLock<Block>,
    /// The bytes before this block ended in `\r`.
    skip_newline: bool,
    bytes: u64,
    /// The counter of the lines, filled by the first stage that reads them.
    count: Lock<Option<Arc<LineCount>>>,
}

/// Counts the lines of one input in one batch.
#[derive(Debug, Default)]
pub struct LineCount(AtomicU64);

impl LineCount {
    /// Lines read so far; all of them once the batch has been run.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl LineBlock {
    /// The lines of `buffer`; with `skip_newline` its first byte is the end of a line of the block before.
    #[must_use]
    pub fn new(buffer: Buffer, skip_newline: bool) -> LineBlock {
        let bytes = buffer.len() as u64;
        LineBlock {
            raw: Lock::new(Some(buffer)),
            block: OnceLock::new(),
            skip_newline,
            bytes,
            count: Lock::new(None),
        }
    }

    /// Bytes as received.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends the block as the receivers' log has it: whether a newline at its start is passed
    /// over, and the bytes as received.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.skip_newline));
        let raw = self.raw.lock();
        // Nothing has read the block yet: it is logged before anything can see it.
        out.extend_from_slice(raw.as_ref().map_or(&[], Buffer::as_slice));
    }

    /// Counts the lines now, by their ends: nothing reads this block before its batch is due, and
    /// perhaps nothing does then.
    pub fn count_unread(&self) {
        let raw = self.raw.lock();
        let Some(bytes) = raw.as_ref().map(Buffer::as_slice) else {
            return;
        };
        let skipped = rest_of_pair(bytes, self.skip_newline);
        self.counted(count_lines(&bytes[skipped..]) as u64);
    }

    /// Adds to the count of lines, the first time.
    fn counted(&self, lines: u64) {
        if let Some(total) = self.count.lock().take() {
            total.0.fetch_add(lines, Ordering::Relaxed);
        }
    }

    /// Says where the block's lines are to be counted.
    pub fn count_in(&mut self, count: Arc<LineCount>) {
        self.count = Lock::new(Some(count));
    }

    fn block(&self) -> &Block {
        self.block.get_or_init(|| {
            let raw = self.raw.lock().take();
            raw.expect("the bytes are there until the block is")
                .freeze()
        })
    }
}

/// The lines that a receiver's blocks hold.
#[derive(Debug)]
pub struct Lines {
    /// The node of the receiver.
    pub node: NodeId,
}

impl Pipeline for Lines {
    type Item = Text;

    fn inputs(&self) -> Vec<NodeId> {
        vec![self.node]
    }

    #[inline(always)]
    fn drive<F: FnMut(Text)>(&self, _input: usize, partition: &Partition, mut sink: F) {
        let lines: &LineBlock = partition
            .data
            .downcast_ref()
            .expect("lines come in line blocks");
        let mut count = 0;
        lines.block().for_each_line(lines.skip_newline, |line| {
            count += 1;
            sink(line);
        });
        lines.counted(count);
    }

    fn one_by_one(&self, _input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        let lines: &LineBlock = partition
            .data
            .downcast_ref()
            .expect("lines come in line blocks");
        let mut count = 0;
        lines.block().for_each_line(lines.skip_newline, |line| {
            count += 1;
            let own = Buffer::from([line.as_str(), "\n"].concat().as_str());
            let own = LineBlock::new(own, false);
            each(Partition::whole(Arc::new(own)), &|| shown(&line));
        });
        lines.counted(count);
    }

    fn has_functions(&self) -> bool {
        false
    }

    fn is_whole(&self) -> bool {
        true
    }
}

/// The dataset that a node made of its batch, record by record.
pub struct Output<T> {
    /// The node that made the dataset.
    pub node: NodeId,
    records: PhantomData<fn() -> T>,
}

impl<T> Output<T> {
    /// Of a node whose dataset is an `Rdd<T>`.
    #[doc(hidden)]
    #[must_use]
    pub fn of(node: NodeId) -> Output<T> {
        Output {
            node,
            records: PhantomData,
        }
    }
}

impl<T: Send + 'static> Pipeline for Output<T> {
    type Item = T;

    fn inputs(&self) -> Vec<NodeId> {
        vec![self.node]
    }

    fn drive<F: FnMut(T)>(&self, _input: usize, partition: &Partition, mut sink: F) {
        let rdd: &Rdd<T> = partition
            .data
            .downcast_ref()
            .expect("a node's dataset has its type");
        rdd.visit(partition.index, partition.piece, &mut sink);
    }

    fn one_by_one(&self, _input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        let rdd: &Rdd<T> = partition
            .data
            .downcast_ref()
            .expect("a node's dataset has its type");
        rdd.visit(partition.index, partition.piece, &mut |record| {
            // The chain takes the record, which may be no other's.
            let record_shown = shown(&record);
            let own = Rdd::read_once(vec![record], rdd.executor());
            each(Partition::whole(Arc::new(own)), &|| record_shown.clone());
        });
    }

    fn has_functions(&self) -> bool {
        false
    }

    fn passes_on(&self) -> Option<NodeId> {
        Some(self.node)
    }
}

impl<T> fmt::Debug for Output<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("node", &self.node).finish()
    }
}
