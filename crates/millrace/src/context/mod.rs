//! The entry point of a program, and the assembly of what it described.

mod active;
mod datasets;
mod described;
mod durability;
mod file_streams;
mod get_or_create;
mod log_level;
mod missed;
mod misuse;
mod probe;
mod queue_stream;
mod receiver_stream;
mod remember;
mod settings;
mod skip_record;
mod socket_streams;
mod source_stream;
mod start;
mod state;
mod stop_handle;
mod transform;
mod union;

use std::fmt;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration as StdDuration;

use millrace_engine::error::{Error, Result};
use millrace_engine::exec::Executor;
use millrace_engine::pipeline::Pipeline;
use millrace_engine::pipeline::{Lines, NodeId};
use millrace_engine::role::Role;
use millrace_runtime::checkpoint::Start;
use millrace_runtime::graph::{Builder, Lifecycle};
use millrace_runtime::listener::ListenerHandle;
use millrace_runtime::notice::Repeats;
use millrace_runtime::receiver::{Ingest, InputCounters, InputCounts};
use millrace_runtime::scheduler::{Clock, Engine, RunState, StopMode};
use millrace_runtime::source::OpenSources;
use millrace_runtime::stdout::Stdout;
use millrace_text::Text;
use millrace_types::{Conf, Duration, Host, StreamId, StreamingListener, keys};

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
    parts: Mutex<Registrations>,
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
            parts: Mutex::default(),
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

    fn parts(&self) -> MutexGuard<'_, Registrations> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lines that a TCP server sends (Spark: `socketTextStream`).
    ///
    /// The context is the client: it connects when it starts, on IPv4 or IPv6, and again every
    /// `spark.streaming.receiverRestartDelay` for as long as nobody answers. `\n`, `\r` and
    /// `\r\n` end a line; malformed UTF-8 becomes U+FFFD as Java's decoder does it. A line
    /// belongs to the batch in whose interval its end was read.
    /// `spark.streaming.receiver.maxRate` says how many lines may come in a second. A line longer
    /// than `millrace.receiver.maxLineBytes` is cut there; one that a broken connection leaves
    /// unfinished is dropped (Spark 3.5), and one that a closed connection leaves is a line. A
    /// host that can never be one is an error of the start.
    ///
    /// ```
    /// use std::io::Write;
    /// use std::net::TcpListener;
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let server = TcpListener::bind("127.0.0.1:0").unwrap();
    /// let port = server.local_addr().unwrap().port();
    /// std::thread::spawn(move || server.accept().unwrap().0.write_all(b"hello world\n"));
    ///
    /// let mut conf = Conf::new();
    /// conf.set(keys::STOP_AT_EOF, "true");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(50))?;
    /// ssc.socket_text_stream("127.0.0.1", port).print();
    /// ssc.start()?;
    /// ssc.await_termination()
    /// # }
    /// ```
    pub fn socket_text_stream(&self, host: &str, port: u16) -> DStream<Text, Lines> {
        self.check_host(host);
        self.text_stream(Some((host.to_owned(), port)))
    }

    /// Refuses a host that can never be one.
    fn check_host(&self, host: &str) {
        if let Err(error) = Host::parse(host) {
            self.builder.record_error(Error::config(error));
        }
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
        self.parts().sources.push(Source {
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

    /// Adds a listener (Spark: `addStreamingListener`). One that is added after the start is told
    /// what happens from then on. The handle takes it away again, and may be dropped.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// ssc.add_streaming_listener(millrace::events::StatsReportListener::new(10));
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_streaming_listener(
        &self,
        listener: impl StreamingListener + 'static,
    ) -> ListenerHandle {
        let handle = ListenerHandle::default();
        let listener = handle.guard(listener);
        let mut parts = self.parts();
        match &parts.engine {
            None => parts.listeners.push(listener),
            Some(engine) => {
                if let Err(error) = engine.listeners.add(listener) {
                    self.builder.record_error(error);
                }
            }
        }
        handle
    }

    /// Takes a listener away (Spark: `removeStreamingListener`). It is told no event that is
    /// delivered from then on; one that it is just being told it still hears to the end. A second
    /// call does nothing.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// let report = ssc.add_streaming_listener(millrace::events::StatsReportListener::new(10));
    /// ssc.remove_streaming_listener(&report);
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove_streaming_listener(&self, listener: &ListenerHandle) {
        listener.remove();
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

    /// Waits until the context has stopped.
    ///
    /// # Errors
    /// The error that ended the run: user code that panicked, an output that could not be
    /// written. Also, at once and while the run goes on, a call after the start that broke a
    /// rule; the one who waits then gets the error, or the one who waits next. Each is given
    /// once. Before the start it is what the start will say of a program that broke a rule.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set(keys::MAX_BATCHES, "1");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2]]).map(|number| 1 / (number - 1)).print();
    /// ssc.start()?;
    /// let error = ssc.await_termination().unwrap_err();
    /// assert!(error.to_string().contains("divide by zero"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn await_termination(&self) -> Result<()> {
        self.wait(None).map(|_| ())
    }

    /// Waits until the context has stopped, but no longer than `timeout`; says whether it has.
    ///
    /// # Errors
    /// As [`await_termination`](StreamingContext::await_termination).
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2]]).print();
    /// ssc.start()?;
    /// assert!(!ssc.await_termination_or_timeout(std::time::Duration::from_millis(1))?);
    /// ssc.stop(false);
    /// assert!(ssc.await_termination_or_timeout(std::time::Duration::from_secs(1))?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn await_termination_or_timeout(&self, timeout: StdDuration) -> Result<bool> {
        self.wait(Some(timeout))
    }

    fn wait(&self, timeout: Option<StdDuration>) -> Result<bool> {
        if let Some(broken) = self.builder.first_error() {
            return Err(broken);
        }
        let ended = self.outcome.wait(timeout)?;
        if ended {
            self.builder.set_lifecycle(Lifecycle::Stopped);
        }
        Ok(ended)
    }

    /// Stops the context and waits until it has stopped. `graceful` says whether what was
    /// received is run first; that takes at most `spark.streaming.gracefulStopTimeout`, ten
    /// batch intervals by default. What is left then is an error
    /// ([`Unfinished`](crate::ErrorKind::Unfinished)) to whoever waits.
    ///
    /// Called by a function of a batch, it asks for the stop and returns: the batch that runs
    /// cannot wait for itself. Called by a listener it is refused, as in Spark, with a line on
    /// standard error, and whoever waits is told; a [`StopHandle`] is for that.
    ///
    /// Receivers are waited for about ten seconds, and so are listeners; one that does not return
    /// is left behind, with a line on standard error. A batch that runs is waited for as long as
    /// its functions take, and output that nobody reads for two seconds without grace, with grace
    /// for as long as that lasts.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2]]).print();
    /// ssc.start()?;
    /// ssc.stop(true);
    /// assert_eq!(ssc.get_state(), millrace::context::ContextState::Stopped);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop(&self, graceful: bool) {
        let role = Role::of_this_thread();
        if role == Role::Listeners {
            let rule = "Cannot stop StreamingContext within listener bus thread.";
            self.calls.say("stop", rule);
            self.builder.record_error(Error::illegal(rule));
            return;
        }
        if self.builder.lifecycle() == Lifecycle::Initialized {
            self.builder.set_lifecycle(Lifecycle::Stopped);
            self.outcome.finish();
            return;
        }
        self.stop_handle().stop(graceful);
        if role.is_engine() {
            return;
        }
        let thread = self.parts().thread.take();
        if let Some(thread) = thread {
            // Its panic would be the engine's own fault; the run has ended either way.
            drop(thread.join());
        }
        self.builder.set_lifecycle(Lifecycle::Stopped);
    }

    /// Receives bytes by hand on the first stream, which has no address: a test is the sender.
    /// Cuts a block after every `block_bytes` bytes.
    pub(crate) fn feed(&self, bytes: &[u8], block_bytes: usize) {
        let Some(engine) = self.parts().engine.clone() else {
            return;
        };
        let Some(blocks) = engine.receivers[0].fed() else {
            return;
        };
        let mut since_cut = 0;
        let mut rest = bytes;
        while !rest.is_empty() {
            let filled = blocks.fill(|spare| {
                let count = rest.len().min(spare.len()).min(block_bytes - since_cut);
                spare[..count].copy_from_slice(&rest[..count]);
                Ok(count)
            });
            let Ok(count) = filled else { return };
            rest = &rest[count..];
            since_cut += count;
            if since_cut == block_bytes {
                blocks.seal();
                since_cut = 0;
            }
        }
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

    /// A handle that can ask for a stop from anywhere, a signal handler's thread for instance.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    /// ssc.queue_stream(vec![vec![1, 2]]).print();
    /// ssc.start()?;
    /// let handle = ssc.stop_handle();
    /// handle.stop(true);
    /// ssc.await_termination()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle {
            engine: self.parts().engine.clone(),
        }
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

/// The stop that `StopHandle` asks for.
fn mode(graceful: bool) -> StopMode {
    if graceful {
        StopMode::Graceful
    } else {
        StopMode::Now
    }
}
