//! Runs from a directory of event logs, finished or running.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use millrace_stderr::Voice;
use millrace_types::{Conf, Lock, reason};

use crate::error::UiError;
use crate::log::{LogReader, directories};
use crate::run::{Run, Status, mean};
use crate::runs::Runs;
use crate::say::PREFIX;
use crate::server::{Pages, Server};
use crate::settings::Settings;
use crate::time_text::{local, now};

/// The runs of a directory of event logs (`spark.eventLog.dir`), and their pages.
#[derive(Debug)]
pub struct History {
    logs: Arc<Logs>,
}

#[derive(Debug)]
struct Logs {
    directory: PathBuf,
    retained: usize,
    readers: Lock<BTreeMap<PathBuf, LogReader>>,
    /// A log is looked at every second: what cannot be read is said at growing intervals.
    voice: Voice,
}

impl History {
    /// Reads the logs in `directory`.
    ///
    /// # Errors
    /// If the directory cannot be read. A log that cannot be read is said on stderr and passed
    /// over.
    pub fn open(directory: &Path, conf: &Conf) -> Result<History, UiError> {
        let retained = Settings::resolve(conf)?.retained;
        let logs = Logs {
            directory: directory.to_owned(),
            retained,
            readers: Lock::default(),
            voice: Voice::new(PREFIX),
        };
        logs.refresh().map_err(|error| UiError::Directory {
            path: directory.to_owned(),
            error,
        })?;
        Ok(History {
            logs: Arc::new(logs),
        })
    }

    /// Serves an index of the runs and a page for each, until the value is dropped.
    ///
    /// # Errors
    /// As [`Ui::start`](crate::Ui::start).
    pub fn serve(&self, conf: &Conf) -> Result<HistoryServer, UiError> {
        let settings = Settings::resolve(conf)?;
        let pages = Pages {
            runs: Arc::clone(&self.logs) as Arc<dyn Runs>,
            metrics: None,
        };
        let server = Server::start(pages, settings.address, settings.port, settings.retries)?;
        Ok(HistoryServer {
            server,
            logs: Arc::clone(&self.logs),
        })
    }

    /// The figures of each run for people, the newest run first; of one run if `id` is given.
    pub fn summaries(&self, id: Option<&str>) -> Vec<String> {
        let runs = self.logs.all();
        let chosen = runs
            .iter()
            .filter(|run| id.is_none_or(|id| run.model().info.id == id));
        chosen.map(|run| summary(run)).collect()
    }
}

/// The pages of a directory of event logs.
#[derive(Debug)]
pub struct HistoryServer {
    server: Server,
    logs: Arc<Logs>,
}

impl HistoryServer {
    /// The address of the index, `http://127.0.0.1:4040/`.
    pub fn address(&self) -> String {
        format!("http://{}/", self.server.address())
    }

    /// Reads what has come to the logs since; open pages show it.
    pub fn refresh(&self) {
        if let Err(error) = self.logs.refresh() {
            let directory = self.logs.directory.display();
            let why = reason(&error);
            let line =
                format!("{directory} cannot be read: {why}; the pages show what was read before");
            self.logs.voice.say("the directory", line);
        }
    }
}

impl Logs {
    fn refresh(&self) -> io::Result<()> {
        let found = directories(&self.directory)?;
        let mut readers = self.readers.lock();
        readers.retain(|path, _| found.contains(path));
        for path in found {
            let read = match readers.get_mut(&path) {
                Some(reader) => reader.refresh(),
                None => LogReader::open(path.clone(), self.retained).map(|reader| {
                    if let Some(reader) = reader {
                        readers.insert(path.clone(), reader);
                    }
                }),
            };
            if let Err(error) = read {
                let name = path.display().to_string();
                self.voice.say(
                    &name,
                    format_args!("{name} is not read: {}", reason(&error)),
                );
            }
        }
        readers.values().for_each(|log| log.run().listen_at(now()));
        Ok(())
    }
}

impl Runs for Logs {
    fn all(&self) -> Vec<Arc<Run>> {
        let mut runs: Vec<_> = self
            .readers
            .lock()
            .values()
            .map(|log| Arc::clone(log.run()))
            .collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.model().info.start_time));
        runs
    }

    fn live(&self) -> Option<Arc<Run>> {
        None
    }
}

fn summary(run: &Run) -> String {
    let model = run.model();
    let (info, totals) = (&model.info, model.totals);
    let average = |times: Vec<i64>| mean(times).map_or("-".to_owned(), |time| format!("{time} ms"));
    let completed = || model.batches.of(Status::Completed);
    let ended = model.ended.map_or("running, or killed".to_owned(), local);
    format!(
        "{id}  {name}\n  started           {start}\n  ended             {ended}\n  \
         master            {master}\n  batch interval    {interval} ms\n  batches           {batches}\n  \
         records           {records}\n  bytes             {bytes}\n  scheduling delay  {delay} on average\n  \
         processing time   {processing} on average\n  dropped events    {dropped}\n",
        id = info.id,
        name = info.name,
        start = local(info.start_time),
        master = info.master,
        interval = info.batch_duration,
        batches = totals.completed_batches,
        records = totals.processed_records,
        bytes = totals.processed_bytes,
        delay = average(
            completed()
                .filter_map(|batch| batch.scheduling_delay())
                .collect()
        ),
        processing = average(
            completed()
                .filter_map(|batch| batch.processing_time())
                .collect()
        ),
        dropped = totals.dropped_events,
    )
}
