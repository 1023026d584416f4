//! Which batch a block belongs to: the one that is open when it is sealed (law 1).

use std::any::Any;
use std::sync::{Arc, OnceLock};

use millrace_engine::data::Data;
use millrace_engine::pipeline::{LineBlock, LineCount, NodeId, Partition, RecordBlock};
use millrace_engine::stage::EagerStage;
use millrace_types::{BatchTime, StreamId, StreamInputInfo};

use crate::graph::{Batch, InputCounter};
use crate::sync::Lock;

use super::block_log::BlockLog;
use super::logged::{LoggedLines, LoggedRecords};

/// Hands sealed blocks to the stages that read them, and to the batch that is open.
pub struct InputTracker {
    state: Lock<Vec<Input>>,
    /// The log that a block goes to before it gets here, if it is to be durable first.
    log: OnceLock<Arc<BlockLog>>,
}

/// One receiver's side of the tracker.
struct Input {
    node: NodeId,
    stream: StreamId,
    name: String,
    stages: Vec<(Arc<dyn EagerStage>, usize)>,
    /// Something reads the blocks at the tick.
    held: bool,
    blocks: Vec<Partition>,
    bytes: u64,
    lines: Arc<LineCount>,
    /// Records that were counted when they were stored.
    records: u64,
    /// The receiver's notes on blocks.
    metadata: Vec<String>,
}

impl Input {
    /// Takes a block into the open batch.
    fn add(&mut self, block: Arc<dyn Any + Send + Sync>, bytes: u64) {
        self.bytes += bytes;
        let partition = Partition {
            data: block,
            index: 0,
            piece: 0,
        };
        for (stage, lane) in &self.stages {
            Arc::clone(stage).offer(*lane, &partition, bytes);
        }
        if self.held {
            self.blocks.push(partition);
        }
    }
}

/// The tracker's knowledge of a receiving node.
pub struct InputSpec {
    /// The node.
    pub node: NodeId,
    /// The number of the stream, from 0.
    pub stream: StreamId,
    /// The name that reports use.
    pub name: String,
    /// The stages that combine its blocks as they come, each with its number in the program.
    pub stages: Vec<(Arc<dyn EagerStage>, usize)>,
    /// True when blocks are held until their batch, since something reads them as they are.
    pub held: bool,
}

impl InputTracker {
    /// A tracker for receivers numbered as `inputs` are.
    #[must_use]
    pub fn new(inputs: Vec<InputSpec>) -> InputTracker {
        let input = |spec: InputSpec| Input {
            node: spec.node,
            stream: spec.stream,
            name: spec.name,
            stages: spec.stages,
            held: spec.held,
            blocks: Vec::new(),
            bytes: 0,
            lines: Arc::default(),
            records: 0,
            metadata: Vec::new(),
        };
        InputTracker {
            state: Lock::new(inputs.into_iter().map(input).collect()),
            log: OnceLock::new(),
        }
    }

    /// From now on blocks pass this log first.
    pub fn pass_through(&self, log: Arc<BlockLog>) {
        // Set once, before any receiver runs.
        let _ = self.log.set(log);
    }

    fn stream(&self, receiver: usize) -> u32 {
        self.state.lock()[receiver].stream.0
    }

    /// Takes a sealed block of receiver number `receiver` into the open batch, or into the one
    /// that is open when the log has it.
    pub(crate) fn add_block(self: &Arc<Self>, receiver: usize, block: LineBlock) {
        match self.log.get() {
            None => self.add_lines(receiver, block),
            Some(log) => log.submit(Box::new(LoggedLines {
                tracker: Arc::clone(self),
                receiver,
                stream: self.stream(receiver),
                block,
            })),
        }
    }

    /// Takes a block into the open batch at once.
    pub(crate) fn add_lines(&self, receiver: usize, mut block: LineBlock) {
        let bytes = block.bytes();
        let mut state = self.state.lock();
        let input = &mut state[receiver];
        block.count_in(Arc::clone(&input.lines));
        if input.stages.is_empty() {
            block.count_unread();
        }
        input.add(Arc::new(block), bytes);
    }

    /// As [`add_block`](InputTracker::add_block), of records.
    pub(crate) fn add_records<T: Data>(self: &Arc<Self>, receiver: usize, block: RecordBlock<T>) {
        match self.log.get() {
            None => self.add_records_now(receiver, block),
            Some(log) => log.submit(Box::new(LoggedRecords {
                tracker: Arc::clone(self),
                receiver,
                stream: self.stream(receiver),
                block,
            })),
        }
    }

    /// Takes a block of records into the open batch at once.
    pub(crate) fn add_records_now<T: Data>(&self, receiver: usize, block: RecordBlock<T>) {
        let (records, bytes) = (block.len() as u64, block.bytes());
        let mut state = self.state.lock();
        let input = &mut state[receiver];
        input.records += records;
        input.metadata.extend(block.metadata().map(str::to_owned));
        input.add(Arc::new(block), bytes);
    }

    /// Ends the open batch: it is that of `time`.
    pub fn close_batch(&self, time: BatchTime, stages: &[Arc<dyn EagerStage>], now: i64) -> Batch {
        let mut state = self.state.lock();
        for stage in stages {
            Arc::clone(stage).close_batch(time);
        }
        let mut batch = Batch::empty(time, now);
        for input in state.iter_mut() {
            if input.held {
                batch
                    .blocks
                    .insert(input.node, std::mem::take(&mut input.blocks));
            }
            let bytes = std::mem::take(&mut input.bytes);
            batch.has_input |= bytes > 0;
            let records = std::mem::take(&mut input.records);
            let (lines, name) = (std::mem::take(&mut input.lines), input.name.clone());
            let (stream, metadata) = (input.stream, std::mem::take(&mut input.metadata));
            let info = move || StreamInputInfo {
                input_stream_id: stream,
                num_records: records + lines.get(),
                num_bytes: bytes,
                metadata_description: Some(name.clone()),
                block_metadata: metadata.clone(),
            };
            let info: InputCounter = Box::new(info);
            batch.inputs.push(info);
        }
        batch
    }

    /// A batch in which nothing was received, and that the open one knows nothing of.
    pub fn nothing(&self, time: BatchTime, now: i64) -> Batch {
        let mut batch = Batch::empty(time, now);
        for input in self.state.lock().iter() {
            let (stream, name) = (input.stream, input.name.clone());
            let info = move || StreamInputInfo {
                input_stream_id: stream,
                num_records: 0,
                num_bytes: 0,
                metadata_description: Some(name.clone()),
                block_metadata: Vec::new(),
            };
            batch.inputs.push(Box::new(info));
        }
        batch
    }

    /// Bytes of sealed blocks that are in no batch.
    pub(crate) fn unallocated_bytes(&self) -> u64 {
        self.state.lock().iter().map(|input| input.bytes).sum()
    }
}

impl std::fmt::Debug for InputTracker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InputTracker").finish_non_exhaustive()
    }
}
