//! The node of a keyed window: every batch is shuffled as it comes in, and slides the store.

use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::durable::Durable;
use millrace_engine::error::Result;
use millrace_engine::partition::Partitioner;
use millrace_engine::pipeline::{NodeId, Output, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_engine::shuffle::Aggregator;
use millrace_engine::stage::EagerStage;
use millrace_engine::store::StoreView;
use millrace_engine::window::{KeyedRule, WindowSpec, WindowStore};
use millrace_runtime::graph::{BatchRun, Dataset, Node};

use super::super::pair::Shuffling;
use super::super::{Computed, DStream};
use super::Observed;

pub(super) struct KeyedNode<P, K: Key, V, A: Aggregator<V>, S: KeyedRule<K, Brought = A::Acc>> {
    pipeline: Arc<P>,
    shuffling: Shuffling<P, K, V, A>,
    store: Arc<WindowStore<K, S>>,
    frame: WindowSpec,
    observed: Observed,
    name: String,
}

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// A stream of the window that `rule` makes of the pairs of `pipeline`, which are combined
    /// by `aggregator` in every batch.
    pub(super) fn keyed_window<Q, K, V, A, S>(
        &self,
        name: String,
        pipeline: &Arc<Q>,
        frame: WindowSpec,
        (aggregator, rule): (A, S),
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> Computed<(K, S::Value)>
    where
        Q: Pipeline<Item = (K, V)>,
        K: Key,
        V: Data,
        A: Aggregator<V>,
        S: KeyedRule<K, Brought = A::Acc>,
    {
        let shuffling = Shuffling::new(pipeline, aggregator, &self.builder, &name);
        let store = WindowStore::new(rule, frame, shuffling.hasher(), partitioner);
        let node = KeyedNode {
            pipeline: Arc::clone(pipeline),
            shuffling,
            store: Arc::new(store),
            frame,
            observed: Observed::default(),
            name: name.clone(),
        };
        let node = self.builder.make_every(name, Box::new(node), frame.slide());
        self.with(Arc::new(Output::of(node)))
    }
}

impl<P, K, V, A, S> Node for KeyedNode<P, K, V, A, S>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    A: Aggregator<V>,
    S: KeyedRule<K, Brought = A::Acc>,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.pipeline.inputs()
    }

    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.shuffling.eager()
    }

    fn observe_batch(&self, batch: &BatchRun<'_>) -> Result<()> {
        let step = self.frame.step(batch.number());
        let delta = if step.taken || self.shuffling.is_eager() {
            self.shuffling.brought(batch, S::TAKES_UNMERGED)?
        } else {
            // No window has this batch, but a state before it has to see it.
            let _ = batch.rdd(&self.pipeline)?;
            None
        };
        let delta = delta.filter(|_| step.taken);
        let spent = self.store.slide(step, delta, batch.executor());
        let spent = spent.map_err(|fault| batch.failed(&self.name, &fault))?;
        self.shuffling.give_back(spent);
        self.observed.note(batch);
        Ok(())
    }

    fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
        vec![("window", Arc::clone(&self.store) as _)]
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        self.observed.check(batch, &self.name)?;
        let executor = batch.executor();
        let view = StoreView::new(Arc::clone(&self.store), executor.clone());
        Ok(Dataset::of(Rdd::new(view, executor.clone())))
    }
}
