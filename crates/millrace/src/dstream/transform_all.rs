//! Datasets made of the batches of any number of streams: `StreamingContext::transform`, and
//! `StreamingContext::transform_tried`, whose batches may have failed.

use std::sync::Arc;

use millrace_engine::error::Result;
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_runtime::graph::{BatchRun, Dataset, Node};

/// The node of a function of many batches, which it reads itself.
pub(crate) struct TransformAll<P, F> {
    pub(crate) pipelines: Vec<Arc<P>>,
    pub(crate) function: F,
}

impl<P, U, F> Node for TransformAll<P, F>
where
    P: Pipeline,
    U: Send + 'static,
    F: Fn(&[Arc<P>], &BatchRun<'_>) -> Result<Rdd<U>> + Send + Sync + 'static,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.pipelines.iter().flat_map(|own| own.inputs()).collect()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        Ok(Dataset::of((self.function)(&self.pipelines, batch)?))
    }
}
