//! The handle that a program's own receiver works with.

use std::fmt;
use std::io;
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use millrace_engine::data::Data;
use millrace_engine::panics::message_of;
use millrace_types::StreamId;
use millrace_types::reason;

use super::dialer::NotDialed;
use super::logged;
use super::shared::{Command, Shared};

/// The handle with which a [`Receiver`](super::Receiver) does its work: cheap to clone, for any number of
/// threads.
///
/// It belongs to one start of the receiver: after a restart, the contexts of before say that they
/// are stopped, and cannot restart or stop what runs now.
///
/// ```
/// use millrace::{Conf, Duration, Receiver, ReceiverContext, StreamingContext, keys};
///
/// /// Has a connection that is lost four times.
/// struct Flaky {
///     starts: u32,
/// }
///
/// impl Receiver for Flaky {
///     type Item = String;
///
///     fn on_start(&mut self, context: ReceiverContext<String>) {
///         self.starts += 1;
///         let start = self.starts;
///         context.spawn("read", move |context| {
///             assert!(context.is_started() && !context.is_stopped());
///             assert_eq!(context.stream_id().0, 0);
///             context.store(format!("start {start}"));
///             match start {
///                 1 => context.restart_after("lost", std::time::Duration::ZERO),
///                 2 => context.restart("lost again"),
///                 3 => context.restart_because("and again", "reset by peer"),
///                 4 => {
///                     let delay = std::time::Duration::ZERO;
///                     context.restart_after_because("once more", "reset by peer", delay);
///                 }
///                 _ => {
///                     context.report_error("this is the last time");
///                     context.report_error_because("the next one", "it has not come yet");
///                     context.store_many(["a".to_owned(), "b".to_owned()]);
///                     context.store_block(vec!["c".to_owned()]);
///                     // As MessagePack has them: a text of one byte.
///                     assert!(context.store_bytes(b"\xa1d").is_ok());
///                     assert!(context.store_bytes_with_metadata(b"\xa1e", "the last").is_ok());
///                     context.stop("done");
///                 }
///             }
///         });
///     }
/// }
///
/// # fn main() -> millrace::Result<()> {
/// let mut conf = Conf::new();
/// conf.set(keys::STOP_AT_EOF, "true").set(keys::RECEIVER_RESTART_DELAY, "10ms");
/// let ssc = StreamingContext::new(&conf, Duration::milliseconds(20))?;
/// let (send, batches) = std::sync::mpsc::channel();
/// ssc.receiver_stream(Flaky { starts: 0 }).foreach_rdd(move |rdd| {
///     drop(send.send(rdd.collect()));
/// });
/// ssc.start()?;
/// ssc.await_termination()?;
/// drop(ssc);
/// let records: Vec<String> = batches.iter().flatten().collect();
/// assert_eq!(records[..5], ["start 1", "start 2", "start 3", "start 4", "start 5"]);
/// assert_eq!(records[5..], ["a", "b", "c", "d", "e"]);
/// # Ok(())
/// # }
/// ```
pub struct ReceiverContext<T> {
    shared: Arc<Shared<T>>,
    /// Which start of the receiver it belongs to.
    start: u64,
}

impl<T: Data> ReceiverContext<T> {
    pub(super) fn new(shared: Arc<Shared<T>>, start: u64) -> ReceiverContext<T> {
        ReceiverContext { shared, start }
    }

    /// Stores one record (Spark: `store(item)`).
    ///
    /// Waits while `spark.streaming.receiver.maxRate` is reached, and while the memory budget
    /// (`millrace.receiver.maxBytesInFlight`) is spent. Records go on in blocks, which are cut at
    /// `spark.streaming.blockInterval` and at the tick; what one thread stores keeps its order.
    ///
    /// Says whether the record was stored, which is so until the context has stopped. Until then
    /// every stored record is in exactly one batch.
    pub fn store(&self, record: T) -> bool {
        self.shared.pass();
        self.shared.records.store(record)
    }

    /// Stores records one after the other, each as [`store`](ReceiverContext::store) does; says
    /// whether all of them were stored. The records of other threads may come between them.
    pub fn store_many(&self, records: impl IntoIterator<Item = T>) -> bool {
        records.into_iter().all(|record| self.store(record))
    }

    /// Stores records together, as one block, and returns when that is done (Spark:
    /// `store(ArrayBuffer)` and `store(Iterator)`); says whether it was.
    ///
    /// Not limited by `spark.streaming.receiver.maxRate` (Spark 3.5). Waits while the memory
    /// budget is spent. All records are in the same batch.
    #[expect(
        clippy::must_use_candidate,
        reason = "a receiver that is asked to stop hears it from `is_stopped`"
    )]
    pub fn store_block(&self, records: Vec<T>) -> bool {
        self.shared.records.store_block(records, None)
    }

    /// As [`store_block`](ReceiverContext::store_block), with something to say of the block, for
    /// instance from where to where it was read (Spark: `store(ArrayBuffer, metadata)`).
    ///
    /// Listeners find it in the `block_metadata` of the batch's input
    /// ([`StreamInputInfo`](millrace_types::StreamInputInfo)), and so do those of a run that goes
    /// on from the write-ahead log.
    ///
    /// ```
    /// use millrace::{Conf, Duration, Receiver, ReceiverContext, StreamingContext};
    /// use millrace::events::BatchInfo;
    /// use millrace::{StreamingListener, keys};
    ///
    /// struct Offsets;
    ///
    /// impl Receiver for Offsets {
    ///     type Item = u32;
    ///
    ///     fn on_start(&mut self, context: ReceiverContext<u32>) {
    ///         context.store_block_with_metadata(vec![10, 11, 12], "offsets 0 to 2");
    ///         // Two numbers, as MessagePack has them.
    ///         let stored = context.store_bytes_with_metadata(&[13, 14], "offsets 3 to 4");
    ///         assert!(stored.is_ok_and(|stored| stored));
    ///         context.stop("that was all");
    ///     }
    /// }
    ///
    /// /// Passes on what is said of blocks.
    /// struct Said(std::sync::mpsc::Sender<String>);
    ///
    /// impl StreamingListener for Said {
    ///     fn on_batch_completed(&mut self, batch: &BatchInfo) {
    ///         let inputs = batch.stream_id_to_input_info.values();
    ///         for said in inputs.flat_map(|input| &input.block_metadata) {
    ///             drop(self.0.send(said.clone()));
    ///         }
    ///     }
    /// }
    ///
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set(keys::STOP_AT_EOF, "true");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(20))?;
    /// let (send, said) = std::sync::mpsc::channel();
    /// ssc.add_streaming_listener(Said(send));
    /// ssc.receiver_stream(Offsets).print();
    /// ssc.start()?;
    /// ssc.await_termination()?;
    /// drop(ssc);
    /// assert_eq!(said.iter().collect::<Vec<_>>(), ["offsets 0 to 2", "offsets 3 to 4"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn store_block_with_metadata(&self, records: Vec<T>, metadata: impl Into<String>) -> bool {
        let metadata = Some(metadata.into());
        self.shared.records.store_block(records, metadata)
    }

    /// Stores records that come in their written form: one MessagePack value each, one behind the
    /// other (Spark: `store(ByteBuffer)`, whose bytes are what its serializer wrote). Otherwise as
    /// [`store_block`](ReceiverContext::store_block).
    ///
    /// The form is that in which records pass the write-ahead log: structs are maps with the names
    /// of their fields, as `rmp_serde::to_vec_named` writes them.
    ///
    /// # Errors
    /// If the bytes are not records of this type (`InvalidData`); none of them is stored then.
    pub fn store_bytes(&self, bytes: &[u8]) -> io::Result<bool> {
        Ok(self.store_block(self.records_of(bytes)?))
    }

    /// As [`store_bytes`](ReceiverContext::store_bytes), with something to say of the block, as
    /// [`store_block_with_metadata`](ReceiverContext::store_block_with_metadata) takes it
    /// (Spark: `store(ByteBuffer, metadata)`).
    ///
    /// # Errors
    /// As [`store_bytes`](ReceiverContext::store_bytes).
    pub fn store_bytes_with_metadata(
        &self,
        bytes: &[u8],
        metadata: impl Into<String>,
    ) -> io::Result<bool> {
        Ok(self.store_block_with_metadata(self.records_of(bytes)?, metadata))
    }

    fn records_of(&self, bytes: &[u8]) -> io::Result<Vec<T>> {
        logged::records(bytes).map_err(|error| {
            let stream = self.shared.stream;
            let what = format!(
                "the bytes that receiver {stream} stores are not records of its type in \
                 MessagePack: {error}"
            );
            io::Error::new(io::ErrorKind::InvalidData, what)
        })
    }

    /// Tells listeners and standard error about an error; the receiver goes on (Spark:
    /// `reportError`).
    pub fn report_error(&self, message: &str) {
        self.shared.error(message, "");
    }

    /// As [`report_error`](ReceiverContext::report_error), with the error in full, which listeners
    /// get as `last_error` (Spark: `reportError(message, throwable)`).
    pub fn report_error_because(&self, message: &str, error: impl fmt::Display) {
        self.shared.error(message, &error.to_string());
    }

    /// Stops the receiver and starts it again after `spark.streaming.receiverRestartDelay`, with
    /// a message that says why, which listeners get when it stops (Spark: `restart`). Returns at once. Without effect if the receiver
    /// has been stopped or restarted already.
    pub fn restart(&self, message: &str) {
        self.restart_after(message, self.shared.restart_delay);
    }

    /// As [`restart`](ReceiverContext::restart), with the error in full, which listeners get as
    /// `last_error` (Spark: `restart(message, error)`).
    pub fn restart_because(&self, message: &str, error: impl fmt::Display) {
        self.restart_after_because(message, error, self.shared.restart_delay);
    }

    /// As [`restart`](ReceiverContext::restart), after another delay. From one start to the next it
    /// takes 10 ms at least.
    pub fn restart_after(&self, message: &str, delay: Duration) {
        self.restart_after_because(message, "", delay);
    }

    /// As [`restart_because`](ReceiverContext::restart_because), after another delay (Spark:
    /// `restart(message, error, millisecond)`).
    pub fn restart_after_because(&self, message: &str, error: impl fmt::Display, delay: Duration) {
        let restart = Command::Restart {
            message: message.to_owned(),
            error: error.to_string(),
            delay,
            again: self.shared.after(delay),
        };
        self.shared.command(self.start, restart);
    }

    /// A connection to a TCP server, made as those of
    /// `socket_text_stream` are.
    ///
    /// The addresses of the host are tried one after the other, five seconds each; an IPv6 address
    /// may stand in brackets. `millrace.receiver.keepAlive` finds out that the server is gone, and
    /// the run ends with an error when nobody has answered for
    /// `millrace.receiver.connectTimeout`.
    ///
    /// # Errors
    /// If no address answers, or the receiver was stopped before one did (`Interrupted`). The
    /// message names host and port. A host that can never be one (see
    /// [`Host`](millrace_types::Host)) ends the run. Where the run ends the receiver has been
    /// stopped, and a restart that it asks for has no effect.
    ///
    /// ```
    /// use std::io::{BufRead, BufReader};
    ///
    /// use millrace::{Conf, Duration, Receiver, ReceiverContext, StreamingContext, keys};
    ///
    /// /// The lines that a server sends.
    /// struct Lines(u16);
    ///
    /// impl Receiver for Lines {
    ///     type Item = String;
    ///
    ///     fn on_start(&mut self, context: ReceiverContext<String>) {
    ///         let port = self.0;
    ///         context.spawn("lines", move |context| {
    ///             let connection = match context.connect("127.0.0.1", port) {
    ///                 Ok(connection) => connection,
    ///                 Err(error) => return context.restart(&error.to_string()),
    ///             };
    ///             for line in BufReader::new(connection).lines() {
    ///                 match line {
    ///                     Ok(line) => context.store(line),
    ///                     Err(error) => return context.disconnected("the server", Err(error), 0),
    ///                 };
    ///             }
    ///             context.disconnected("the server", Ok(()), 0);
    ///         });
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let port = server.local_addr()?.port();
    /// # let sender = std::thread::spawn(move || {
    /// #     use std::io::Write;
    /// #     server.accept().unwrap().0.write_all(b"to be\nor not\n").unwrap();
    /// # });
    /// let mut conf = Conf::new();
    /// conf.set(keys::STOP_AT_EOF, "true");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(20))?;
    /// let (send, seen) = std::sync::mpsc::channel();
    /// ssc.receiver_stream(Lines(port)).foreach_rdd(move |rdd| drop(send.send(rdd.collect())));
    /// ssc.start()?;
    /// ssc.await_termination()?;
    /// drop(ssc);
    /// assert_eq!(seen.iter().flatten().collect::<Vec<_>>(), ["to be", "or not"]);
    /// # sender.join().unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let dialed = self.shared.dialer.dial(host, port, || self.is_stopped());
        let dialed = dialed.map_err(|NotDialed { error, ends_run }| {
            if ends_run {
                self.shared.end(self.start);
            }
            error
        })?;
        let stopped = || io::Error::new(io::ErrorKind::Interrupted, "the receiver was stopped");
        dialed.ok_or_else(stopped)
    }

    /// Says how the connection to `address` has ended, and stops the receiver or restarts it.
    ///
    /// Restarts it after `spark.streaming.receiverRestartDelay`; stops it if that was the end of
    /// its stream: the sender has closed the connection and `millrace.stopAtEof` asks for the end,
    /// or has reset it and `millrace.stopAtReset` does. Returns at once, and does neither if the
    /// receiver has been stopped or restarted already.
    ///
    /// `unfinished` is how many bytes had come of a record that the end cut off and that was not
    /// stored; if there are any they are said on standard error and counted in
    /// `input_counts`. Spark has no such method: there a
    /// receiver restarts whatever the end was.
    ///
    /// ```
    /// use millrace::{Conf, Duration, Receiver, ReceiverContext, StreamingContext, keys};
    ///
    /// /// Its sender closes within a record.
    /// struct Cut;
    ///
    /// impl Receiver for Cut {
    ///     type Item = u32;
    ///
    ///     fn on_start(&mut self, context: ReceiverContext<u32>) {
    ///         context.disconnected("the sender", Ok(()), 3);
    ///     }
    /// }
    ///
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set(keys::STOP_AT_EOF, "true");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(20))?;
    /// ssc.receiver_stream(Cut).print();
    /// ssc.start()?;
    /// ssc.await_termination()?;
    /// assert_eq!(ssc.input_counts().unfinished_bytes, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn disconnected(&self, address: &str, ended: io::Result<()>, unfinished: usize) {
        if unfinished > 0 {
            self.shared.dropped(address, unfinished);
        }
        let command = self.shared.after_connection(address, ended);
        self.shared.command(self.start, command);
    }

    /// Stops the receiver for the rest of the run (Spark: `stop`). Returns at once.
    ///
    /// Records that it has stored are run. With `millrace.stopAtEof` the run ends when the last
    /// source has. Spark starts a stopped receiver again, at once and for ever; a receiver that
    /// wants that calls [`restart`](ReceiverContext::restart).
    pub fn stop(&self, message: &str) {
        let message = message.to_owned();
        self.shared.command(self.start, Command::Stop { message });
    }

    /// True if the receiver should end: it has been stopped or restarted, or the context stops.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        !self.is_started()
    }

    /// True if the receiver has been started and not been stopped since.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.shared.runs(self.start)
    }

    /// The number of the receiver's stream: input streams count from zero in the order in which
    /// they were made.
    #[must_use]
    pub fn stream_id(&self) -> StreamId {
        self.shared.stream
    }

    /// Runs `body` on a thread named `millrace-recv-S-name`. If it panics, that is reported and
    /// the receiver is restarted. When the context stops it waits for such threads, ten seconds
    /// at most.
    pub fn spawn(&self, name: &str, body: impl FnOnce(ReceiverContext<T>) + Send + 'static) {
        let (own, thread) = (self.clone(), name.to_owned());
        let guarded = move || {
            let ended = catch_unwind(AssertUnwindSafe(|| body(own.clone())));
            if let Err(payload) = ended {
                let error = message_of(&*payload);
                own.restart_because(&format!("its thread {thread} panicked: {error}"), error);
            }
        };
        let full_name = format!("millrace-recv-{}-{name}", self.shared.stream.0);
        if let Err(error) = self.shared.spawn(&full_name, guarded) {
            let why = reason(&error);
            self.restart(&format!("cannot start its thread {name}: {why}"));
        }
    }
}

impl<T> Clone for ReceiverContext<T> {
    fn clone(&self) -> ReceiverContext<T> {
        ReceiverContext {
            shared: Arc::clone(&self.shared),
            start: self.start,
        }
    }
}

impl<T> fmt::Debug for ReceiverContext<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverContext")
            .field("stream", &self.shared.stream)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}
