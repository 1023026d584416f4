//! The answers of a running context to those who watch it.

use std::sync::{Arc, OnceLock, Weak};

use millrace_runtime::browse::Store;
use millrace_runtime::graph::{Builder, Graph, NodeKind};
use millrace_runtime::receiver::InputCounters;
use millrace_runtime::scheduler::Engine;
use millrace_types::{
    KeptRecord, LastRecords, RunFigures, RunProbe, StateFound, StateSearch, StreamId,
};

use super::StreamingContext;

/// A context as it is seen from outside. It does not keep the context alive.
pub(super) struct Probe {
    builder: Weak<Builder>,
    counters: Arc<InputCounters>,
    running: OnceLock<Running>,
}

struct Running {
    engine: Weak<Engine>,
    stores: Vec<Store>,
}

impl Probe {
    pub(super) fn new(builder: &Arc<Builder>, counters: &Arc<InputCounters>) -> Probe {
        Probe {
            builder: Arc::downgrade(builder),
            counters: Arc::clone(counters),
            running: OnceLock::new(),
        }
    }

    /// From now on there is something to be seen.
    pub(super) fn begin(&self, engine: &Arc<Engine>) {
        self.running.get_or_init(|| Running {
            engine: Arc::downgrade(engine),
            stores: stores(&engine.graph),
        });
    }

    fn stores(&self) -> &[Store] {
        self.running.get().map_or(&[], |running| &running.stores)
    }

    fn engine(&self) -> Option<Arc<Engine>> {
        self.running.get()?.engine.upgrade()
    }
}

/// The stores of a program's nodes that have keys.
fn stores(graph: &Graph) -> Vec<Store> {
    let needed = graph.nodes.iter().zip(&graph.needed);
    let needed = needed.filter(|(_, needed)| **needed);
    let mut stores = Vec::new();
    for (entry, _) in needed {
        if let NodeKind::Dataset(node) = &entry.kind {
            let kept = node.durables().into_iter();
            stores.extend(kept.filter_map(|(name, durable)| Store::of(&entry.name, name, durable)));
            let shown = node.shown().into_iter();
            stores.extend(shown.filter_map(|(of, name, durable)| Store::of(&of, name, durable)));
        }
    }
    stores
}

impl RunProbe for Probe {
    fn streams(&self) -> Vec<(StreamId, String)> {
        let builder = self.builder.upgrade();
        builder.map(|builder| builder.inputs()).unwrap_or_default()
    }

    fn figures(&self) -> RunFigures {
        let Some(engine) = self.engine() else {
            return RunFigures::default();
        };
        let counts = self.counters.get();
        let (in_flight, in_flight_limit, waited) = engine.budget.figures();
        RunFigures {
            stores: self.stores().iter().map(Store::figures).collect(),
            in_flight,
            in_flight_limit,
            waited,
            lines_cut: counts.lines_cut,
            unfinished_dropped: counts.unfinished_dropped,
            records_skipped: counts.records_skipped,
        }
    }

    fn last_records(&self) -> Vec<LastRecords> {
        let Some(engine) = self.engine() else {
            return Vec::new();
        };
        let outputs = (0..).zip(&engine.graph.outputs);
        let last = outputs.filter_map(|(output, about)| {
            let (batch_time, lines) = about.shown.as_ref()?.last()?;
            Some(LastRecords {
                output,
                batch_time,
                lines,
            })
        });
        last.collect()
    }

    fn find(&self, store: usize, key: &str) -> Option<KeptRecord> {
        self.stores().get(store)?.find(key)
    }

    fn search(&self, store: usize, search: &StateSearch) -> Option<StateFound> {
        Some(self.stores().get(store)?.search(search))
    }
}

impl StreamingContext {
    /// Answers about the run for those who watch it: how much is kept, and of which key what.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// use millrace::events::RunProbe;
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
    /// ssc.socket_text_stream("localhost", 9999).print();
    /// let probe = ssc.probe();
    /// assert_eq!(probe.streams()[0].1, "socket text stream localhost:9999");
    /// assert!(probe.figures().stores.is_empty(), "nothing has begun");
    /// # Ok(())
    /// # }
    /// ```
    pub fn probe(&self) -> Arc<dyn RunProbe> {
        Arc::clone(&self.probe) as Arc<dyn RunProbe>
    }
}
