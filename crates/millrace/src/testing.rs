//! One-call harnesses for tests and examples: batches in, results out, on a clock that the
//! harness owns. Nothing sleeps; the engine that runs is the real one, threads included.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration as StdDuration;

use jiff::tz::TimeZone;
use millrace_engine::error::Result;
use millrace_engine::exec::Executor;
use millrace_engine::pipeline::{Lines, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_runtime::checkpoint::Start;
use millrace_runtime::scheduler::ManualClock;
use millrace_text::Text;
use millrace_types::{Conf, Duration, Lock, keys};

use crate::context::{Settings, StreamingContext};
use crate::dstream::{DStream, Printer};

/// The setup in which the harness runs a program. The output must not depend on `workers` or
/// `block_bytes` (law 2).
#[derive(Debug, Clone)]
pub struct Setup {
    /// Worker threads; 2 by default.
    pub workers: usize,
    /// Partitions of keyed results; 1 by default.
    pub partitions: usize,
    /// A block is sealed after so many bytes, at the next line end; by default only at the tick.
    pub block_bytes: usize,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            workers: 2,
            partitions: 1,
            block_bytes: usize::MAX,
        }
    }
}

impl Setup {
    /// Runs one batch for every message, with the message's bytes received in it, and gives the
    /// records of the stream that `program` returns, batch by batch.
    ///
    /// # Panics
    /// If the program fails: this is for tests.
    pub fn run_batches<M, P, B>(&self, messages: &[M], program: B) -> Vec<Vec<P::Item>>
    where
        M: AsRef<[u8]>,
        P: Pipeline<Item: Clone>,
        B: FnOnce(&DStream<Text, Lines>) -> DStream<P::Item, P>,
    {
        self.run_batches_with(messages, |_, lines| program(lines))
    }

    /// [`run_batches`](Setup::run_batches) for a program that needs the context too.
    ///
    /// # Panics
    /// If the program fails: this is for tests.
    pub fn run_batches_with<M, P, B>(&self, messages: &[M], program: B) -> Vec<Vec<P::Item>>
    where
        M: AsRef<[u8]>,
        P: Pipeline<Item: Clone>,
        B: FnOnce(&StreamingContext, &DStream<Text, Lines>) -> DStream<P::Item, P>,
    {
        let collected = Arc::new(Lock::new(Vec::new()));
        let collector = Arc::clone(&collected);
        self.drive(messages, |ssc, lines| {
            program(ssc, lines).foreach_rdd(move |rdd| {
                collector.lock().push(rdd.collect());
            });
        });
        std::mem::take(&mut *collected.lock())
    }

    /// Runs one batch for every message, and gives what the outputs that `program` registers
    /// have printed, as it would stand on standard output in the time zone UTC.
    ///
    /// # Panics
    /// If the program fails: this is for tests.
    pub fn run<M: AsRef<[u8]>>(
        &self,
        messages: &[M],
        program: impl FnOnce(&DStream<Text, Lines>),
    ) -> String {
        self.drive(messages, |_, lines| program(lines))
    }

    /// Runs so many batches of the program that `program` describes on a context, and gives what
    /// it prints, as [`run`](Setup::run) does. Sources are the program's own; batches are one
    /// second long and have the times 1000 ms, 2000 ms and so on.
    ///
    /// # Panics
    /// If the program fails: this is for tests.
    pub fn run_context(&self, batches: usize, program: impl FnOnce(&StreamingContext)) -> String {
        self.drive(&vec![""; batches], |ssc, _| program(ssc))
    }

    /// [`run_context`](Setup::run_context) where the number of partitions is the N of `local[N]`
    /// and `spark.default.parallelism` is not set: a keyed result of a stream has as many, one
    /// of an [`Rdd`] has those of what it was made of. Gives what was printed, and how the run
    /// ended.
    ///
    /// # Panics
    /// If the program is not legal: this is for tests.
    pub fn run_local(
        &self,
        batches: usize,
        program: impl FnOnce(&StreamingContext),
    ) -> (String, Result<()>) {
        let mut conf = Conf::new();
        conf.set(keys::MASTER, format!("local[{}]", self.partitions));
        self.drive_with(conf, &vec![""; batches], |ssc, _| program(ssc))
    }

    /// Runs one batch for every message, as [`run`](Setup::run) does, of a program that needs its
    /// context too.
    ///
    /// # Panics
    /// If the program fails: this is for tests.
    pub fn run_stream<M: AsRef<[u8]>>(
        &self,
        messages: &[M],
        program: impl FnOnce(&StreamingContext, &DStream<Text, Lines>),
    ) -> String {
        self.drive(messages, program)
    }

    /// [`run_stream`](Setup::run_stream) with settings of the program. Gives what was printed, and
    /// how the run ended.
    ///
    /// ```
    /// use millrace::keys;
    /// use millrace::testing::Setup;
    /// let settings = [(keys::PRINT_FORMAT, "json")];
    /// let (printed, ended) = Setup::default().run_with(&settings, &["a\n"], |_, lines| lines.print());
    /// assert!(ended.is_ok() && printed.contains("\"a\""));
    /// ```
    ///
    /// # Panics
    /// If a setting is not legal: this is for tests.
    pub fn run_with<M: AsRef<[u8]>>(
        &self,
        settings: &[(&str, &str)],
        messages: &[M],
        program: impl FnOnce(&StreamingContext, &DStream<Text, Lines>),
    ) -> (String, Result<()>) {
        let mut conf = Conf::new();
        conf.set(keys::DEFAULT_PARALLELISM, self.partitions.to_string());
        for (key, value) in settings {
            conf.set(*key, *value);
        }
        self.drive_with(conf, messages, program)
    }

    /// [`run_batches`](Setup::run_batches) in several lives: the program is stopped when it has run
    /// as many batches as each of `ends` says, and goes on from its checkpoint in `directory`. A
    /// snapshot is written whenever the log has grown by `log_bytes`.
    ///
    /// The output must not depend on `ends`, `log_bytes` or how many workers the lives have.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use millrace::Duration;
    /// use millrace::testing::Setup;
    /// let directory = std::env::temp_dir().join(format!("millrace-lives-{}", std::process::id()));
    /// let lives = (&[1, 2][..], 1 << 20);
    /// let batches = Setup::default().run_lives(&directory, lives, &["a\n", "b\n", "c\n"], |lines| {
    ///     lines.window(Duration::seconds(2), None)
    /// });
    /// std::fs::remove_dir_all(directory)?;
    /// assert_eq!(batches, [vec!["a"], vec!["a", "b"], vec!["b", "c"]]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If the program fails, or cannot go on: this is for tests.
    pub fn run_lives<M, P, B>(
        &self,
        directory: &Path,
        (ends, log_bytes): (&[usize], u64),
        messages: &[M],
        program: B,
    ) -> Vec<Vec<P::Item>>
    where
        M: AsRef<[u8]>,
        P: Pipeline<Item: Clone>,
        B: Fn(&DStream<Text, Lines>) -> DStream<P::Item, P>,
    {
        let collected = Arc::new(Lock::new(Vec::new()));
        let messages: Vec<&[u8]> = messages.iter().map(AsRef::as_ref).collect();
        let (mut begun, all) = (0, [messages.len()]);
        for end in ends.iter().chain(&all) {
            let end = (*end).clamp(begun, messages.len());
            let collector = Arc::clone(&collected);
            let mut conf = Conf::new();
            conf.set(keys::DEFAULT_PARALLELISM, self.partitions.to_string());
            let life = Life {
                begun,
                kept: Some((directory, log_bytes)),
            };
            let (_, ended) = self.drive_all(conf, life, &messages[begun..end], &mut |_, lines| {
                let collector = Arc::clone(&collector);
                program(lines).foreach_rdd(move |rdd| {
                    let mut collected = collector.lock();
                    collected.push(rdd.collect());
                });
            });
            if let Err(error) = ended {
                panic!("{error}");
            }
            begun = end;
        }
        std::mem::take(&mut *collected.lock())
    }

    fn drive<M: AsRef<[u8]>>(
        &self,
        messages: &[M],
        program: impl FnOnce(&StreamingContext, &DStream<Text, Lines>),
    ) -> String {
        let mut conf = Conf::new();
        conf.set(keys::DEFAULT_PARALLELISM, self.partitions.to_string());
        match self.drive_with(conf, messages, program) {
            (printed, Ok(())) => printed,
            (_, Err(error)) => panic!("{error}"),
        }
    }

    fn drive_with<M: AsRef<[u8]>>(
        &self,
        conf: Conf,
        messages: &[M],
        program: impl FnOnce(&StreamingContext, &DStream<Text, Lines>),
    ) -> (String, Result<()>) {
        let messages: Vec<&[u8]> = messages.iter().map(AsRef::as_ref).collect();
        let mut program = Some(program);
        self.drive_all(conf, Life::default(), &messages, &mut |ssc, lines| {
            if let Some(program) = program.take() {
                program(ssc, lines);
            }
        })
    }

    /// Compiled once, whatever the program: tests are many.
    fn drive_all(
        &self,
        mut conf: Conf,
        life: Life<'_>,
        messages: &[&[u8]],
        program: &mut dyn FnMut(&StreamingContext, &DStream<Text, Lines>),
    ) -> (String, Result<()>) {
        let printed = Printed::default();
        // The one for temporary files is there, and nothing is written to it.
        let temporary = std::env::temp_dir();
        let (directory, log_bytes) = life.kept.unwrap_or((&temporary, 0));
        conf.set(keys::CHECKPOINT_DIRECTORY, directory.display().to_string());
        let mut settings =
            Settings::resolve(&conf, Duration::seconds(1)).expect("a setup is legal");
        settings.durable = life.kept.is_some();
        if life.kept.is_some() {
            settings.recover = Start::Recover;
            settings.snapshot_log_bytes = log_bytes;
        }
        settings.workers = self.workers;
        let sink = Box::new(printed.clone());
        let printer = Printer::new(
            settings.print_format,
            settings.print_num,
            TimeZone::UTC,
            sink,
        );
        let clock = ManualClock::new();
        clock.advance(Duration::seconds(1) * life.begun as i64);
        let ssc = StreamingContext::assemble(settings, printer, Arc::new(clock.clone()))
            .expect("the system gives threads");
        let lines = ssc.text_stream(None);
        program(&ssc, &lines);
        let done = end_of_batch(&lines);
        ssc.start().expect("the program is legal");
        for message in messages {
            ssc.feed(message, self.block_bytes);
            clock.advance(Duration::seconds(1));
            // A run that has failed signals no more; it is asked now and then.
            while done.recv_timeout(StdDuration::from_millis(20)).is_err() {
                if let Err(error) = ssc.await_termination_or_timeout(StdDuration::ZERO) {
                    return (printed.text(), Err(error));
                }
            }
        }
        ssc.stop(false);
        let ended = ssc.await_termination();
        (printed.text(), ended)
    }
}

/// Which part of a program's life a run is.
#[derive(Default)]
struct Life<'a> {
    /// Batches of the lives before.
    begun: usize,
    /// The directory of the checkpoint, and the bytes after which a snapshot is written.
    kept: Option<(&'a Path, u64)>,
}

/// [`Setup::run_batches`] with the default setup.
///
/// # Panics
/// If the program fails.
pub fn run_batches<M, P, B>(messages: &[M], program: B) -> Vec<Vec<P::Item>>
where
    M: AsRef<[u8]>,
    P: Pipeline<Item: Clone>,
    B: FnOnce(&DStream<Text, Lines>) -> DStream<P::Item, P>,
{
    Setup::default().run_batches(messages, program)
}

/// Runs one batch for every message for the sake of the outputs that `program` registers.
///
/// # Panics
/// If the program fails.
pub fn run_outputs<M: AsRef<[u8]>>(messages: &[M], program: impl FnOnce(&DStream<Text, Lines>)) {
    Setup::default().run(messages, program);
}

/// [`Setup::run`] with the default setup: what the program prints.
///
/// # Panics
/// If the program fails.
pub fn run_printed<M: AsRef<[u8]>>(
    messages: &[M],
    program: impl FnOnce(&DStream<Text, Lines>),
) -> String {
    Setup::default().run(messages, program)
}

/// [`Setup::run_context`] with the default setup: what the program prints.
///
/// # Panics
/// If the program fails.
pub fn run_context(batches: usize, program: impl FnOnce(&StreamingContext)) -> String {
    Setup::default().run_context(batches, program)
}

/// An [`Rdd`] of its own two workers, for trying what an `Rdd` can: the records in so many
/// partitions, which is also how many the results of keyed operators have.
///
/// # Panics
/// If the system gives no threads.
pub fn parallelize<T: Clone + Send + Sync + 'static>(records: Vec<T>, partitions: usize) -> Rdd<T> {
    let executor = Executor::new(2).expect("the system gives threads");
    executor.set_default_partitions(partitions);
    executor.partitions_are_given();
    Rdd::sliced(records, partitions, &executor)
}

/// A context as [`StreamingContext::new`] makes it, on the wall clock and with real receivers,
/// for tests that run side by side: it does not count as the one context that may be active in a
/// process.
///
/// # Errors
/// As [`StreamingContext::new`].
pub fn context(conf: &Conf, batch_duration: Duration) -> Result<StreamingContext> {
    StreamingContext::beside_others(conf, batch_duration)
}

/// Signals after every batch: outputs run in the order in which they were registered.
fn end_of_batch(lines: &DStream<Text, Lines>) -> Receiver<()> {
    let (send, done) = channel();
    let send = Lock::new(send);
    lines.foreach_rdd(move |_| {
        // Nobody waits any more if the harness has given up.
        let _ = send.lock().send(());
    });
    done
}

/// Collects what is printed.
#[derive(Clone, Default)]
struct Printed(Arc<Lock<Vec<u8>>>);

impl Printed {
    fn text(&self) -> String {
        let bytes = self.0.lock();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
