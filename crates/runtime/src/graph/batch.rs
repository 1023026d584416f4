//! One batch: what was received for it, and the datasets made of it so far.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use millrace_engine::error::{Error, ErrorKind, Result};
use millrace_engine::exec::Executor;
use millrace_engine::panics::Fault;
use millrace_engine::pipeline::{NodeId, Partition, Pipeline, drive_carefully, drive_or_skip};
use millrace_engine::poison::{At, Operator, Skipping, next_reader};
use millrace_engine::rdd::{Rdd, RddSource, by_pieces};
use millrace_types::{BatchTime, Lock, StreamId, StreamInputInfo};
use millrace_wal::Position;

use super::memory::RememberedBatch;
use super::{Dataset, Graph, Node, NodeKind};
use crate::zone;

/// The input that the tick allocated to a batch.
pub struct Batch {
    pub time: BatchTime,
    /// The batch's number in the run and those it goes on from, counted from one: a stream with a slide
    /// of three is due in the third.
    pub number: u64,
    /// The batch's number in this process, counted from one.
    pub epoch: u64,
    /// The blocks that are read at the tick, by receiving node.
    pub blocks: HashMap<NodeId, Vec<Partition>>,
    /// The input of every receiver and source; complete when the batch has been run.
    pub inputs: Vec<InputCounter>,
    /// The input so far from sources that are read when the batch is due.
    pub read: Lock<Vec<StreamInputInfo>>,
    /// The position in the receivers' log after this batch, if there is one.
    pub log: Option<Position>,
    /// True if anything was received for it.
    pub(crate) has_input: bool,
    /// Wall-clock milliseconds when the batch was handed over to be run.
    pub(crate) submitted: i64,
}

impl Batch {
    /// A batch without a number, in which nothing was received.
    pub fn empty(time: BatchTime, submitted: i64) -> Batch {
        Batch {
            time,
            number: 0,
            epoch: 0,
            blocks: HashMap::new(),
            inputs: Vec::new(),
            read: Lock::default(),
            log: None,
            has_input: false,
            submitted,
        }
    }

    /// The input of every input stream; the records are all counted when the batch has been run.
    pub(crate) fn input_info(&self) -> BTreeMap<StreamId, StreamInputInfo> {
        let read = self.read.lock();
        self.inputs
            .iter()
            .map(|info| info())
            .chain(read.iter().cloned())
            .map(|info| (info.input_stream_id, info))
            .collect()
    }
}

/// Says what one input stream brought to a batch.
pub(crate) type InputCounter = Box<dyn Fn() -> StreamInputInfo + Send>;

/// A batch that is being run.
pub struct BatchRun<'a> {
    batch: &'a Batch,
    pub(super) graph: &'a Graph,
    executor: &'a Executor,
    pub(super) datasets: Lock<HashMap<NodeId, Dataset>>,
    /// Why nodes have no dataset.
    pub(super) failures: Lock<HashMap<NodeId, Error>>,
    /// Why the output that runs has failed, if the run goes on all the same.
    reported: Lock<Option<String>>,
}

impl<'a> BatchRun<'a> {
    /// A run of `batch` through `graph`, on the workers of `executor`.
    pub fn new(batch: &'a Batch, graph: &'a Graph, executor: &'a Executor) -> BatchRun<'a> {
        BatchRun {
            batch,
            graph,
            executor,
            datasets: Lock::new(HashMap::new()),
            failures: Lock::default(),
            reported: Lock::default(),
        }
    }

    /// Notes why the output that runs has failed, with which the run goes on.
    pub fn reported(&self, reason: String) {
        *self.reported.lock() = Some(reason);
    }

    /// Takes what was noted of the output that has run.
    pub(crate) fn take_reported(&self) -> Option<String> {
        let mut reported = self.reported.lock();
        reported.take()
    }

    /// The time of the batch.
    pub fn time(&self) -> BatchTime {
        self.batch.time
    }

    /// The workers.
    pub fn executor(&self) -> &Executor {
        self.executor
    }

    /// The batch's number in the run, counted from one.
    pub fn number(&self) -> u64 {
        self.batch.number
    }

    /// Says what an input that is read when the batch is due has brought.
    pub(crate) fn report(&self, input: StreamInputInfo) {
        let mut read = self.batch.read.lock();
        read.push(input);
    }

    /// Lets every node that reads from outside find out what the batch has.
    pub(crate) fn plan(&self) -> Result<()> {
        self.each_node(|node| node.plan(self))
    }

    /// Tells every node that the batch is committed.
    pub(crate) fn committed(&self) -> Result<()> {
        self.each_node(|node| {
            node.committed(self.number());
            Ok(())
        })
    }

    fn each_node(&self, tell: impl Fn(&dyn Node) -> Result<()>) -> Result<()> {
        for (entry, needed) in self.graph.nodes.iter().zip(&self.graph.needed) {
            if let NodeKind::Dataset(node) = &entry.kind
                && *needed
            {
                self.blame(&entry.name, || tell(&**node))?;
            }
        }
        Ok(())
    }

    /// Lets every node of the program take what it needs of this batch.
    pub fn observe_batch(&self) -> Result<()> {
        for (entry, needed) in self.graph.nodes.iter().zip(&self.graph.needed) {
            let NodeKind::Dataset(node) = &entry.kind else {
                continue;
            };
            let due = |input: &NodeId| {
                let slide = self.graph.nodes[input.0].slide;
                self.number().is_multiple_of(slide)
            };
            if *needed && node.inputs().iter().all(due) {
                self.blame(&entry.name, || node.observe_batch(self))?;
            }
        }
        Ok(())
    }

    /// The partitions of a node in this batch.
    pub fn partitions(&self, node: NodeId) -> Result<Vec<Partition>> {
        if let NodeKind::Received = self.graph.nodes[node.0].kind {
            return Ok(self.batch.blocks.get(&node).cloned().unwrap_or_default());
        }
        let dataset = self.dataset_of(node)?;
        dataset.prepare();
        Ok(dataset.pieces().collect())
    }

    /// The records of a pipeline in this batch.
    pub fn rdd<P: Pipeline>(&self, pipeline: &Arc<P>) -> Result<Rdd<P::Item>> {
        read(pipeline, self.executor, |node| {
            Ok(match self.graph.nodes[node.0].kind {
                NodeKind::Received => Part::Blocks(self.partitions(node)?),
                NodeKind::Dataset(_) => Part::Dataset(self.dataset_of(node)?),
            })
        })
    }

    /// Makes the datasets of all nodes that are due and needed.
    pub(super) fn make_all(&self) -> Result<()> {
        for (index, entry) in self.graph.nodes.iter().enumerate() {
            let is_due = self.number().is_multiple_of(entry.slide);
            if is_due && self.graph.needed[index] && matches!(entry.kind, NodeKind::Dataset(_)) {
                self.dataset_of(NodeId(index))?;
            }
        }
        Ok(())
    }

    /// The part of this batch that can be read while it is being run.
    pub(super) fn snapshot(&self) -> RememberedBatch {
        let datasets = self.datasets.lock();
        RememberedBatch {
            time: self.batch.time,
            number: self.batch.number,
            blocks: self.batch.blocks.clone(),
            datasets: datasets.clone(),
        }
    }

    /// The part of this batch that can be read when it is over.
    pub(super) fn past(&self) -> RememberedBatch {
        let past = self.snapshot();
        past.datasets.values().for_each(Dataset::keep);
        past
    }

    /// Runs user code of the named stage: its panic becomes an error that names stage and batch.
    pub(crate) fn blame<T>(&self, stage: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let _operator = Operator::begin(stage);
        let outcome = catch_unwind(AssertUnwindSafe(run));
        let outcome = outcome.unwrap_or_else(|payload| Err(self.blamed(stage, Fault::of(payload))));
        outcome.map_err(|error| error.of(self.batch.time, stage))
    }

    /// The error for the named stage that could not go on.
    pub fn failed(&self, stage: &str, message: &impl std::fmt::Display) -> Error {
        let time = self.batch.time;
        let message = format!("{}, {stage}: {message}", zone::batch(time));
        Error::new(ErrorKind::Task, message).of(time, stage)
    }

    /// The error for the named stage that did not come to its end; it says by whose doing.
    pub fn blamed(&self, stage: &str, fault: Fault) -> Error {
        match fault {
            Fault::Program(message) => {
                self.failed(stage, &format!("the program's code panicked: {message}"))
            }
            Fault::Input(error) => error
                .within(format_args!("{}, {stage}", zone::batch(self.time())))
                .of(self.batch.time, stage),
        }
    }
}

/// The pieces of every partition of a dataset, with the input that it is.
fn partitions_of(input: usize, dataset: &Dataset) -> Vec<(usize, Vec<Partition>)> {
    let mut partitions: Vec<_> = (0..dataset.partitions)
        .map(|_| (input, Vec::new()))
        .collect();
    for piece in dataset.pieces() {
        partitions[piece.index].1.push(piece);
    }
    partitions
}

/// The result of a node in a batch.
pub(super) enum Part {
    Blocks(Vec<Partition>),
    Dataset(Dataset),
}

/// The records of a pipeline over what its nodes brought.
pub(super) fn read<P: Pipeline>(
    pipeline: &Arc<P>,
    executor: &Executor,
    part: impl Fn(NodeId) -> Result<Part>,
) -> Result<Rdd<P::Item>> {
    if let Some(node) = pipeline.passes_on()
        && let Part::Dataset(dataset) = part(node)?
    {
        let rdd: &Rdd<P::Item> = dataset
            .dataset
            .downcast_ref()
            .expect("a node's dataset has its type");
        return Ok(rdd.clone());
    }
    let mut partitions = Vec::new();
    let mut inputs = Vec::new();
    let mut all_datasets = true;
    for (input, node) in pipeline.inputs().into_iter().enumerate() {
        match part(node)? {
            Part::Blocks(blocks) if blocks.is_empty() => {}
            Part::Blocks(blocks) => {
                partitions.push((input, blocks));
                all_datasets = false;
            }
            Part::Dataset(dataset) => {
                partitions.append(&mut partitions_of(input, &dataset));
                inputs.push((input, dataset));
            }
        }
    }
    let source = Driven {
        pipeline: Arc::clone(pipeline),
        partitions,
        inputs,
        all_datasets,
        executor: executor.clone(),
        reader: next_reader(),
        operator: Operator::running(),
    };
    Ok(Rdd::new(source, executor.clone()))
}

/// A pipeline over partitions, run when somebody reads it.
struct Driven<P> {
    pipeline: Arc<P>,
    /// The pieces of every partition, with the input that they are of.
    partitions: Vec<(usize, Vec<Partition>)>,
    /// The inputs that are datasets, by their numbers; whether all that brought anything are.
    inputs: Vec<(usize, Dataset)>,
    all_datasets: bool,
    executor: Executor,
    /// The number of this reader among all, and the operator that it reads for.
    reader: u64,
    operator: Arc<str>,
}

impl<P: Pipeline> Driven<P> {
    /// The rule for records that a function panics at, if they are skipped.
    fn skipping(&self) -> Option<Skipping<'_>> {
        let skipping = self.executor.skipping(self.reader, &self.operator);
        skipping.filter(|_| self.pipeline.has_functions())
    }
}

impl<P: Pipeline> RddSource<P::Item> for Driven<P> {
    fn partitions(&self) -> usize {
        self.partitions.len()
    }

    fn pieces(&self, partition: usize) -> usize {
        self.partitions[partition].1.len()
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(P::Item)) {
        let (input, pieces) = &self.partitions[partition];
        let Some(skipping) = self.skipping() else {
            return self.pipeline.drive(*input, &pieces[piece], each);
        };
        let at = At {
            part: partition,
            run: 0,
            piece,
        };
        drive_or_skip(
            &*self.pipeline,
            (*input, &pieces[piece]),
            &skipping,
            at,
            each,
        );
    }

    fn prepare(&self) {
        self.inputs
            .iter()
            .for_each(|(_, dataset)| dataset.prepare());
    }

    fn keep(&self) {
        self.inputs.iter().for_each(|(_, dataset)| dataset.keep());
    }

    /// Drives no more records than are needed, if the inputs find their first few.
    fn take(&self, count: usize) -> Vec<P::Item> {
        if !self.takes_few() {
            return by_pieces(self, count);
        }
        let (mut taken, mut at) = (Vec::new(), At::default());
        let skipping = self.skipping();
        for (input, dataset) in &self.inputs {
            dataset.first_few(count - taken.len(), &mut |partition| {
                let take: &mut dyn FnMut(P::Item) = &mut |record| {
                    if taken.len() < count {
                        taken.push(record);
                    }
                };
                at.run += 1;
                match &skipping {
                    None => self.pipeline.drive(*input, &partition, take),
                    // The list can be read once.
                    Some(skipping) => {
                        let part = (*input, &partition);
                        drive_carefully(&*self.pipeline, part, skipping, (at, true), take);
                    }
                }
                taken.len() >= count
            });
        }
        taken
    }

    /// Records made of detached records share no received block.
    fn is_detached(&self) -> bool {
        self.all_datasets && self.inputs.iter().all(|(_, dataset)| dataset.is_detached())
    }

    fn takes_few(&self) -> bool {
        self.all_datasets && self.inputs.iter().all(|(_, dataset)| dataset.takes_few())
    }

    /// Records that are passed over are told by their places.
    fn unordered(self: Arc<Self>) -> Option<Arc<dyn RddSource<P::Item>>> {
        if self.skipping().is_some() {
            return None;
        }
        let unordered = |(input, dataset): &(usize, Dataset)| Some((*input, dataset.unordered()?));
        let unordered: Vec<_> = self.inputs.iter().filter_map(unordered).collect();
        if unordered.is_empty() {
            return None;
        }
        let stays = |input: usize| unordered.iter().all(|(other, _)| *other != input);
        let mut partitions = self.partitions.clone();
        partitions.retain(|(input, _)| stays(*input));
        let mut inputs = self.inputs.clone();
        inputs.retain(|(input, _)| stays(*input));
        for (input, dataset) in unordered {
            partitions.append(&mut partitions_of(input, &dataset));
            inputs.push((input, dataset));
        }
        Some(Arc::new(Driven {
            pipeline: Arc::clone(&self.pipeline),
            partitions,
            inputs,
            all_datasets: self.all_datasets,
            executor: self.executor.clone(),
            reader: self.reader,
            operator: Arc::clone(&self.operator),
        }))
    }
}
