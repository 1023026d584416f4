//! The engine's context as the Python package drives it.
//!
//! Python keeps the graph of its streams itself and is told when a batch is due: the engine calls
//! one function per output and batch, on the thread that runs the batches. The results of the
//! engine's own streams for the batch are put where those functions find them, and taken away when
//! the last of them is through. The law: the lock is free whenever the engine waits or computes.

use std::sync::{Arc, OnceLock};
use std::time::Duration as StdDuration;

use millrace::context::ContextState;
use millrace::dstream::{Notes, OutputReport, called_at};
use millrace::{
    BatchTime, DStream, Duration, Error, ErrorKind, PrintFormat, Rdd, StreamingContext,
};
use millrace_cli::{Exit, Summary};
use millrace_pyfn::Value;
use millrace_types::{Lock, TimeUnit, keys};
use pyo3::exceptions::{PyBaseException, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::batch::Batch;
use crate::convert::{from_python, to_python};
use crate::listener::PyListener;
use crate::page::Page;
use crate::receiver::PyReceiver;
use crate::settings::conf_of;
use crate::stream::Stream;
use crate::window::{Held, note_part, note_table};

/// The dataset of one of the engine's streams in the batch that runs, or why there is none.
type Tried = Result<Rdd<Value>, Failure>;

/// The datasets of all of them.
type Slots = Arc<Lock<Vec<Tried>>>;

/// A stream whose notes are shown: the first item of their keys, its name for people, and if it has
/// a note for every key, or else for every partition of a batch.
type Shown = (String, String, bool);

/// A window that is noted: the first item of its keys, what it is, and what was noted before.
type NotedTable<'py> = (String, PyRef<'py, Held>, Option<PyRef<'py, Held>>);

/// A context of the engine, and what Python has described on it.
#[pyclass(frozen, module = "millrace._engine")]
pub(crate) struct Engine {
    /// There until the object goes.
    ssc: Option<StreamingContext>,
    slots: Slots,
    page: Page,
    summary: Option<Summary>,
    /// Taken once: several calls may learn of the end of a run.
    summed_up: OnceLock<()>,
    /// State that Python keeps from batch to batch, if it keeps any.
    notes: OnceLock<Notes<Value, Value>>,
    /// Milliseconds between two batches.
    #[pyo3(get)]
    interval: i64,
}

impl Engine {
    pub(crate) fn ssc(&self) -> &StreamingContext {
        self.ssc.as_ref().expect("it is taken when the object goes")
    }

    /// The stream with a place for the state that Python keeps.
    fn noting(&self, gathered: &DStream<()>, shown: &[Shown]) -> PyResult<DStream<()>> {
        let (noting, notes) = gathered.noting::<Value, Value>();
        for (first, operator, by_key) in shown {
            // Of some windows what is kept is their batches, each in partitions.
            let (name, items) = match by_key {
                false => ("batches", 2),
                true if first.contains("Window") => ("window", 1),
                true => ("state", 1),
            };
            notes
                .show(operator.as_str(), name, &Value::str(first), items)
                .map_err(|error| raised(&error))?;
        }
        // A context starts once.
        let _ = self.notes.set(notes);
        Ok(noting.erased())
    }

    /// Writes or says the figures of the run, which has ended, if they were asked for; once.
    fn sum_up(&self) -> PyResult<()> {
        match &self.summary {
            Some(summary) if self.summed_up.set(()).is_ok() => {
                let ended = summary.end(self.ssc());
                ended.map_err(|exit| PyRuntimeError::new_err(text_of(&exit)))
            }
            _ => Ok(()),
        }
    }

    /// Passes on what a call has described, unless it has broken a rule of the engine.
    pub(crate) fn checked<T>(&self, described: T) -> PyResult<T> {
        match self.ssc().take_misuse() {
            None => Ok(described),
            Some(error) => Err(PyValueError::new_err(error.to_string())),
        }
    }
}

impl Drop for Engine {
    /// The context waits for its threads, and they may be waiting for the lock.
    fn drop(&mut self) {
        let ssc = self.ssc.take();
        Python::attach(|py| py.detach(|| drop(ssc)));
    }
}

/// The engine's error as an exception.
fn raised(error: &Error) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

/// An exception; the batch time in milliseconds and the operator whose work it ended.
type Failure = (Py<PyBaseException>, Option<(i64, String)>);

/// The exception of the program's own that ended a run, or else one that says what did.
fn failure(py: Python<'_>, error: &Error) -> Failure {
    let raised = crate::raised::take(&error.to_string());
    let raised = raised.filter(|_| error.kind() != ErrorKind::RecordErrors);
    let raised = raised.unwrap_or_else(|| self::raised(error));
    let place = error.batch().zip(error.operator());
    let place = place.map(|(time, operator)| (time.as_millis(), operator.to_owned()));
    (raised.into_value(py), place)
}

/// The message of an end that a program of the command line would have.
fn text_of(exit: &Exit) -> String {
    exit.message.trim_start_matches("Error: ").to_owned()
}

/// Runs an output in the interpreter. Python shows itself why it failed, if it did.
fn told(py: Python<'_>, output: &Py<PyAny>, time: BatchTime) -> OutputReport {
    let report = output.call1(py, (time.as_millis(),));
    match report.and_then(|report| report.extract(py)) {
        Ok((failure, printed)) => OutputReport { failure, printed },
        Err(error) => {
            error.print(py);
            OutputReport {
                failure: Some(error.to_string()),
                printed: None,
            }
        }
    }
}

#[pymethods]
impl Engine {
    /// A context of batches of `interval` milliseconds, unless a setting says otherwise.
    #[new]
    fn new(py: Python<'_>, settings: Vec<(String, String)>, interval: i64) -> PyResult<Engine> {
        let conf = conf_of(settings);
        let given = Duration::milliseconds(interval);
        let made = py.detach(|| StreamingContext::new(&conf, given));
        let refused = |error: &dyn std::fmt::Display| PyValueError::new_err(error.to_string());
        let ssc = made.map_err(|error| refused(&error))?;
        let interval = conf.duration(keys::BATCH_INTERVAL, TimeUnit::Milliseconds);
        let interval = interval.map_err(|error| refused(&error))?.unwrap_or(given);
        let summary = Summary::of(&conf).map_err(|exit| PyValueError::new_err(text_of(&exit)))?;
        if let Some(summary) = &summary {
            summary.listen(&ssc);
        }
        Ok(Engine {
            summary,
            summed_up: OnceLock::new(),
            page: py.detach(|| Page::begin(&conf, interval, &ssc))?,
            ssc: Some(ssc),
            slots: Slots::default(),
            notes: OnceLock::new(),
            interval: interval.as_millis(),
        })
    }

    /// The lines that a TCP server sends.
    fn socket_text_stream(&self, host: &str, port: u16) -> PyResult<Stream> {
        let lines = self.ssc().socket_text_stream(host, port);
        self.checked(Stream::lines(lines))
    }

    /// The lines of the files that are moved into a directory.
    fn text_file_stream(&self, place: &str, directory: &str) -> PyResult<Stream> {
        let lines = called_at(place, || self.ssc().text_file_stream(directory));
        self.checked(Stream::new(lines.map(Value::Str).erased()))
    }

    /// Records of `length` bytes of the files that are moved into a directory.
    fn binary_records_stream(
        &self,
        place: &str,
        directory: &str,
        length: usize,
    ) -> PyResult<Stream> {
        let records = called_at(place, || {
            self.ssc().binary_records_stream(directory, length)
        });
        let records = records.map(|record: Vec<u8>| Value::Bytes(record.into()));
        self.checked(Stream::new(records.erased()))
    }

    /// The records that a receiver of the program's own stores. `start` is called with a handle to store by,
    /// and `stop` when it has to end.
    fn receiver_stream(&self, name: String, start: Py<PyAny>, stop: Py<PyAny>) -> PyResult<Stream> {
        let stored = self.ssc().receiver_stream(PyReceiver { start, stop, name });
        self.checked(Stream::new(stored.erased()))
    }

    /// The form that `millrace.print.format` asks for: pyspark, scala or json.
    fn print_format(&self) -> &'static str {
        match self.ssc().print_format() {
            PrintFormat::PySpark => "pyspark",
            PrintFormat::Scala => "scala",
            PrintFormat::Json => "json",
        }
    }

    /// A record in that form.
    fn printed(&self, record: &Bound<'_, PyAny>) -> String {
        self.ssc().print_format().str_of(&from_python(record))
    }

    /// Names the directory where state is kept.
    fn checkpoint(&self, directory: &str) -> PyResult<()> {
        self.ssc()
            .checkpoint(directory)
            .map_err(|error| raised(&error))
    }

    /// True if there is a page, which shows what the program keeps.
    fn is_watched(&self) -> bool {
        matches!(self.page.address(), Ok(Some(_)))
    }

    /// The address of the Streaming page, or None. Raises RuntimeError if no port was free.
    fn page(&self) -> PyResult<Option<String>> {
        self.page.address().map_err(PyRuntimeError::new_err)
    }

    /// Serves the Streaming page no longer.
    fn close_page(&self, py: Python<'_>) {
        py.detach(|| self.page.close());
    }

    /// Tells `listener(name, event)` what happens.
    fn add_listener(&self, listener: Py<PyAny>) {
        self.ssc()
            .add_streaming_listener(PyListener { tell: listener });
    }

    /// Freezes what was described and starts. In every batch `outputs` are called in their order
    /// with the batch time in milliseconds, and give why they failed, or None, and the lines that
    /// they have printed, or None; they find the batches of `streams` by [`read`](Engine::read) with
    /// the place in that list. `ticks` is how many batches a program
    /// without receiving streams has something to read in. `kept` are the streams of which Python
    /// keeps something from batch to batch, if there is a place for it: see
    /// [`note`](Engine::note).
    fn start(
        &self,
        py: Python<'_>,
        streams: Vec<PyRef<'_, Stream>>,
        outputs: Vec<(Py<PyAny>, String)>,
        ticks: usize,
        kept: Option<Vec<Shown>>,
    ) -> PyResult<()> {
        let mut read: Vec<DStream<Value>> = streams.iter().map(|stream| stream.records()).collect();
        if read.is_empty() {
            let queue = self.ssc().queue_stream(vec![Vec::<i64>::new(); ticks]);
            read.push(queue.map(Value::Int).erased());
        }
        let slots = Arc::clone(&self.slots);
        let gathered = self.ssc().transform_tried(&read, move |tried, _| {
            let told = |failed: Error| Python::attach(|py| failure(py, &failed));
            let tried = tried.into_iter().map(|tried| tried.map_err(told));
            *slots.lock() = tried.collect();
            Vec::<()>::new()
        });
        let gathered = match kept {
            None => gathered.erased(),
            Some(shown) => self.noting(&gathered.erased(), &shown)?,
        };
        let last = outputs.len().saturating_sub(1);
        for (number, (function, name)) in outputs.into_iter().enumerate() {
            let slots = Arc::clone(&self.slots);
            gathered.foreach_rdd_and_report(name, move |_, time: BatchTime| {
                let report = Python::attach(|py| told(py, &function, time));
                if number == last {
                    let gone = std::mem::take(&mut *slots.lock());
                    drop(gone);
                }
                report
            });
        }
        py.detach(|| self.ssc().start())
            .map_err(|error| raised(&error))
    }

    /// The dataset of stream number `index` in the batch that runs, or what went wrong in it as
    /// [`wait`](Engine::wait) tells of it.
    fn read(&self, py: Python<'_>, index: usize) -> PyResult<(Option<Batch>, Option<Failure>)> {
        match self.slots.lock().get(index) {
            Some(Ok(rdd)) => Ok((Some(Batch::new(rdd.clone())), None)),
            Some(Err((raised, place))) => Ok((None, Some((raised.clone_ref(py), place.clone())))),
            None => Err(PyRuntimeError::new_err(
                "this batch has been run and is gone",
            )),
        }
    }

    /// Says that what Python keeps lacks the batch that runs: from then on nothing is committed.
    fn lack(&self) {
        if let Some(notes) = self.notes.get() {
            notes.lack();
        }
    }

    /// Notes that an operator of the program has skipped a record, known by its dataset, partition
    /// and number. Raises RuntimeError if there were too many of them, or none may be skipped.
    fn skip(
        &self,
        place: (u64, usize, u64),
        operator: &str,
        message: String,
        record: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let record = from_python(record);
        let skipped = self.ssc().skip_record(place, operator, message, &record);
        skipped.map_err(|error| raised(&error))
    }

    /// Keeps values for keys with the batch that runs, and forgets the keys that are gone. `tables`
    /// are windows: the first items of their keys, the window, and the one that was noted before it; `parts`
    /// are keys and the batches and numbers of the partitions that are their values. To be
    /// called by its last output.
    fn note(
        &self,
        py: Python<'_>,
        kept: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)>,
        gone: Vec<Bound<'_, PyAny>>,
        tables: Vec<NotedTable<'_>>,
        parts: Vec<(Bound<'_, PyAny>, PyRef<'_, Held>, usize)>,
    ) -> PyResult<()> {
        let Some(notes) = self.notes.get() else {
            return Ok(());
        };
        let kept = (kept.iter()).map(|(key, value)| (from_python(key), Some(from_python(value))));
        let mut changes: Vec<_> = kept.collect();
        let mut forgotten: Vec<_> = gone.iter().map(|key| (from_python(key), None)).collect();
        for (name, now, before) in &tables {
            note_table(name, now, before.as_deref(), &mut changes, &mut forgotten);
        }
        let parts = parts.iter();
        changes.extend(parts.map(|(key, batch, index)| note_part(from_python(key), batch, *index)));
        changes.append(&mut forgotten);
        py.detach(|| notes.change(changes))
            .map_err(|error| raised(&error))
    }

    /// Everything that was kept, by this run and by the one that it goes on from.
    fn noted<'py>(&self, py: Python<'py>) -> PyResult<Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        let all = self.notes.get().map(Notes::all).transpose();
        let all = all.map_err(|error| raised(&error))?.unwrap_or_default();
        let pairs = all.iter();
        pairs
            .map(|(key, value)| Ok((to_python(py, key)?, to_python(py, value)?)))
            .collect()
    }

    /// Waits for the end, but no longer than `seconds`. Gives true if it has come, or else what went
    /// wrong, if something did, once: an exception, and the batch time in milliseconds and the operator if it was
    /// the work of a batch. An exception of the engine's own has no traceback.
    fn wait(&self, py: Python<'_>, seconds: f64) -> (bool, Option<Failure>) {
        let timeout = StdDuration::try_from_secs_f64(seconds).unwrap_or(StdDuration::MAX);
        let ended = py.detach(|| self.ssc().await_termination_or_timeout(timeout));
        let summed_up = match ended {
            Ok(false) => Ok(()),
            _ => py.detach(|| self.sum_up()),
        };
        match (ended, summed_up) {
            (Err(error), _) => (false, Some(failure(py, &error))),
            (Ok(ended), Err(error)) => (ended, Some((error.into_value(py), None))),
            (Ok(ended), Ok(())) => (ended, None),
        }
    }

    /// Asks for a stop and returns.
    fn ask_to_stop(&self, graceful: bool) {
        self.ssc().stop_handle().stop(graceful);
    }

    /// Stops and waits for it.
    fn stop(&self, py: Python<'_>, graceful: bool) -> PyResult<()> {
        py.detach(|| {
            let started = self.ssc().get_state() != ContextState::Initialized;
            self.ssc().stop(graceful);
            if started { self.sum_up() } else { Ok(()) }
        })
    }

    /// INITIALIZED, ACTIVE or STOPPED.
    fn state(&self) -> &'static str {
        match self.ssc().get_state() {
            ContextState::Initialized => "INITIALIZED",
            ContextState::Active => "ACTIVE",
            ContextState::Stopped => "STOPPED",
        }
    }
}
