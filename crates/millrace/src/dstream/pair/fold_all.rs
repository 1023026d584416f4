//! All records of a batch into one value: a shuffle under the only key that there is.
//!
//! Every block is folded by itself as it comes in; the parts meet in the order of the blocks
//! (law 3), which is what a shuffle sees to.

use std::sync::Arc;

use millrace_engine::data::Data;
use millrace_engine::error::Result;
use millrace_engine::pipeline::{Folded, NodeId, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_engine::shuffle::Reduce;
use millrace_engine::stage::EagerStage;
use millrace_runtime::graph::{BatchRun, Dataset, Node};

use super::super::DStream;
use super::Shuffling;

/// The node of an operator that makes one value of a batch, or none.
pub(in crate::dstream) struct FoldNode<P, A, F, G>
where
    A: Data,
    G: Fn(A, A) -> A + Send + Sync + 'static,
{
    shuffling: Shuffling<Folded<P, A, F>, (), A, Reduce<G>>,
    finish: fn(Option<A>) -> Option<A>,
}

impl<P, A, F, G> FoldNode<P, A, F, G>
where
    P: Pipeline,
    A: Data,
    F: Fn(Option<A>, P::Item) -> A + Send + Sync + 'static,
    G: Fn(A, A) -> A + Send + Sync + 'static,
{
    /// `fold` takes a record, `merge` joins neighbours, `finish` sees what all has come to:
    /// nothing if there was no record.
    pub(in crate::dstream) fn new(
        stream: &DStream<P::Item, P>,
        fold: F,
        merge: G,
        finish: fn(Option<A>) -> Option<A>,
        name: &str,
    ) -> FoldNode<P, A, F, G> {
        let parent = Arc::clone(&stream.pipeline);
        let folded = Arc::new(Folded::new(parent, fold));
        FoldNode {
            shuffling: Shuffling::new(&folded, Reduce(merge), &stream.builder, name),
            finish,
        }
    }
}

impl<P, A, F, G> Node for FoldNode<P, A, F, G>
where
    P: Pipeline,
    A: Data,
    F: Fn(Option<A>, P::Item) -> A + Send + Sync + 'static,
    G: Fn(A, A) -> A + Send + Sync + 'static,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.shuffling.inputs.clone()
    }

    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.shuffling.eager()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let mut folded = None;
        let mut shards = self.shuffling.shards(batch)?.unwrap_or_default();
        for shard in &mut shards {
            shard.drain(|_, (), value| folded = Some(value));
        }
        self.shuffling.give_back(shards);
        let value = (self.finish)(folded).into_iter().collect();
        Ok(Dataset::of(Rdd::of_partitions(
            vec![value],
            batch.executor(),
        )))
    }
}
