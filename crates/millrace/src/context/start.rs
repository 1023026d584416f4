//! From description to threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use millrace_types::{BatchTime, StreamingEvent};

use crate::error::{Error, Result};
use crate::graph::{Graph, Kind, Readers};
use crate::listener::ListenerBus;
use crate::notice::notice;
use crate::receiver::{
    BlockGenerator, Budget, InputSpec, InputTracker, SocketReceiver, SocketSettings,
};
use crate::scheduler::{Engine, Receiving, StopMode, generate, run_jobs};
use crate::stage::EagerStage;

use super::active::Place;
use super::{Parts, Source, StreamingContext};

impl StreamingContext {
    pub(super) fn start_engine(&self, place: Option<Place>) -> Result<()> {
        let mut parts = self.parts();
        self.check_checkpoint(&mut parts)?;
        let graph = self.builder.freeze()?;
        let listeners = ListenerBus::start(std::mem::take(&mut parts.listeners))?;
        let engine = Arc::new(self.engine(graph, &parts.sources, listeners));
        let now = engine.clock.now();
        engine
            .listeners
            .post(|| StreamingEvent::StreamingStarted { time: now });
        if let Some(place) = &place {
            place.fill(&engine);
        }
        parts.thread = Some(run(&engine, place)?);
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

    fn engine(&self, graph: Graph, sources: &[Source], listeners: Arc<ListenerBus>) -> Engine {
        let settings = &self.settings;
        let mut readers = graph.readers();
        let specs = sources.iter().map(|source| {
            let Readers { stages, held } = std::mem::take(&mut readers[source.node.0]);
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
        let budget = Arc::new(Budget::new(settings.max_in_flight));
        let receivers = sources.iter().enumerate().map(|(number, source)| {
            let blocks = Arc::new(BlockGenerator::new(
                Arc::clone(&budget),
                Arc::clone(&tracker),
                number,
                settings.max_line,
            ));
            self.receiving(source, blocks, &listeners)
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

    fn receiving(
        &self,
        source: &Source,
        blocks: Arc<BlockGenerator>,
        listeners: &Arc<ListenerBus>,
    ) -> Receiving {
        let Some((host, port)) = &source.address else {
            // Fed by a test; it has nothing to run and never ends by itself.
            return Receiving {
                blocks,
                run: Arc::new(|| false),
                stop: Arc::new(|| {}),
            };
        };
        let settings = SocketSettings {
            host: host.clone(),
            port: *port,
            stream: source.stream,
            block_interval: self.settings.block_interval,
            restart_delay: self.settings.restart_delay,
            ends_at_eof: self.settings.stop_at_eof,
            max_line: self.settings.max_line,
        };
        let receiver = SocketReceiver::new(settings, Arc::clone(&blocks), Arc::clone(listeners));
        let receiver = Arc::new(receiver);
        let stopped = Arc::clone(&receiver);
        Receiving {
            blocks,
            run: Arc::new(move || receiver.run()),
            stop: Arc::new(move || stopped.stop()),
        }
    }
}

/// Starts the threads: jobs, generator, receivers. The one that is returned joins the others.
fn run(engine: &Arc<Engine>, place: Option<Place>) -> Result<JoinHandle<()>> {
    let (send, receive) = crossbeam::channel::unbounded();
    // Here and not on the generator's thread: a start at one time has one first batch.
    let now = BatchTime::from_millis(engine.clock.now());
    let first = now.next_multiple_after(engine.interval);
    engine.graph.begin(first - engine.interval, engine.interval);
    let own = Arc::clone(engine);
    let jobs = spawn("millrace-jobs", move || run_jobs(&own, &receive))?;
    let receivers = receive_on_threads(engine)?;
    let own = Arc::clone(engine);
    spawn("millrace-generator", move || {
        generate(&own, first, send, receivers);
        // It catches what batches panic.
        drop(jobs.join());
        own.listeners.close();
        // Whoever is told of the end may start another context.
        drop(place);
        own.outcome.end();
    })
}

fn receive_on_threads(engine: &Arc<Engine>) -> Result<Vec<JoinHandle<()>>> {
    let running = Arc::new(AtomicUsize::new(engine.receivers.len()));
    let threads = engine
        .receivers
        .iter()
        .enumerate()
        .map(|(number, receiver)| {
            let (engine, running) = (Arc::clone(engine), Arc::clone(&running));
            let run = Arc::clone(&receiver.run);
            spawn(&format!("millrace-recv-{number}"), move || {
                let ended = run();
                if ended && running.fetch_sub(1, Ordering::AcqRel) == 1 {
                    engine.stop(StopMode::Graceful, None);
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
