//! The node of a window over one value per batch.

use std::sync::Arc;

use millrace_engine::data::Data;
use millrace_engine::durable::Durable;
use millrace_engine::error::Result;
use millrace_engine::pipeline::{Map, NodeId, Output, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_engine::shuffle::Reduce;
use millrace_engine::stage::EagerStage;
use millrace_engine::window::{SingleRule, SingleStore, WindowSpec};
use millrace_runtime::graph::{BatchRun, Dataset, Node};

use super::super::pair::Shuffling;
use super::super::{Computed, DStream};
use super::Observed;

/// The pairs of a stream's values with one key for all of them, so that a batch is reduced as it
/// comes in.
type Keyless<P, M> = Map<P, M>;

struct SingleNode<P, M, V: Data, F: Fn(V, V) -> V + Send + Sync + 'static, S> {
    pipeline: Arc<Keyless<P, M>>,
    shuffling: Shuffling<Keyless<P, M>, (), V, Reduce<F>>,
    frame: WindowSpec,
    store: Arc<SingleStore<V, S>>,
    /// The value of a window that has nothing.
    nothing: Option<V>,
    observed: Observed,
    name: String,
}

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// A stream of one value per window, or of `nothing` if there is none: every record becomes a
    /// value by `value`, those of a batch one by `function`, and those of the batches slide.
    pub(super) fn single_window<V, M, F, S>(
        &self,
        name: String,
        frame: WindowSpec,
        value: M,
        function: F,
        rule: S,
        nothing: Option<V>,
    ) -> Computed<V>
    where
        V: Data,
        M: Fn(P::Item) -> ((), V) + Send + Sync + 'static,
        F: Fn(V, V) -> V + Send + Sync + 'static,
        S: SingleRule<V>,
    {
        let pipeline = Arc::new(Map {
            parent: Arc::clone(&self.pipeline),
            function: value,
        });
        let shuffling = Shuffling::new(&pipeline, Reduce(function), &self.builder, &name);
        let node = SingleNode {
            pipeline,
            shuffling,
            frame,
            store: Arc::new(SingleStore::new(frame, rule)),
            nothing,
            observed: Observed::default(),
            name: name.clone(),
        };
        let node = self.builder.make_every(name, Box::new(node), frame.slide());
        self.with(Arc::new(Output::of(node)))
    }
}

impl<P, M, V, F, S> Node for SingleNode<P, M, V, F, S>
where
    P: Pipeline,
    M: Fn(P::Item) -> ((), V) + Send + Sync + 'static,
    V: Data,
    F: Fn(V, V) -> V + Send + Sync + 'static,
    S: SingleRule<V>,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.pipeline.inputs()
    }

    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.shuffling.eager()
    }

    fn observe_batch(&self, batch: &BatchRun<'_>) -> Result<()> {
        let step = self.frame.step(batch.number());
        let mut value = None;
        if step.taken || self.shuffling.is_eager() {
            let mut shards = self.shuffling.shards(batch)?.unwrap_or_default();
            for shard in &mut shards {
                shard.drain(|_, (), reduced| value = Some(millrace_text::detached(reduced)));
            }
            self.shuffling.give_back(shards);
        } else {
            // No window has this batch, but a state before it has to see it.
            let _ = batch.rdd(&self.pipeline)?;
        }
        let value = value.filter(|_| step.taken);
        let slid = self.store.slide(step, value);
        slid.map_err(|fault| batch.failed(&self.name, &fault))?;
        self.observed.note(batch);
        Ok(())
    }

    fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
        vec![("window", Arc::clone(&self.store) as _)]
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        self.observed.check(batch, &self.name)?;
        let value = self.store.value().or_else(|| self.nothing.clone());
        let records = vec![value.into_iter().collect()];
        Ok(Dataset::of(Rdd::of_partitions(records, batch.executor())))
    }
}
