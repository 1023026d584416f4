//! The graph while it grows: shared by all streams of a context until `start` freezes it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use millrace_engine::error::{Error, Result};
use millrace_engine::exec::Executor;
use millrace_engine::pipeline::NodeId;
use millrace_types::{Duration, Lock, StreamId};

use super::{Entry, Graph, Node, NodeKind, OutputFn, OutputOp, RememberedBatches, Shown};

/// The states of a context (Spark 3.5: INITIALIZED, ACTIVE, STOPPED).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Not started yet: operators can be added.
    Initialized,
    /// Started, and not stopped.
    Active,
    /// Stopped, for ever.
    Stopped,
}

/// The description of a program, which streams write themselves into.
pub struct Builder {
    /// The workers of the program.
    pub executor: Executor,
    /// The number of partitions where an operator names none.
    pub default_partitions: usize,
    /// The batch interval: every slide is a multiple of it.
    pub interval: Duration,
    /// The batches that have been run and are remembered.
    pub memory: Arc<RememberedBatches>,
    state: Lock<BuilderState>,
    /// Called with errors of misuse that are raised after the start.
    late: OnceLock<Late>,
}

/// Gives an error to the threads that wait for the end.
type Late = Box<dyn Fn(Error) + Send + Sync>;

struct BuilderState {
    lifecycle: Lifecycle,
    nodes: Vec<Entry>,
    outputs: Vec<OutputOp>,
    /// The names of the input streams.
    streams: Vec<String>,
    stateful: bool,
    /// True if something is kept in the default number of partitions.
    keeps_partitions: bool,
    /// The first call that broke a rule before the start, which reports it.
    broken: Option<Error>,
}

impl Builder {
    /// A program without streams, whose batches are `interval` apart.
    #[must_use]
    pub fn new(executor: Executor, default_partitions: usize, interval: Duration) -> Builder {
        executor.set_default_partitions(default_partitions);
        let state = BuilderState {
            lifecycle: Lifecycle::Initialized,
            nodes: Vec::new(),
            outputs: Vec::new(),
            streams: Vec::new(),
            stateful: false,
            keeps_partitions: false,
            broken: None,
        };
        Builder {
            executor,
            default_partitions,
            interval,
            memory: Arc::default(),
            state: Lock::new(state),
            late: OnceLock::new(),
        }
    }

    /// Has `late` called with errors of misuse that are raised after the start.
    pub fn on_late_error(&self, late: impl Fn(Error) + Send + Sync + 'static) {
        self.late.get_or_init(|| Box::new(late));
    }

    /// Adds a node that receives, with the number of its input stream.
    pub fn receive(&self, name: String) -> (NodeId, StreamId) {
        let mut state = self.state.lock();
        self.check_open(&mut state);
        let stream = state.stream(&name);
        let kind = NodeKind::Received;
        let node = state.add(Entry {
            name,
            kind,
            slide: 1,
        });
        (node, stream)
    }

    /// Adds a node that reads from outside when a batch is due (a queue, a directory), with the
    /// number of its input stream, which `node` is made of.
    pub fn read(
        &self,
        name: String,
        node: impl FnOnce(StreamId) -> Box<dyn Node>,
    ) -> (NodeId, StreamId) {
        let mut state = self.state.lock();
        self.check_open(&mut state);
        let stream = state.stream(&name);
        let kind = NodeKind::Dataset(node(stream));
        let node = state.add(Entry {
            name,
            kind,
            slide: 1,
        });
        (node, stream)
    }

    /// The input streams in order, with what they read from.
    pub fn inputs(&self) -> Vec<(StreamId, String)> {
        let names = self.state.lock().streams.clone().into_iter();
        (0..).map(StreamId).zip(names).collect()
    }

    /// In how many batches the nodes are due once, if that is the same for all of them.
    pub fn slide(&self, nodes: &[NodeId]) -> Option<u64> {
        let state = self.state.lock();
        let mut slides = nodes.iter().map(|&node| state.slide(node));
        let first = slides.next().unwrap_or(1);
        slides.all(|slide| slide == first).then_some(first)
    }

    /// Notes a call that broke a rule: `start` reports the first one, and later ones are told to
    /// whoever waits for the end.
    pub fn record_error(&self, error: Error) {
        self.note_error(&mut self.state.lock(), error);
    }

    fn note_error(&self, state: &mut BuilderState, error: Error) {
        match self.late.get() {
            Some(late) if state.lifecycle != Lifecycle::Initialized => late(error),
            _ => drop(state.broken.get_or_insert(error)),
        }
    }

    /// Notes a broken rule if an operator is added that has no node after the start, or after the
    /// stop.
    pub fn check_growing(&self) {
        self.check_open(&mut self.state.lock());
    }

    /// Spark's rule and its words for it.
    fn check_open(&self, state: &mut BuilderState) {
        let when = match state.lifecycle {
            Lifecycle::Initialized => return,
            Lifecycle::Active => "starting",
            Lifecycle::Stopped => "stopping",
        };
        let error = Error::illegal(format!(
            "Adding new inputs, transformations, and output operations after {when} a context is \
             not supported"
        ));
        self.note_error(state, error);
    }

    /// True if all of these nodes receive. Of a frozen graph none does: what is added to it is
    /// an error that has been noted.
    pub fn all_receive(&self, nodes: &[NodeId]) -> bool {
        let state = self.state.lock();
        nodes.iter().all(|node| {
            matches!(
                state.nodes.get(node.0),
                Some(Entry {
                    kind: NodeKind::Received,
                    ..
                })
            )
        })
    }

    /// Adds a node that makes a dataset whenever its inputs do.
    pub fn make(&self, name: String, node: Box<dyn Node>) -> NodeId {
        let inputs = node.inputs();
        let slide = self.slide(&inputs).unwrap_or_else(|| {
            // Spark's rule and its words for it.
            self.record_error(Error::illegal(format!(
                "{name}: Some of the DStreams have different slide durations"
            )));
            1
        });
        self.make_every(name, node, slide)
    }

    /// Adds a node that makes a dataset every `slide` batches.
    pub fn make_every(&self, name: String, node: Box<dyn Node>, slide: u64) -> NodeId {
        let mut state = self.state.lock();
        self.check_open(&mut state);
        let kind = NodeKind::Dataset(node);
        state.add(Entry { name, kind, slide })
    }

    /// Says that the program keeps state, which needs a checkpoint directory.
    pub fn keeps_state(&self) {
        self.state.lock().stateful = true;
    }

    /// True if the program keeps state.
    pub fn is_stateful(&self) -> bool {
        self.state.lock().stateful
    }

    /// Says that the program keeps something in the default number of partitions.
    pub fn keeps_default_partitions(&self) {
        self.state.lock().keeps_partitions = true;
    }

    /// True if the program keeps something in the default number of partitions.
    pub fn keeps_partitions(&self) -> bool {
        self.state.lock().keeps_partitions
    }

    /// Adds an output operation.
    pub fn output(&self, name: String, inputs: Vec<NodeId>, run: OutputFn) {
        self.output_that_shows(name, inputs, run, None);
    }

    /// Adds an output operation that keeps in `shown` what it has printed last.
    pub fn output_that_shows(
        &self,
        name: String,
        inputs: Vec<NodeId>,
        run: OutputFn,
        shown: Option<Arc<Shown>>,
    ) {
        let slide = self.slide(&inputs).unwrap_or_else(|| {
            self.record_error(Error::illegal(format!(
                "{name}: Some of the DStreams have different slide durations"
            )));
            1
        });
        let mut state = self.state.lock();
        self.check_open(&mut state);
        state.outputs.push(OutputOp {
            name,
            inputs,
            run,
            slide,
            shown,
        });
    }

    /// The state that the context is in.
    pub fn lifecycle(&self) -> Lifecycle {
        self.state.lock().lifecycle
    }

    /// Puts the context into another state.
    pub fn set_lifecycle(&self, lifecycle: Lifecycle) {
        self.state.lock().lifecycle = lifecycle;
    }

    /// The error of a call that broke a rule before the start, which will report it too.
    pub fn first_error(&self) -> Option<Error> {
        let state = self.state.lock();
        let broken = state.broken.as_ref()?;
        Some(Error::new(broken.kind(), broken.to_string()))
    }

    /// The error of the first call that broke a rule before the start, which reports it no more.
    pub fn take_broken(&self) -> Option<Error> {
        self.state.lock().broken.take()
    }

    /// Takes the description out and makes the context active.
    ///
    /// # Errors
    /// If a call broke a rule before, or there is nothing to run.
    pub fn freeze(&self) -> Result<Graph> {
        let mut state = self.state.lock();
        if let Some(broken) = state.broken.take() {
            return Err(broken);
        }
        if state.outputs.is_empty() {
            return Err(Error::illegal(
                "No output operations registered, so nothing to execute",
            ));
        }
        state.lifecycle = Lifecycle::Active;
        let nodes = std::mem::take(&mut state.nodes);
        let mut graph = Graph::new(nodes, std::mem::take(&mut state.outputs));
        graph.memory = Arc::clone(&self.memory);
        Ok(graph)
    }
}

impl BuilderState {
    fn stream(&mut self, name: &str) -> StreamId {
        let stream = StreamId(self.streams.len() as u32);
        self.streams.push(name.to_owned());
        stream
    }

    /// Of a frozen graph every slide is one: what is added to it is an error that has been noted.
    fn slide(&self, node: NodeId) -> u64 {
        self.nodes.get(node.0).map_or(1, |entry| entry.slide)
    }

    fn add(&mut self, entry: Entry) -> NodeId {
        self.nodes.push(entry);
        NodeId(self.nodes.len() - 1)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("lifecycle", &self.lifecycle())
            .finish_non_exhaustive()
    }
}
