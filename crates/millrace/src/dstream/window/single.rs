//! The node of a window over one value a batch.

use std::sync::{Arc, Mutex, PoisonError};

use crate::data::Data;
use crate::error::Result;
use crate::graph::{BatchRun, Made, Node};
use crate::pipeline::{Map, NodeId, Output, Pipeline};
use crate::rdd::Rdd;
use crate::shuffle::Reduce;
use crate::stage::EagerStage;
use crate::window::{Frame, Inverted, Reduced, Step};

use super::super::DStream;
use super::super::pair::Shuffling;
use super::Collected;

/// How the value of a window slides.
pub(super) trait Slides<V>: Send + 'static {
    /// Slides over a batch that has `value`, and gives what the window has if it fires.
    fn slide(&mut self, step: Step, value: Option<V>) -> Option<V>;
}

/// By a function alone.
pub(super) struct ByFunction<V, F> {
    kept: Reduced<V>,
    function: F,
}

/// By a function and its inverse.
pub(super) struct ByInverse<V, F, G> {
    kept: Inverted<V>,
    function: F,
    inverse: G,
}

impl<V: Data, F> ByFunction<V, F> {
    pub(super) fn new(function: F) -> ByFunction<V, F> {
        let kept = Reduced::new();
        ByFunction { kept, function }
    }
}

impl<V: Data, F, G> ByInverse<V, F, G> {
    pub(super) fn new(function: F, inverse: G) -> ByInverse<V, F, G> {
        ByInverse {
            kept: Inverted::new(),
            function,
            inverse,
        }
    }
}

impl<V: Data, F: Fn(V, V) -> V + Send + 'static> Slides<V> for ByFunction<V, F> {
    fn slide(&mut self, step: Step, value: Option<V>) -> Option<V> {
        self.kept.leave(step.forgotten, &self.function);
        if let Some(value) = value {
            self.kept.enter(step.batch, value, &self.function);
        }
        step.due.and_then(|_| self.kept.value(&self.function))
    }
}

impl<V, F, G> Slides<V> for ByInverse<V, F, G>
where
    V: Data,
    F: Fn(V, V) -> V + Send + 'static,
    G: Fn(V, V) -> V + Send + 'static,
{
    fn slide(&mut self, step: Step, value: Option<V>) -> Option<V> {
        self.kept.leave(step.forgotten, &self.function);
        if let Some(value) = value {
            self.kept.enter(step.batch, value, &self.function);
        }
        step.due
            .and_then(|_| self.kept.settle(&self.function, &self.inverse))
    }
}

/// The pairs of a stream's values with one key for all of them, so that a batch is reduced as it
/// comes in.
type Keyless<P, M> = Map<P, M>;

struct SingleNode<P, M, V: Data, F: Fn(V, V) -> V + Send + Sync + 'static, S> {
    pipeline: Arc<Keyless<P, M>>,
    shuffling: Shuffling<Keyless<P, M>, (), V, Reduce<F>>,
    frame: Frame,
    window: Mutex<Window<V, S>>,
    /// What a window has that has nothing.
    nothing: Option<V>,
    collected: Collected,
    name: String,
}

struct Window<V, S> {
    sliding: S,
    /// What the last window that fired has.
    value: Option<V>,
}

impl<P: Pipeline> DStream<P> {
    /// A stream of one value a window, or of `nothing` if there is none: every record becomes a
    /// value by `value`, those of a batch one by `function`, and those of the batches slide.
    pub(super) fn single_window<V, M, F, S>(
        &self,
        name: String,
        frame: Frame,
        value: M,
        function: F,
        sliding: S,
        nothing: Option<V>,
    ) -> DStream<Output<V>>
    where
        V: Data,
        M: Fn(P::Item) -> ((), V) + Send + Sync + 'static,
        F: Fn(V, V) -> V + Send + Sync + 'static,
        S: Slides<V>,
    {
        let pipeline = Arc::new(Map {
            parent: Arc::clone(&self.pipeline),
            function: value,
        });
        let shuffling = Shuffling::new(&pipeline, Reduce(function), &self.builder, &name);
        let value = None;
        let node = SingleNode {
            pipeline,
            shuffling,
            frame,
            window: Mutex::new(Window { sliding, value }),
            nothing,
            collected: Collected::default(),
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
    S: Slides<V>,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.pipeline.inputs()
    }

    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.shuffling.eager()
    }

    fn collect(&self, batch: &BatchRun<'_>) -> Result<()> {
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
            batch.rdd(&self.pipeline)?;
        }
        let value = value.filter(|_| step.taken);
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.value = window.sliding.slide(step, value);
        self.collected.note(batch);
        Ok(())
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Made> {
        self.collected.check(batch, &self.name)?;
        let window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let value = window.value.clone().or_else(|| self.nothing.clone());
        let records = vec![value.into_iter().collect()];
        Ok(Made::of(Rdd::of_partitions(records, batch.executor())))
    }
}
