//! An engine for the tests of the scheduler.

use std::sync::Arc;

use millrace_engine::durable::StoreError;
use millrace_engine::exec::Executor;
use millrace_engine::pipeline::NodeId;
use millrace_types::{Duration, Lock, StreamId};

use crate::graph::Graph;
use crate::listener::ListenerBus;
use crate::receiver::{BlockGenerator, Budget, Ingest, InputSpec, InputTracker};
use crate::stdout::Reader;

use super::{Engine, ManualClock, RunState};

const NODE: NodeId = NodeId(0);

/// A receiver that is fed by hand; `stop` is called when it is asked to stop.
struct ByHand<S> {
    blocks: BlockGenerator,
    stop: S,
}

impl<S: Fn(&BlockGenerator) + Send + Sync> Ingest for ByHand<S> {
    fn run(&self) -> bool {
        false
    }

    fn stop(&self) {
        (self.stop)(&self.blocks);
    }

    fn seal(&self) {
        self.blocks.seal();
    }

    fn restore(&self, _written: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn fed(&self) -> Option<&BlockGenerator> {
        Some(&self.blocks)
    }
}

/// An engine without a program whose one receiver is fed by hand; `stop` is called when the
/// receiver is asked to stop, and may still feed it.
pub(super) fn engine(
    clock: &ManualClock,
    max_batches: Option<u64>,
    stop: impl Fn(&BlockGenerator) + Send + Sync + 'static,
) -> Arc<Engine> {
    let tracker = Arc::new(InputTracker::new(vec![InputSpec {
        node: NODE,
        stream: StreamId(0),
        name: String::new(),
        stages: Vec::new(),
        held: true,
    }]));
    let budget = Arc::new(Budget::new(1 << 30));
    let blocks = BlockGenerator::new(Arc::clone(&budget), Arc::clone(&tracker), 0, 1 << 30);
    Arc::new(Engine {
        graph: Graph::new(Vec::new(), Vec::new()),
        stages: Vec::new(),
        executor: Executor::new(1).unwrap(),
        clock: Arc::new(clock.clone()),
        interval: Duration::seconds(1),
        tracker,
        budget,
        receivers: vec![Arc::new(ByHand { blocks, stop })],
        listeners: ListenerBus::start(Vec::new()).unwrap(),
        checkpoint: None,
        dead_letters: None,
        log: None,
        outcome: Arc::new(RunState::default()),
        reader: Arc::new(Reader::new(|_| false)),
        running: Lock::default(),
        skips_empty: true,
        reads: false,
        max_batches,
        grace: std::time::Duration::ZERO,
        patience: std::time::Duration::from_secs(60),
    })
}

pub(super) fn fed(engine: &Engine) -> &BlockGenerator {
    engine.receivers[0].fed().unwrap()
}

pub(super) fn feed(blocks: &BlockGenerator, bytes: &[u8]) {
    let read = blocks.fill(|spare| {
        spare[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    });
    read.unwrap();
}
