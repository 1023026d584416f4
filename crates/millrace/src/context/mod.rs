//! The entry point of a program, and the assembly of what it described.

mod active;
mod datasets;
mod described;
mod durability;
mod feed;
mod file_streams;
mod get_or_create;
mod listeners;
mod log_level;
mod missed;
mod misuse;
mod probe;
mod queue_stream;
mod receiver_stream;
mod recovery;
mod remember;
mod settings;
mod skip_record;
mod socket_streams;
mod source_stream;
mod start;
mod state;
mod stop_handle;
mod termination;
mod transform;
mod union;

use std::fmt;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use millrace_engine::error::{Error, Result};
use millrace_engine::exec::Executor;
use millrace_engine::pipeline::Pipeline;
use millrace_engine::pipeline::{Lines, NodeId};
use millrace_runtime::checkpoint::Start;
use millrace_runtime::graph::{Builder, Lifecycle};
use millrace_runtime::notice::Repeats;
use millrace_runtime::receiver::{Ingest, InputCounters, InputCounts};
use millrace_runtime::scheduler::{Clock, Engine, RunState};
use millrace_runtime::source::OpenSources;
use millrace_runtime::stdout::Stdout;
use millrace_text::Text;
use millrace_types::{Conf, Duration, Lock, StreamId, StreamingListener, keys};

use crate::dstream::{DStream, PrintFormat, Printer};

pub use described::InputStream;
pub use get_or_create::ActiveOrCreated;
pub(crate) use settings::Settings;
use start::ReceiverParts;
pub use state::ContextState;
pub use stop_handle::StopHandle;

/// The entry point of a streaming program.
///
/// A context is INITIALIZED while streams and outputs are described, ACTIVE from
/// [`start`](StreamingContext::start) on, and STOPPED at the end; a stopped context is not
/// started again (Spark 3.5).
///
/// ```no_run
/// use millrace::{Conf, Duration, StreamingContext};
/// # fn main() -> millrace::Result<()> {
/// let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
/// ssc.socket_text_stream("localhost", 9999)
///     .flat_map(|line| line.split(" "))
///     .map(|word| (word, 1_i64))
///     .reduce_by_key(|a, b| a + b)
///     .print();
/// ssc.start()?;
/// ssc.await_termination()
/// # }
/// ```
pub struct StreamingContext {
    settings: Settings,
    builder: Arc<Builder>,
    printer: Arc<Printer>,
    clock: Arc<dyn Clock>,
    outcome: Arc<RunState>,
    ends: Arc<OpenSources>,
    counters: Arc<InputCounters>,
    probe: Arc<probe::Probe>,
    /// Lines about calls, which a program may make again and again.
    calls: Repeats,
    /// True if only one such context may be active in its process.
    exclusive: bool,
    parts: Lock<Registrations>,
}

#[derive(Default)]
struct Registrations {
    sources: Vec<Source>,
    /// Nodes that read from outside when a batch is due, and have an end or none.
    reads: Vec<NodeId>,
    listeners: Vec<Box<dyn StreamingListener>>,
    checkpoint: Option<PathBuf>,
    start: Start,
    /// True if it goes on from a checkpoint; known when it has been opened.
    recovers: Option<bool>,
    engine: Option<Arc<Engine>>,
    /// The thread that ends last.
    thread: Option<JoinHandle<()>>,
}

/// A receiving stream that was described.
struct Source {
    node: NodeId,
    stream: StreamId,
    name: String,
    open: OpenReceiver,
}

/// Makes what receives, when the context starts.
type OpenReceiver = Box<dyn FnOnce(ReceiverParts<'_>) -> Arc<dyn Ingest> + Send>;

impl StreamingContext {
    /// A context whose batches last `batch_duration` (`millrace.batchInterval` overrides it).
    ///
    /// `spark.master` says how many workers there are, `spark.default.parallelism` how many
    /// partitions keyed results have; unset, `local[*]` and as many as workers.
    ///
    /// # Errors
    /// If a setting is not what its key asks for, the batch duration is not positive, or the
    /// system does not give the threads.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set(keys::MASTER, "local[2]");
    /// let ssc = StreamingContext::new(&conf, Duration::seconds(1))?;
    /// conf.set(keys::MASTER, "locl[2]");
    /// assert!(StreamingContext::new(&conf, Duration::seconds(1)).is_err());
    /// # drop(ssc);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(conf: &Conf, batch_duration: Duration) -> Result<StreamingContext> {
        let settings = Settings::resolve(conf, batch_duration)?;
        if conf.contains(keys::LOG_LEVEL) || conf.contains(keys::LOG_FORMAT) {
            millrace_stderr::configure(conf).map_err(Error::config)?;
        }
        let printer = Printer::new(
            settings.print_format,
            settings.print_num,
            millrace_runtime::zone::local(),
            Box::new(Stdout::new()),
        );
        let clock = Arc::new(millrace_runtime::scheduler::SystemClock::default());
        let mut context = StreamingContext::assemble(settings, printer, clock)?;
        context.exclusive = true;
        Ok(context)
    }

    /// A context as [`new`](StreamingContext::new) makes it, that does not count as the one that
    /// is active in its process.
    pub(crate) fn beside_others(conf: &Conf, batch_duration: Duration) -> Result<StreamingContext> {
        let mut context = StreamingContext::new(conf, batch_duration)?;
        context.exclusive = false;
        Ok(context)
    }

    pub(crate) fn assemble(
        settings: Settings,
        printer: Printer,
        clock: Arc<dyn Clock>,
    ) -> Result<StreamingContext> {
        let executor = Executor::new(settings.workers)?;
        if settings.partitions_given {
            executor.partitions_are_given();
        }
        if let Some(most) = settings.most_skipped {
            executor.skip_records(most);
        }
        let builder = Builder::new(executor.clone(), settings.partitions, settings.interval);
        let outcome = Arc::new(RunState::default());
        let waiting = Arc::clone(&outcome);
        builder.on_late_error(move |error| waiting.report(error));
        let builder = Arc::new(builder);
        let weak = Arc::downgrade(&builder);
        let counters = Arc::default();
        executor.on_refusal(move |error| {
            if let Some(builder) = weak.upgrade() {
                builder.record_error(error);
            }
        });
        Ok(StreamingContext {
            probe: Arc::new(probe::Probe::new(&builder, &counters)),
            calls: Repeats::new(Arc::clone(&clock)),
            builder,
            printer: Arc::new(printer),
            clock,
            outcome,
            ends: Arc::default(),
            counters,
            exclusive: false,
            parts: Lock::default(),
            settings,
        })
    }

    /// The format in which this context prints: `millrace.print.format`. For programs that write
    /// lines of their own.
    ///
    /// ```
    /// use millrace::{Conf, Duration, PrintFormat, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set(keys::PRINT_FORMAT, "json");
    /// let ssc = StreamingContext::new(&conf, Duration::seconds(1))?;
    /// assert_eq!(ssc.print_format(), PrintFormat::Json);
    /// # Ok(())
    /// # }
    /// ```
    pub fn print_format(&self) -> PrintFormat {
        self.settings.print_format
    }

    pub(crate) fn text_stream(&self, address: Option<(String, u16)>) -> DStream<Text, Lines> {
        let name = match &address {
            Some((host, port)) => format!("socket text stream {host}:{port}"),
            None => "test stream".to_owned(),
        };
        let node = self.received(name, Box::new(|seat| seat.lines(address)));
        self.described(Lines { node })
    }

    /// Describes a stream that receives.
    fn received(&self, name: String, open: OpenReceiver) -> NodeId {
        let (node, stream) = self.builder.receive(name.clone());
        self.parts.lock().sources.push(Source {
            node,
            stream,
            name,
            open,
        });
        node
    }

    /// The stream of a pipeline.
    fn described<P: Pipeline>(&self, pipeline: P) -> DStream<P::Item, P> {
        DStream::new(Arc::new(pipeline), &self.builder, &self.printer)
    }

    /// Starts to receive and to run batches, and returns. A second call does nothing but say so.
    ///
    /// # Errors
    /// If the program broke a rule while it was described, has no output, or keeps state
    /// without a checkpoint directory; if the context was stopped, or another one is active in
    /// this process; if the system refuses a thread. After the last but one the context can
    /// still be started, after the others it has stopped.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// assert!(ssc.start().is_err(), "there is no output operation");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn start(&self) -> Result<()> {
        match self.get_state() {
            ContextState::Initialized => {}
            ContextState::Active => {
                let line = "StreamingContext has already been started";
                self.calls.say("start", line);
                return Ok(());
            }
            ContextState::Stopped => {
                return Err(Error::illegal("StreamingContext has already been stopped"));
            }
        }
        // Not in the closure: its caller would be this line.
        let caller = Location::caller();
        let place = self.exclusive.then(|| active::ActiveSlot::take(caller));
        let started = self.start_engine(place.transpose()?);
        if started.is_err() {
            self.builder.set_lifecycle(Lifecycle::Stopped);
            self.outcome.finish();
        }
        started
    }

    /// Counts of special input: lines that were cut, of sockets and of files, unfinished ones that a broken connection
    /// left and that were dropped, records of queues. Counted from the start on, and final when
    /// the context has stopped.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set(keys::MAX_BATCHES, "2");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2], vec![3]]).print();
    /// ssc.start()?;
    /// ssc.await_termination()?;
    /// let counts = ssc.input_counts();
    /// assert_eq!((counts.queue_records, counts.lines_cut), (3, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn input_counts(&self) -> InputCounts {
        self.counters.get()
    }

    /// Bytes that were received and not run, known when the context has stopped: none unless it
    /// was stopped without grace, by `millrace.maxBatches`, or by an error.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2]]).print();
    /// ssc.start()?;
    /// ssc.stop(true);
    /// assert_eq!(ssc.bytes_not_run(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn bytes_not_run(&self) -> u64 {
        self.outcome.not_run()
    }
}

impl Drop for StreamingContext {
    /// Stops without grace what is still running.
    fn drop(&mut self) {
        self.stop(false);
        self.calls.end("calls of the context");
    }
}

impl fmt::Debug for StreamingContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamingContext")
            .field("settings", &self.settings)
            .field("builder", &self.builder)
            .finish_non_exhaustive()
    }
}
