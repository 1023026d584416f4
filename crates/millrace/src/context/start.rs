//! From description to threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use millrace_types::StreamingEvent;

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::graph::{Graph, Kind, Readers};
use crate::listener::ListenerBus;
use crate::receiver::{
    BlockGenerator, Budget, InputSpec, InputTracker, SocketReceiver, SocketSettings,
};
use crate::scheduler::{Engine, FirstBatch, Receiving, StopMode, generate, run_jobs};
use crate::stage::EagerStage;

use super::durability::first_batch;
use super::{Source, StreamingContext};

impl StreamingContext {
    pub(super) fn start_engine(&self) -> Result<()> {
        let mut parts = self.parts();
        let graph = self.builder.freeze()?;
        let opened = self.open_checkpoint(&mut parts, &graph)?;
        let listeners = ListenerBus::start(std::mem::take(&mut parts.listeners))?;
        let now = self.clock.now();
        // Here and not on the generator's thread: a start at one time has one first batch.
        let first = first_batch(opened.as_ref(), now, self.settings.interval);
        let checkpoint = opened.map(|opened| opened.checkpoint);
        let engine = self.engine(graph, &parts.sources, listeners, checkpoint);
        let engine = Arc::new(engine);
        engine
            .listeners
            .post(|| StreamingEvent::StreamingStarted { time: now });
        parts.thread = Some(run(&engine, first)?);
        parts.engine = Some(engine);
        Ok(())
    }

    fn engine(
        &self,
        graph: Graph,
        sources: &[Source],
        listeners: Arc<ListenerBus>,
        checkpoint: Option<Checkpoint>,
    ) -> Engine {
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
            checkpoint,
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
fn run(engine: &Arc<Engine>, first: FirstBatch) -> Result<JoinHandle<()>> {
    let (send, receive) = crossbeam::channel::unbounded();
    let own = Arc::clone(engine);
    let jobs = spawn("millrace-jobs", move || run_jobs(&own, &receive))?;
    let receivers = receive_on_threads(engine)?;
    let own = Arc::clone(engine);
    spawn("millrace-generator", move || {
        generate(&own, first, send, receivers);
        // It catches what batches panic.
        drop(jobs.join());
        if let Some(checkpoint) = &own.checkpoint {
            checkpoint.close();
        }
        own.listeners.close();
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
