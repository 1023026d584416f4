//! The description of a program: nodes whose datasets are made once per batch, and outputs.
//!
//! Narrow operators leave no trace here; they are fused into the pipelines of the nodes and
//! outputs that read them. The graph grows while the program builds its streams and is frozen
//! by `start`: from then on it is only read.

mod batch;
mod build;
mod dataset;
mod datasets;
mod losses;
mod memory;
mod shown;

use std::collections::BTreeMap;
use std::sync::Arc;

use millrace_engine::durable::Durable;
use millrace_engine::error::Result;
use millrace_engine::pipeline::NodeId;
use millrace_engine::stage::EagerStage;
use millrace_types::{BatchTime, Duration, OutputOperationInfo};

use crate::clock::Clock;

use losses::Losses;

pub use batch::BatchRun;
pub(crate) use batch::{Batch, InputCounter};
pub use build::{Builder, Lifecycle};
pub use dataset::Dataset;
pub(crate) use memory::RememberedBatches;
pub use shown::Shown;

/// A node that makes a dataset, an `Rdd<T>`, of every batch.
pub trait Node: Send + Sync {
    /// The nodes that it reads, in the order of their partitions.
    fn inputs(&self) -> Vec<NodeId>;

    /// The stage that takes blocks early, if nothing in it needs the batch time.
    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        None
    }

    /// Finds out what a batch has, if the node reads from outside. Called before anything of the
    /// batch runs; what it finds is made durable then.
    fn plan(&self, _batch: &BatchRun<'_>) -> Result<()> {
        Ok(())
    }

    /// Is told that a batch has been run and committed.
    fn committed(&self, _number: u64) {}

    /// Is told that no batch is run any more.
    fn ended(&self) {}

    /// Takes what its inputs made of a batch, whether or not the node itself is due in it: a
    /// window that slides by three batches sees all of them. Called before the outputs run.
    fn observe_batch(&self, _batch: &BatchRun<'_>) -> Result<()> {
        Ok(())
    }

    /// The node's stores, which live from batch to batch, each with a name that is its own
    /// within the node.
    fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
        Vec::new()
    }

    /// Parts of its stores that are shown to those who watch the run as stores of their own, each
    /// with its operator and name.
    fn shown(&self) -> Vec<(String, &'static str, Arc<dyn Durable>)> {
        Vec::new()
    }

    /// False if something that a front end keeps lacks a batch: from then on no batch is committed.
    fn is_whole(&self) -> bool {
        true
    }

    /// The dataset of a batch in which the node is due.
    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset>;
}

/// The kind of a node.
pub enum NodeKind {
    /// Blocks that a receiver brings.
    Received,
    /// Something made of other nodes.
    Dataset(Box<dyn Node>),
}

/// A node with the name that reports use for it.
pub struct Entry {
    /// The name of the operator, with its number where it stands more than once.
    pub name: String,
    /// The kind of the node.
    pub kind: NodeKind,
    /// The node is due in every so many batches.
    pub slide: u64,
}

/// An output operation: what a batch is run for.
pub struct OutputOp {
    /// The name of the operation.
    pub name: String,
    /// The nodes whose datasets it reads.
    pub inputs: Vec<NodeId>,
    /// The function that runs once per batch.
    pub run: OutputFn,
    /// The output is run in every so many batches.
    pub slide: u64,
    /// The lines that it has printed last, if it prints.
    pub shown: Option<Arc<Shown>>,
}

/// The body of an output operation.
pub(crate) type OutputFn = Box<dyn Fn(&BatchRun<'_>) -> Result<()> + Send + Sync>;

/// The readers of a receiving node.
#[derive(Default)]
pub struct Readers {
    /// The stages that take its blocks early, with the number of the input it is to them.
    pub stages: Vec<(Arc<dyn EagerStage>, usize)>,
    /// True if anything has to hold the blocks until the tick.
    pub held: bool,
}

/// The frozen program.
pub struct Graph {
    /// The nodes; each comes behind those that it reads.
    pub nodes: Vec<Entry>,
    /// The output operations, in the order in which the program named them.
    pub outputs: Vec<OutputOp>,
    /// The nodes that some output needs; a stream that nothing is printed or saved of is not
    /// computed (Spark 3.5).
    pub needed: Vec<bool>,
    /// The batches that have been run and are remembered.
    pub memory: Arc<RememberedBatches>,
    /// The stores that lack a batch with which the run went on.
    losses: Losses,
}

impl Graph {
    /// A frozen program of these nodes and outputs.
    #[must_use]
    pub fn new(nodes: Vec<Entry>, outputs: Vec<OutputOp>) -> Graph {
        let needed = needed(&nodes, &outputs);
        Graph {
            nodes,
            outputs,
            needed,
            memory: Arc::default(),
            losses: Losses::default(),
        }
    }

    /// Says that the batches begin behind `zero`.
    pub fn begin(&self, zero: BatchTime, interval: Duration, clock: Arc<dyn Clock>) {
        let slides = self.nodes.iter().zip(&self.needed);
        let slides = slides.map(|(entry, needed)| needed.then_some(entry.slide));
        self.memory.begin(zero, interval, slides.collect(), clock);
    }

    /// True if a batch has anything to run (Spark 3.5: one without a job is no batch to
    /// anybody).
    pub(crate) fn has_jobs(&self, number: u64) -> bool {
        self.outputs
            .iter()
            .any(|output| number.is_multiple_of(output.slide))
    }

    /// True if everything that is kept has all batches, so that the next one can be committed.
    pub(crate) fn is_whole(&self) -> bool {
        let whole = |entry: &Entry| match &entry.kind {
            NodeKind::Received => true,
            NodeKind::Dataset(node) => node.is_whole(),
        };
        self.losses.are_none() && self.nodes.iter().all(whole)
    }

    /// Tells every node that no batch is run any more.
    pub fn end(&self) {
        for entry in &self.nodes {
            if let NodeKind::Dataset(node) = &entry.kind {
                node.ended();
            }
        }
    }

    /// The outputs that are due in a batch, by id, before any of them has begun.
    pub(crate) fn operations(
        &self,
        number: u64,
        batch_time: BatchTime,
    ) -> BTreeMap<u32, OutputOperationInfo> {
        let due = (0..).zip(&self.outputs);
        let due = due.filter(|(_, output)| number.is_multiple_of(output.slide));
        let info = |(id, output): (u32, &OutputOp)| {
            let info = OutputOperationInfo {
                batch_time,
                id,
                name: output.name.clone(),
                description: output.name.clone(),
                start_time: None,
                end_time: None,
                failure_reason: None,
            };
            (id, info)
        };
        due.map(info).collect()
    }

    /// The first output that has not fired since input last arrived, with its slide, when a run
    /// stops with batch `last` and `received` is the last batch that had any input.
    #[must_use]
    pub fn not_shown(&self, last: u64, received: u64) -> Option<(&str, u64)> {
        let outputs = self.outputs.iter();
        let mut late = outputs.filter(|output| received > last - last % output.slide);
        late.next()
            .map(|output| (output.name.as_str(), output.slide))
    }

    /// The readers of what a node receives, by node.
    #[must_use]
    pub fn readers(&self) -> Vec<Readers> {
        let mut readers: Vec<Readers> = self.nodes.iter().map(|_| Readers::default()).collect();
        for output in &self.outputs {
            output
                .inputs
                .iter()
                .for_each(|input| readers[input.0].held = true);
        }
        for (entry, _) in self
            .nodes
            .iter()
            .zip(&self.needed)
            .filter(|(_, needed)| **needed)
        {
            let NodeKind::Dataset(node) = &entry.kind else {
                continue;
            };
            for (lane, NodeId(input)) in node.inputs().into_iter().enumerate() {
                match node.eager() {
                    Some(stage) => readers[input].stages.push((stage, lane)),
                    None => readers[input].held = true,
                }
            }
        }
        if self.memory.is_wanted() {
            for (reader, needed) in readers.iter_mut().zip(&self.needed) {
                reader.held |= needed;
            }
        }
        readers
    }
}

fn needed(nodes: &[Entry], outputs: &[OutputOp]) -> Vec<bool> {
    let mut needed = vec![false; nodes.len()];
    let mut open: Vec<NodeId> = outputs
        .iter()
        .flat_map(|output| output.inputs.clone())
        .collect();
    while let Some(NodeId(index)) = open.pop() {
        if !std::mem::replace(&mut needed[index], true)
            && let NodeKind::Dataset(node) = &nodes[index].kind
        {
            open.extend(node.inputs());
        }
    }
    needed
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.nodes.iter().map(|entry| &entry.name).collect();
        f.debug_struct("Graph")
            .field("nodes", &names)
            .field("outputs", &self.outputs.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program whose outputs are due in every so many batches.
    fn graph(slides: &[u64]) -> Graph {
        let output = |&slide: &u64| OutputOp {
            name: format!("every {slide}"),
            inputs: Vec::new(),
            run: Box::new(|_| Ok(())),
            slide,
            shown: None,
        };
        Graph::new(Vec::new(), slides.iter().map(output).collect())
    }

    #[test]
    fn the_operations_of_a_batch_are_those_that_are_due() {
        let graph = graph(&[1, 2, 3]);
        let ids = |number| -> Vec<u32> {
            let operations = graph.operations(number, BatchTime::from_millis(0));
            operations.into_keys().collect()
        };
        assert_eq!([ids(1), ids(2), ids(3)], [vec![0], vec![0, 1], vec![0, 2]]);
        assert_eq!(ids(6), [0, 1, 2]);
    }

    #[test]
    fn what_came_after_an_output_was_due_has_not_been_shown() {
        let graph = graph(&[1, 3]);
        // The last batch and the last one with input: shown if it was due in between.
        for (last, received) in [(0, 0), (3, 3), (4, 3), (5, 2), (6, 5)] {
            assert_eq!(graph.not_shown(last, received), None, "{last} {received}");
        }
        for (last, received) in [(1, 1), (2, 1), (4, 4), (8, 7)] {
            let expected = Some(("every 3", 3));
            assert_eq!(
                graph.not_shown(last, received),
                expected,
                "{last} {received}"
            );
        }
    }
}
