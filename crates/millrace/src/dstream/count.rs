//! `count`: how many records a batch has.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::error::Result;
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_engine::stage::EagerStage;
use millrace_runtime::graph::{BatchRun, Dataset, Node};

use super::pair::FoldNode;
use super::{Computed, DStream, named};

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Counts the records of every batch (Spark: `count`): one record, 0 for a batch without
    /// any (Scala's rule; PySpark has no record where there is no partition). One partition.
    ///
    /// Cost: blocks are counted as they come in, and let go. The result of a shuffle or a
    /// state is not read: it knows how many records it has.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\nc\n", ""], |lines| {
    ///     lines.flat_map(|line| line.split(" ")).count()
    /// });
    /// assert_eq!(batches, [[3], [0]]);
    /// ```
    #[track_caller]
    pub fn count(&self) -> Computed<i64> {
        let name = named("count", Location::caller());
        let one_more = |count: Option<i64>, _| count.unwrap_or(0) + 1;
        let counted = |count: Option<i64>| Some(count.unwrap_or(0));
        let folding = FoldNode::new(self, one_more, |a, b| a + b, counted, &name);
        let pipeline = Arc::clone(&self.pipeline);
        self.of_node(name, CountNode { pipeline, folding })
    }
}

/// Asks before it counts.
struct CountNode<P, N> {
    pipeline: Arc<P>,
    folding: N,
}

impl<P: Pipeline, N: Node> Node for CountNode<P, N> {
    fn inputs(&self) -> Vec<NodeId> {
        self.folding.inputs()
    }

    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.folding.eager()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        if self.pipeline.passes_on().is_some() {
            let known = batch.rdd(&self.pipeline)?.source().known_count();
            if let Some(count) = known.and_then(|count| i64::try_from(count).ok()) {
                let counted = vec![vec![count]];
                return Ok(Dataset::of(Rdd::of_partitions(counted, batch.executor())));
            }
        }
        self.folding.compute(batch)
    }
}
