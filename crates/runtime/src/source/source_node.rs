//! The node of a source that is asked for every batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_engine::durable::Durable;
use millrace_engine::error::{Error, ErrorKind, Result};
use millrace_engine::panics::fail;
use millrace_engine::pipeline::NodeId;
use millrace_engine::rdd::{Rdd, RddSource};
use millrace_types::{Lock, StreamId, StreamInputInfo, reason};

use crate::graph::{BatchRun, Dataset, Node};
use crate::zone;

use super::OpenSources;
use super::batch_source::{BatchSource, SourcePartition};
use super::ranges::Ranges;
use super::run_stop::gives_up;

/// The node of a source.
pub struct SourceNode<S: BatchSource> {
    stream: StreamId,
    name: String,
    source: Lock<S>,
    repeatable: bool,
    ranges: Arc<Ranges<S::Range>>,
    ends: Arc<OpenSources>,
    ended: AtomicBool,
}

impl<S: BatchSource> SourceNode<S> {
    /// A node that asks `source` for each batch; `ends` hears when the source has ended.
    pub fn new(stream: StreamId, name: String, source: S, ends: Arc<OpenSources>) -> SourceNode<S> {
        SourceNode {
            stream,
            name,
            repeatable: source.is_repeatable(),
            source: Lock::new(source),
            ranges: Arc::new(Ranges::new()),
            ends,
            ended: AtomicBool::new(false),
        }
    }
}

impl<S: BatchSource> Node for SourceNode<S> {
    fn inputs(&self) -> Vec<NodeId> {
        Vec::new()
    }

    fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
        if !self.repeatable {
            return Vec::new();
        }
        let ranges: Arc<dyn Durable> = Arc::clone(&self.ranges) as Arc<dyn Durable>;
        vec![("ranges", ranges)]
    }

    fn plan(&self, batch: &BatchRun<'_>) -> Result<()> {
        let mut source = self.source.lock();
        let planned = self
            .ranges
            .plan(batch.number(), batch.time(), |asked| source.plan(asked));
        planned.map_err(|error| {
            let (batch, name) = (zone::batch(batch.time()), &self.name);
            Error::io(
                format!("{batch}, {name}: it cannot say what the batch has"),
                error,
            )
        })?;
        if source.has_ended() && !self.ended.swap(true, Ordering::AcqRel) {
            self.ends.close_one();
        }
        Ok(())
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let mut partitions = Vec::new();
        if let Some(range) = self.ranges.planned(batch.number()) {
            let mut source = self.source.lock();
            partitions = source.partitions(&range).map_err(|error| {
                let (batch, name) = (zone::batch(batch.time()), &self.name);
                Error::io(
                    format!("{batch}, {name}: it cannot give what the batch has"),
                    error,
                )
            })?;
            let input = source.input(&range);
            batch.report(StreamInputInfo {
                input_stream_id: self.stream,
                num_records: input.records,
                num_bytes: input.bytes,
                metadata_description: input.description,
                block_metadata: Vec::new(),
            });
        }
        let read = Partitions {
            name: self.name.clone(),
            partitions,
        };
        Ok(Dataset::of(Rdd::new(read, batch.executor().clone())))
    }

    fn committed(&self, number: u64) {
        if let Some(range) = self.ranges.planned(number) {
            self.source.lock().committed(&range);
        }
    }
}

/// The partitions that a source gave for a batch.
struct Partitions<P> {
    name: String,
    partitions: Vec<P>,
}

impl<P: SourcePartition<Item: Send + 'static>> RddSource<P::Item> for Partitions<P> {
    fn partitions(&self) -> usize {
        self.partitions.len()
    }

    fn pieces(&self, partition: usize) -> usize {
        self.partitions[partition].pieces()
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(P::Item)) {
        if let Err(error) = self.partitions[partition].read(piece, each) {
            let name = &self.name;
            if gives_up(&error) {
                let why = reason(&error);
                let message = format!("partition {partition} of {name} was given up: {why}");
                fail(Error::new(ErrorKind::Unfinished, message));
            }
            fail(Error::io(
                format!("cannot read partition {partition} of {name}"),
                error,
            ));
        }
    }

    fn known_count(&self) -> Option<u64> {
        self.partitions.iter().map(SourcePartition::count).sum()
    }
}
