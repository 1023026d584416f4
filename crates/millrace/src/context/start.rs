//! From description to threads.

use std::sync::Arc;
use std::thread::JoinHandle;

use millrace_types::{BatchTime, StreamId, StreamingEvent};

use crate::error::{Error, Result};
use crate::graph::{Graph, Kind, Readers};
use crate::listener::ListenerBus;
use crate::notice::notice;
use crate::receiver::{
    BLOCK_BYTES, BlockGenerator, Budget, InputSpec, InputTracker, RateLimiter, Receiver,
    ReceiverSettings, RecordGenerator, SocketReceiver, SocketSettings, Supervisor,
};
use crate::scheduler::{Clock, Engine, Receiving, StopMode, generate, run_jobs};
use crate::source::Ends;
use crate::stage::EagerStage;

use super::{Parts, Settings, Source, StreamingContext};

impl StreamingContext {
    pub(super) fn start_engine(&self) -> Result<()> {
        let mut parts = self.parts();
        self.check_checkpoint(&mut parts)?;
        let graph = self.builder.freeze()?;
        let listeners = ListenerBus::start(std::mem::take(&mut parts.listeners))?;
        let sources = std::mem::take(&mut parts.sources);
        let reads = parts.reads.iter().filter(|node| graph.needed[node.0]);
        self.ends.expect(sources.len() + reads.count());
        let engine = Arc::new(self.engine(graph, sources, listeners));
        if self.settings.stop_at_eof {
            let own = Arc::downgrade(&engine);
            self.ends.then(move || {
                if let Some(engine) = own.upgrade() {
                    engine.stop(StopMode::Graceful, None);
                }
            });
        }
        let now = engine.clock.now();
        engine
            .listeners
            .post(|| StreamingEvent::StreamingStarted { time: now });
        parts.thread = Some(run(&engine, &self.ends)?);
        parts.engine = Some(engine);
        Ok(())
    }

    /// A program that keeps state must say where (Spark 3.5's rule and words).
    fn check_checkpoint(&self, parts: &mut Parts) -> Result<()> {
        if !self.builder.is_stateful() {
            return Ok(());
        }
        if parts.checkpoint.is_none() {
            let directory = self.settings.checkpoint.as_ref().ok_or_else(|| {
                Error::illegal(
                    "The checkpoint directory has not been set. Please set it by \
                     StreamingContext.checkpoint().",
                )
            })?;
            std::fs::create_dir_all(directory).map_err(|error| {
                Error::io(
                    format!("cannot create the checkpoint directory {directory}"),
                    error,
                )
            })?;
            parts.checkpoint = Some(directory.clone());
        }
        notice("state is kept in memory: counts are not kept across restarts");
        Ok(())
    }

    fn engine(&self, graph: Graph, sources: Vec<Source>, listeners: Arc<ListenerBus>) -> Engine {
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
        let stages = graph
            .nodes
            .iter()
            .zip(&graph.needed)
            .filter(|(_, needed)| **needed);
        let stages: Vec<Arc<dyn EagerStage>> = stages
            .filter_map(|(entry, _)| match &entry.kind {
                Kind::Made(node) => node.eager(),
                Kind::Received => None,
            })
            .collect();
        // Each receiver may have one block open, or one that is idle could keep the others waiting.
        let least = sources.len() * BLOCK_BYTES;
        let budget = Arc::new(Budget::new(settings.max_in_flight.max(least as u64)));
        if !kept.is_empty() {
            kept.dedup();
            budget.bounds_batches_of(&kept.join(" and "));
        }
        let receivers = sources.into_iter().enumerate().map(|(number, source)| {
            let seat = Seat {
                settings,
                number,
                stream: source.stream,
                clock: Arc::clone(&self.clock),
                budget: Arc::clone(&budget),
                tracker: Arc::clone(&tracker),
                listeners: Arc::clone(&listeners),
            };
            (source.open)(seat)
        });
        let receivers = receivers.collect();
        Engine {
            graph,
            stages,
            executor: self.builder.executor.clone(),
            clock: Arc::clone(&self.clock),
            interval: settings.interval,
            tracker,
            budget,
            receivers,
            listeners,
            outcome: Arc::clone(&self.outcome),
            max_batches: settings.max_batches,
            grace: settings.grace,
        }
    }
}

/// What a receiver finds where it is put.
pub(super) struct Seat<'a> {
    settings: &'a Settings,
    /// The receiver's index with the tracker.
    number: usize,
    stream: StreamId,
    clock: Arc<dyn Clock>,
    budget: Arc<Budget>,
    tracker: Arc<InputTracker>,
    listeners: Arc<ListenerBus>,
}

impl Seat<'_> {
    fn limiter(&self) -> Option<RateLimiter> {
        let rate = self.settings.max_rate?;
        Some(RateLimiter::new(rate, Arc::clone(&self.clock)))
    }

    /// Receives the lines of a socket. Without an address a test feeds it: then it has nothing
    /// to run and never ends by itself.
    pub(super) fn lines(self, address: Option<(String, u16)>) -> Receiving {
        let (budget, tracker) = (Arc::clone(&self.budget), Arc::clone(&self.tracker));
        let max_line = self.settings.max_line;
        let blocks = Arc::new(BlockGenerator::new(budget, tracker, self.number, max_line));
        let sealed = Arc::clone(&blocks);
        let seal = Arc::new(move || sealed.seal());
        let Some((host, port)) = address else {
            return Receiving {
                seal,
                fed: Some(blocks),
                run: Arc::new(|| false),
                stop: Arc::new(|| {}),
            };
        };
        let settings = SocketSettings {
            host,
            port,
            stream: self.stream,
            block_interval: self.settings.block_interval,
            restart_delay: self.settings.restart_delay,
            ends_at_eof: self.settings.stop_at_eof,
            max_line,
        };
        let limiter = self.limiter();
        let receiver = SocketReceiver::new(settings, blocks, self.listeners, self.clock, limiter);
        let receiver = Arc::new(receiver);
        let stopped = Arc::clone(&receiver);
        Receiving {
            seal,
            fed: None,
            run: Arc::new(move || receiver.run()),
            stop: Arc::new(move || stopped.stop()),
        }
    }

    /// Runs a receiver of records.
    pub(super) fn records<R: Receiver>(self, receiver: R) -> Receiving {
        let (budget, tracker) = (Arc::clone(&self.budget), Arc::clone(&self.tracker));
        let records = RecordGenerator::new(budget, tracker, self.number);
        let settings = ReceiverSettings {
            stream: self.stream,
            block_interval: self.settings.block_interval,
            restart_delay: self.settings.restart_delay,
        };
        let limiter = self.limiter();
        let supervisor = Supervisor::new(
            receiver,
            &settings,
            records,
            limiter,
            self.clock,
            self.listeners,
        );
        let supervisor = Arc::new(supervisor);
        let (sealed, stopped) = (Arc::clone(&supervisor), Arc::clone(&supervisor));
        Receiving {
            seal: Arc::new(move || sealed.seal()),
            fed: None,
            run: Arc::new(move || supervisor.run()),
            stop: Arc::new(move || stopped.stop()),
        }
    }
}

/// Starts the threads: jobs, generator, receivers. The one that is returned joins the others.
fn run(engine: &Arc<Engine>, ends: &Arc<Ends>) -> Result<JoinHandle<()>> {
    let (send, receive) = crossbeam::channel::unbounded();
    // Here and not on the generator's thread: a start at one time has one first batch.
    let now = BatchTime::from_millis(engine.clock.now());
    let first = now.next_multiple_after(engine.interval);
    let own = Arc::clone(engine);
    let jobs = spawn("millrace-jobs", move || run_jobs(&own, &receive))?;
    let receivers = receive_on_threads(engine, ends)?;
    let own = Arc::clone(engine);
    spawn("millrace-generator", move || {
        generate(&own, first, send, receivers);
        // It catches what batches panic.
        drop(jobs.join());
        own.listeners.close();
        own.outcome.end();
    })
}

fn receive_on_threads(engine: &Arc<Engine>, ends: &Arc<Ends>) -> Result<Vec<JoinHandle<()>>> {
    let threads = engine
        .receivers
        .iter()
        .enumerate()
        .map(|(number, receiver)| {
            let ends = Arc::clone(ends);
            let run = Arc::clone(&receiver.run);
            spawn(&format!("millrace-recv-{number}"), move || {
                if run() {
                    ends.ended();
                }
            })
        });
    threads.collect()
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let started = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body);
    started.map_err(|error| Error::io(format!("cannot start the thread {name}"), error))
}
