//! Datasets made of the batches of any number of streams, of which some may have failed:
//! `StreamingContext::transform_tried`.

use std::sync::Arc;

use millrace_engine::error::Result;
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_runtime::graph::{BatchRun, Dataset, Node};
use millrace_types::BatchTime;

/// The node of a function of many batches.
pub(crate) struct TransformTried<P, F> {
    pub(crate) pipelines: Vec<Arc<P>>,
    pub(crate) function: F,
}

impl<P, U, F> Node for TransformTried<P, F>
where
    P: Pipeline,
    U: Clone + Send + Sync + 'static,
    F: Fn(Vec<Result<Rdd<P::Item>>>, BatchTime) -> Vec<U> + Send + Sync + 'static,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.pipelines.iter().flat_map(|own| own.inputs()).collect()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let tried = self.pipelines.iter().map(|pipeline| batch.tried(pipeline));
        let made = (self.function)(tried.collect::<Result<_>>()?, batch.time());
        let rdd = Rdd::of_partitions(vec![made], batch.executor());
        Ok(Dataset::of(rdd))
    }
}
