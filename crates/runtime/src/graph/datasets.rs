//! The datasets of a batch, and why there is none of a node.
//!
//! The law: a node is asked for its dataset once per batch, however many read it. The node's input of the
//! batch is gone then, even if the node failed.

use std::sync::Arc;

use millrace_engine::error::{Error, ErrorKind, Result};
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_types::BatchTime;

use super::{BatchRun, Dataset, Entry, Node, NodeKind};
use crate::zone;

impl BatchRun<'_> {
    /// The dataset of a node, made once per batch; every caller gets the error if that failed.
    pub(super) fn dataset_of(&self, node: NodeId) -> Result<Dataset> {
        if let Some(dataset) = self.datasets.lock().get(&node) {
            return Ok(dataset.clone());
        }
        if let Some(error) = self.failures.lock().get(&node) {
            return Err(error.again());
        }
        let entry = &self.graph.nodes[node.0];
        let NodeKind::Dataset(maker) = &entry.kind else {
            unreachable!("a receiving node has blocks, not a dataset")
        };
        let made = match self.graph.losses.first_of(node) {
            None => self.blame(&entry.name, || maker.compute(self)),
            Some(lacks) => Err(self.passed_over(entry, &**maker, lacks)),
        };
        match &made {
            Ok(made) => {
                let mut known = self.datasets.lock();
                known.insert(node, made.clone());
            }
            Err(error) => {
                // An input is no store of what was made of batches.
                if !maker.inputs().is_empty() && !maker.durables().is_empty() {
                    self.graph.losses.note(node, self.time());
                }
                self.failures.lock().insert(node, error.again());
            }
        }
        made
    }

    /// The error of a node whose store lacks a batch. The node's input of the batch is not taken.
    fn passed_over(&self, entry: &Entry, maker: &dyn Node, lacks: BatchTime) -> Error {
        if let Some(stage) = maker.eager() {
            stage.leave(self.time());
        }
        let why = format!(
            "{} failed, and what is kept lacks it: nothing is shown of it any more, and no batch \
             is committed; a run that goes on from the checkpoint has all of them",
            zone::batch(lacks)
        );
        self.failed(&entry.name, &why)
    }

    /// The records of a pipeline, or why there are none where a function of the program failed
    /// and the run can go on without them.
    ///
    /// # Errors
    /// If the run cannot go on.
    pub fn tried<P: Pipeline>(&self, pipeline: &Arc<P>) -> Result<Result<Rdd<P::Item>>> {
        match self.rdd(pipeline) {
            Err(error) if error.kind() == ErrorKind::Task && !self.lacks_input() => Ok(Err(error)),
            Err(error) => Err(error),
            Ok(rdd) => Ok(Ok(rdd)),
        }
    }

    /// True if an input of the batch could not be read.
    fn lacks_input(&self) -> bool {
        let is_input = |node: &NodeId| match &self.graph.nodes[node.0].kind {
            NodeKind::Received => true,
            NodeKind::Dataset(maker) => maker.inputs().is_empty(),
        };
        self.failures.lock().keys().any(is_input)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use millrace_engine::durable::Durable;
    use millrace_engine::exec::Executor;
    use millrace_engine::pipeline::Output;
    use millrace_engine::state::NoteStore;

    use super::super::{Batch, Graph};
    use super::*;

    /// Fails when it is asked first, as what is taken in can be taken once.
    struct Fails {
        asked: Arc<AtomicUsize>,
        inputs: Vec<NodeId>,
        store: Option<Arc<dyn Durable>>,
    }

    impl Node for Fails {
        fn inputs(&self) -> Vec<NodeId> {
            self.inputs.clone()
        }

        fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
            self.store.iter().map(|it| ("it", Arc::clone(it))).collect()
        }

        fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
            if self.asked.fetch_add(1, Ordering::Relaxed) == 0 {
                return Err(batch.failed("it", &"mine"));
            }
            Ok(Dataset::of(Rdd::of_partitions(
                vec![vec![1]],
                batch.executor(),
            )))
        }
    }

    /// The words that three readers of two batches are told, how often the node was asked, and if all
    /// that is kept is whole.
    fn told(inputs: Vec<NodeId>, store: Option<Arc<dyn Durable>>) -> ([String; 3], usize, bool) {
        let asked = Arc::default();
        let node = Fails {
            asked: Arc::clone(&asked),
            inputs,
            store,
        };
        let received = Entry {
            name: "received".to_owned(),
            kind: NodeKind::Received,
            slide: 1,
        };
        let entry = Entry {
            name: "it".to_owned(),
            kind: NodeKind::Dataset(Box::new(node)),
            slide: 1,
        };
        let graph = Graph::new(vec![received, entry], Vec::new());
        let executor = Executor::new(1).unwrap();
        let batches = [1, 2].map(|time| Batch::empty(BatchTime::from_millis(time), 0));
        let [first, second] = batches
            .each_ref()
            .map(|batch| BatchRun::new(batch, &graph, &executor));
        let pipeline = Arc::new(Output::<i32>::of(NodeId(1)));
        let told = [&first, &first, &second].map(|run| match run.tried(&pipeline) {
            Ok(Ok(rdd)) => format!("{:?}", rdd.collect()),
            Ok(Err(error)) => error.to_string(),
            Err(error) => format!("the end: {error}"),
        });
        (told, asked.load(Ordering::Relaxed), graph.is_whole())
    }

    #[test]
    fn whoever_reads_what_failed_is_told_the_same() {
        let ([first, again, next], asked, whole) = told(vec![NodeId(0)], None);
        assert!(first.ends_with("it: mine"), "{first}");
        assert_eq!((again, next.as_str()), (first, "[1]"));
        assert_eq!((asked, whole), (2, true), "once a batch");
    }

    #[test]
    fn a_store_that_lacks_a_batch_is_not_read_any_more() {
        let store = Arc::new(NoteStore::<String, i64>::new());
        let ([first, again, next], asked, whole) = told(vec![NodeId(0)], Some(store));
        assert_eq!(first, again);
        assert!(next.contains("failed, and what is kept lacks it"), "{next}");
        assert_eq!((asked, whole), (1, false));
    }

    #[test]
    fn what_cannot_be_read_ends_the_run() {
        let ([first, ..], _, whole) = told(Vec::new(), None);
        assert!(first.starts_with("the end: "), "{first}");
        assert!(whole);
    }
}
