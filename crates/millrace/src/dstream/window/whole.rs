//! `window`: the last batches of a stream as one.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::Data;
use millrace_engine::durable::Durable;
use millrace_engine::error::Result;
use millrace_engine::pipeline::{NodeId, Output, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_engine::window::{BatchStore, WindowSpec};
use millrace_runtime::graph::{BatchRun, Dataset, Node};
use millrace_types::Duration;

use super::super::{Computed, DStream, named};
use super::{Kind, Observed};

impl<T: Data, P: Pipeline<Item = T>> DStream<T, P> {
    /// The records of the last `window`, every `slide` (Spark: `window`); `None` slides as this
    /// stream does.
    ///
    /// The output at batch T has the partitions of the batches in (T - `window`, T], oldest
    /// first. At the start of the run a window has what there is. Both durations must be
    /// positive multiples of this stream's slide, otherwise `start` fails; a slide may be longer
    /// than the window, and what is between two windows is never seen.
    ///
    /// The records of every batch are made once and kept until the batch has left. If they are
    /// the received lines as they are, they keep their blocks, which count against
    /// `millrace.receiver.maxBytesInFlight`: a window of lines cannot be larger than that. All
    /// other records are kept by themselves: a text of more than 15 bytes is copied out of its
    /// block, does not count any more, and takes some 128 bytes besides its own. Cost: a batch
    /// costs what it brings; reading a window reads all of it.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a\n", "b\n", "c\n"], |lines| {
    ///     lines.window(Duration::seconds(2), None)
    /// });
    /// assert_eq!(batches, [vec!["a"], vec!["a", "b"], vec!["b", "c"]]);
    ///
    /// let batches = millrace::testing::run_batches(&["a\n", "b\n", "c\n", "d\n"], |lines| {
    ///     lines.window(Duration::seconds(3), Duration::seconds(2))
    /// });
    /// assert_eq!(batches, [vec!["a", "b"], vec!["b", "c", "d"]]);
    /// ```
    #[track_caller]
    pub fn window(
        &self,
        window: Duration,
        slide: impl Into<Option<Duration>>,
    ) -> Computed<P::Item> {
        let name = named("window", Location::caller());
        let frame = self.frame(&name, Kind::Windowed, window, slide.into());
        let node = WindowNode {
            pipeline: Arc::clone(&self.pipeline),
            frame,
            store: Arc::new(BatchStore::new(frame, &self.builder.executor)),
            observed: Observed::default(),
            name: name.clone(),
        };
        let node = self.builder.make_every(name, Box::new(node), frame.slide());
        self.with(Arc::new(Output::of(node)))
    }
}

struct WindowNode<P: Pipeline> {
    pipeline: Arc<P>,
    frame: WindowSpec,
    store: Arc<BatchStore<P::Item>>,
    observed: Observed,
    name: String,
}

impl<P: Pipeline<Item: Data>> Node for WindowNode<P> {
    fn inputs(&self) -> Vec<NodeId> {
        self.pipeline.inputs()
    }

    fn observe_batch(&self, batch: &BatchRun<'_>) -> Result<()> {
        let step = self.frame.step(batch.number());
        // First of all: the room may be wanted for what comes.
        self.store.leave(step);
        // Asked for even if no window has it: a state before it has to see every batch.
        let rdd = batch.rdd(&self.pipeline)?;
        if step.taken {
            let held = if self.pipeline.is_whole() {
                rdd.materialize()
            } else {
                rdd.materialize_detached()
            };
            let entered = self.store.enter(step, held);
            entered.map_err(|fault| batch.failed(&self.name, &fault))?;
        }
        self.observed.note(batch);
        Ok(())
    }

    fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
        vec![("window", Arc::clone(&self.store) as _)]
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        self.observed.check(batch, &self.name)?;
        let parts = self.store.batches();
        Ok(Dataset::of(Rdd::concatenated(parts, batch.executor())))
    }
}
