//! Datasets made of the batches of any number of streams:
//! `StreamingContext::transform`.

use std::sync::Arc;

use millrace_engine::error::Result;
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_runtime::graph::{BatchRun, Dataset, Node};
use millrace_types::BatchTime;

/// The node of a function of many batches.
pub(crate) struct TransformAll<P, F> {
    pub(crate) pipelines: Vec<Arc<P>>,
    pub(crate) function: F,
}

impl<P, U, F> Node for TransformAll<P, F>
where
    P: Pipeline,
    U: Send + 'static,
    F: Fn(&[Rdd<P::Item>], BatchTime) -> Rdd<U> + Send + Sync + 'static,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.pipelines.iter().flat_map(|own| own.inputs()).collect()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let rdds: Vec<_> = self
            .pipelines
            .iter()
            .map(|pipeline| batch.rdd(pipeline))
            .collect::<Result<_>>()?;
        Ok(Dataset::of((self.function)(&rdds, batch.time())))
    }
}
