//! The node of an operator that folds the values of a batch into a state.

use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::durable::{Durable, StoreError};
use millrace_engine::error::Result;
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_engine::shuffle::{Group, Shard, Values};
use millrace_engine::stage::EagerStage;
use millrace_runtime::graph::{BatchRun, Dataset, Node};

use super::{Shards, Shuffling};

/// The state after a batch, and the shards of the batch, which were emptied.
pub(super) type Updated<K, V, S> =
    std::result::Result<(Vec<Shard<K, Values<V>>>, Rdd<(K, S)>), StoreError>;

/// Keeps a state, into which `update` folds the values of a batch.
pub(super) struct StateNode<P, K: Key, V: Data, F> {
    pub(super) shuffling: Shuffling<P, K, V, Group>,
    pub(super) store: Arc<dyn Durable>,
    pub(super) update: F,
    pub(super) name: String,
}

impl<P, K, V, S, F> Node for StateNode<P, K, V, F>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    S: Data,
    F: Fn(Shards<K, Values<V>>, &BatchRun<'_>) -> Updated<K, V, S> + Send + Sync + 'static,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.shuffling.inputs.clone()
    }

    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.shuffling.eager()
    }

    fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
        vec![("state", Arc::clone(&self.store))]
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let delta = self.shuffling.shards(batch)?;
        let updated = (self.update)(delta, batch);
        let (spent, rdd) = updated.map_err(|message| batch.failed(&self.name, &message))?;
        self.shuffling.give_back(spent);
        Ok(Dataset::of(rdd))
    }
}
