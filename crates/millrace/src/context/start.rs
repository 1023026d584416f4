//! From what a program described to the engine that runs it.

use std::sync::Arc;
use std::time::Duration;

use millrace_engine::error::Result;
use millrace_engine::stage::EagerStage;
use millrace_runtime::checkpoint::Checkpoint;
use millrace_runtime::graph::{Graph, NodeKind, Readers};
use millrace_runtime::listener::ListenerBus;
use millrace_runtime::receiver::{
    BLOCK_BYTES, BlockGenerator, BlockLog, Budget, Dialer, Fail, Ingest, InputCounters, InputSpec,
    InputTracker, LastEnd, RateLimiter, Receiver, ReceiverSettings, RecordGenerator,
    SocketReceiver, SocketSettings, Supervisor, Surroundings,
};
use millrace_runtime::scheduler::{BatchQueue, Clock, Engine, StopMode, start};
use millrace_runtime::stdout::Reader;
use millrace_runtime::threads::PATIENCE;
use millrace_types::{Lock, StreamId, StreamingEvent};

use super::active::ActiveSlot;
use super::durability::counts_batches;
use super::missed::{Missed, say_skipped};
use super::recovery::{Begin, begin, replay, say_recovery};
use super::settings::MissedBatches;
use super::{Settings, Source, StreamingContext};

impl StreamingContext {
    pub(super) fn start_engine(&self, place: Option<ActiveSlot>) -> Result<()> {
        let mut parts = self.parts.lock();
        let graph = self.builder.freeze()?;
        self.builder.executor.epochs().begin();
        let opened = self.open_checkpoint(&mut parts, &graph)?;
        let dead_letters = self.open_dead_letters(opened.as_ref())?;
        let listeners = ListenerBus::start(std::mem::take(&mut parts.listeners))?;
        let sources = std::mem::take(&mut parts.sources);
        let reads = parts.reads.iter().filter(|node| graph.needed[node.0]);
        let reads = reads.count();
        self.ends.expect(sources.len() + reads);
        let now = self.clock.now();
        // Here and not on the generator's thread: a start at one time has one first batch.
        let skips_missed = self.settings.missed_batches == MissedBatches::Skip;
        let Begin {
            mut again,
            mut first,
        } = begin(opened.as_ref(), now, self.settings.interval, skips_missed);
        let streams: Vec<u32> = sources.iter().map(|source| source.stream.0).collect();
        let (log, replayed) = self.open_log(opened.as_ref())?;
        if let Some(last) = replayed.batches.last() {
            let interval = self.settings.interval;
            let before = opened.as_ref().map(|opened| opened.interval_ms);
            let same_interval = before == Some(interval.as_millis());
            first = first.after(last, interval, same_interval && !skips_missed);
            // It is one of them, or one of the missed ones in front of them.
            again = None;
        }
        let missed = opened
            .as_ref()
            .and_then(|opened| Missed::between(opened, &replayed));
        if let Some(opened) = opened.as_ref().filter(|_| skips_missed) {
            say_skipped(opened, again, first, self.settings.interval);
        }
        if let Some(opened) = &opened {
            say_recovery(opened, &first, now, self.settings.interval, skips_missed);
        }
        let checkpoint = opened.map(|opened| opened.checkpoint);
        let engine = Engine {
            reads: reads > 0,
            dead_letters,
            ..self.engine(graph, sources, listeners, checkpoint, log)
        };
        let engine = Arc::new(engine);
        self.probe.begin(&engine);
        if self.settings.stop_at_eof {
            let own = Arc::downgrade(&engine);
            self.ends.on_all_closed(move || {
                if let Some(engine) = own.upgrade() {
                    engine.stop(StopMode::Graceful, None);
                }
            });
        }
        engine
            .listeners
            .post(|| StreamingEvent::StreamingStarted { time: now });
        if let Some(place) = &place {
            place.fill(&engine);
        }
        let replay = |queue: &BatchQueue| replay(&engine, &streams, replayed, missed, again, queue);
        parts.thread = Some(start(&engine, first, &self.ends, replay, place)?);
        parts.engine = Some(engine);
        Ok(())
    }

    /// Ends the run with an error, from a thread that has no engine.
    pub(super) fn fail(&self) -> Fail {
        let (outcome, clock) = (Arc::clone(&self.outcome), Arc::clone(&self.clock));
        Arc::new(move |error| {
            outcome.fail(error);
            clock.wake();
        })
    }

    fn engine(
        &self,
        graph: Graph,
        sources: Vec<Source>,
        listeners: Arc<ListenerBus>,
        checkpoint: Option<Checkpoint>,
        log: Option<Arc<BlockLog>>,
    ) -> Engine {
        let settings = &self.settings;
        let mut readers = graph.readers();
        let mut kept = Vec::new();
        let specs = sources.iter().map(|source| {
            let Readers { stages, held } = std::mem::take(&mut readers[source.node.0]);
            if held {
                kept.push(source.name.clone());
            }
            let (node, stream, name) = (source.node, source.stream, source.name.clone());
            InputSpec {
                node,
                stream,
                name,
                stages,
                held,
            }
        });
        let tracker = Arc::new(InputTracker::new(specs.collect()));
        if let Some(log) = &log {
            tracker.pass_through(Arc::clone(log));
        }
        let stages = graph
            .nodes
            .iter()
            .zip(&graph.needed)
            .filter(|(_, needed)| **needed);
        let stages: Vec<Arc<dyn EagerStage>> = stages
            .filter_map(|(entry, _)| match &entry.kind {
                NodeKind::Dataset(node) => node.eager(),
                NodeKind::Received => None,
            })
            .collect();
        // Each receiver may have one block open, or one that is idle could keep the others waiting.
        let least = sources.len() * BLOCK_BYTES;
        let budget = Budget::new(settings.max_in_flight.max(least as u64));
        let budget = Arc::new(budget.for_batches_of(settings.interval.to_std()));
        if !kept.is_empty() {
            kept.dedup();
            budget.bounds_batches_of(&kept.join(" and "));
        }
        let receivers = sources.into_iter().enumerate().map(|(number, source)| {
            let seat = ReceiverParts {
                settings,
                number,
                stream: source.stream,
                clock: Arc::clone(&self.clock),
                budget: Arc::clone(&budget),
                tracker: Arc::clone(&tracker),
                counters: Arc::clone(&self.counters),
                listeners: Arc::clone(&listeners),
                fail: self.fail(),
            };
            (source.open)(seat)
        });
        let receivers = receivers.collect();
        let outcome = Arc::clone(&self.outcome);
        let reader = Reader::new(move |waited| outcome.gives_up_output(waited));
        Engine {
            skips_empty: !counts_batches(&graph),
            reads: false,
            dead_letters: None,
            reader: Arc::new(reader),
            running: Lock::default(),
            graph,
            stages,
            executor: self.builder.executor.clone(),
            clock: Arc::clone(&self.clock),
            interval: settings.interval,
            tracker,
            budget,
            receivers,
            listeners,
            checkpoint,
            log,
            outcome: Arc::clone(&self.outcome),
            max_batches: settings.max_batches,
            grace: settings.grace,
            // A receiver waits for its own threads first.
            patience: PATIENCE + Duration::from_secs(1),
        }
    }
}

/// Everything that a receiver is built from.
pub(super) struct ReceiverParts<'a> {
    settings: &'a Settings,
    /// The receiver's index with the tracker.
    number: usize,
    stream: StreamId,
    clock: Arc<dyn Clock>,
    budget: Arc<Budget>,
    tracker: Arc<InputTracker>,
    counters: Arc<InputCounters>,
    listeners: Arc<ListenerBus>,
    fail: Fail,
}

impl ReceiverParts<'_> {
    /// The part that every receiver is given, whatever it receives.
    fn surroundings(self) -> Surroundings {
        let settings = self.settings;
        let last_end = match (settings.stop_at_eof, settings.stop_at_reset) {
            (_, true) => LastEnd::ClosedOrReset,
            (true, false) => LastEnd::Closed,
            (false, false) => LastEnd::Never,
        };
        let limiter = |rate| RateLimiter::new(rate, Arc::clone(&self.clock));
        Surroundings {
            limiter: settings.max_rate.map(limiter),
            dialer: Dialer::new(settings.dialing, Arc::clone(&self.clock), self.fail),
            counters: self.counters,
            clock: self.clock,
            listeners: self.listeners,
            settings: ReceiverSettings {
                stream: self.stream,
                block_interval: settings.block_interval,
                restart_delay: settings.restart_delay,
                last_end,
            },
        }
    }

    /// Receives the lines of a socket. Without an address a test feeds it: then it has nothing
    /// to run and never ends by itself.
    pub(super) fn lines(self, address: Option<(String, u16)>) -> Arc<dyn Ingest> {
        let (budget, tracker) = (Arc::clone(&self.budget), Arc::clone(&self.tracker));
        let max_line = self.settings.max_line;
        let blocks = Arc::new(BlockGenerator::new(budget, tracker, self.number, max_line));
        let Some((host, port)) = address else {
            return blocks;
        };
        let socket = SocketSettings {
            host,
            port,
            max_line,
        };
        Arc::new(SocketReceiver::new(socket, blocks, self.surroundings()))
    }

    /// Runs a receiver of records.
    pub(super) fn records<R: Receiver>(self, receiver: R) -> Arc<dyn Ingest> {
        let (budget, tracker) = (Arc::clone(&self.budget), Arc::clone(&self.tracker));
        let records = RecordGenerator::new(budget, tracker, self.number);
        let supervisor = Supervisor::new(receiver, records, self.surroundings());
        Arc::new(supervisor)
    }
}
