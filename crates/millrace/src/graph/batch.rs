//! One batch: what was received for it, and the datasets made of it so far.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use millrace_types::{BatchTime, StreamId, StreamInputInfo};

use crate::error::{Error, ErrorKind, Result};
use crate::exec::Executor;
use crate::panics::message_of;
use crate::pipeline::{NodeId, Partition, Pipeline};
use crate::rdd::{Rdd, RddSource};

use super::{Graph, Kind, Made};

/// What the tick allocated to a batch.
pub(crate) struct Batch {
    pub(crate) time: BatchTime,
    /// The blocks that are read at the tick, by receiving node.
    pub(crate) blocks: HashMap<NodeId, Vec<Partition>>,
    /// What every input brought; complete when the batch has been run.
    pub(crate) inputs: Vec<InputCounter>,
    /// Whether anything was received for it.
    pub(crate) has_input: bool,
    /// Wall-clock milliseconds when the batch was handed over to be run.
    pub(crate) submitted: i64,
}

impl Batch {
    /// What every input stream brought; the records are all counted when the batch has been run.
    pub(crate) fn input_info(&self) -> BTreeMap<StreamId, StreamInputInfo> {
        self.inputs
            .iter()
            .map(|info| info())
            .map(|info| (info.input_stream_id, info))
            .collect()
    }
}

/// Says what one input stream brought to a batch.
pub(crate) type InputCounter = Box<dyn Fn() -> StreamInputInfo + Send>;

/// A batch that is being run.
pub(crate) struct BatchRun<'a> {
    batch: &'a Batch,
    graph: &'a Graph,
    executor: &'a Executor,
    made: Mutex<HashMap<NodeId, Made>>,
}

impl<'a> BatchRun<'a> {
    pub(crate) fn new(batch: &'a Batch, graph: &'a Graph, executor: &'a Executor) -> BatchRun<'a> {
        BatchRun {
            batch,
            graph,
            executor,
            made: Mutex::new(HashMap::new()),
        }
    }

    pub(crate) fn time(&self) -> BatchTime {
        self.batch.time
    }

    pub(crate) fn executor(&self) -> &Executor {
        self.executor
    }

    /// The dataset of a node, made once a batch.
    fn made(&self, node: NodeId) -> Result<Made> {
        let known = |made: &Mutex<HashMap<NodeId, Made>>| {
            made.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&node)
                .cloned()
        };
        if let Some(made) = known(&self.made) {
            return Ok(made);
        }
        let entry = &self.graph.nodes[node.0];
        let Kind::Made(maker) = &entry.kind else {
            unreachable!("a receiving node has blocks, not a dataset")
        };
        let made = self.blame(&entry.name, || maker.compute(self))?;
        self.made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(node, made.clone());
        Ok(made)
    }

    /// The partitions of a node in this batch.
    pub(crate) fn partitions(&self, node: NodeId) -> Result<Vec<Partition>> {
        if let Kind::Received = self.graph.nodes[node.0].kind {
            return Ok(self.batch.blocks.get(&node).cloned().unwrap_or_default());
        }
        let made = self.made(node)?;
        let partition = |index| Partition {
            data: Arc::clone(&made.dataset),
            index,
        };
        Ok((0..made.partitions).map(partition).collect())
    }

    /// The records of a pipeline in this batch.
    pub(crate) fn rdd<P: Pipeline>(&self, pipeline: &Arc<P>) -> Result<Rdd<P::Item>> {
        if let Some(node) = pipeline.passes_on() {
            let made = self.made(node)?;
            let rdd: &Rdd<P::Item> = made
                .dataset
                .downcast_ref()
                .expect("a node's dataset has its type");
            return Ok(rdd.clone());
        }
        let mut partitions = Vec::new();
        for (input, node) in pipeline.inputs().into_iter().enumerate() {
            partitions.extend(self.partitions(node)?.into_iter().map(|part| (input, part)));
        }
        let source = Driven {
            pipeline: Arc::clone(pipeline),
            partitions,
        };
        Ok(Rdd::new(source, self.executor.clone()))
    }

    /// Runs user code of the named stage: its panic becomes an error that names stage and batch.
    pub(crate) fn blame<T>(&self, stage: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let outcome = catch_unwind(AssertUnwindSafe(run));
        outcome.unwrap_or_else(|payload| Err(self.blamed(stage, &message_of(&*payload))))
    }

    /// The error for user code of the named stage that panicked with `message`.
    pub(crate) fn blamed(&self, stage: &str, message: &str) -> Error {
        let time = self.batch.time;
        Error::new(
            ErrorKind::Task,
            format!("batch {time}, {stage}: the program's code panicked: {message}"),
        )
    }
}

/// A pipeline over partitions, run when somebody reads it.
struct Driven<P> {
    pipeline: Arc<P>,
    partitions: Vec<(usize, Partition)>,
}

impl<P: Pipeline> RddSource<P::Item> for Driven<P> {
    fn partitions(&self) -> usize {
        self.partitions.len()
    }

    fn visit(&self, partition: usize, each: &mut dyn FnMut(P::Item)) {
        let (input, partition) = &self.partitions[partition];
        self.pipeline.drive(*input, partition, each);
    }
}
