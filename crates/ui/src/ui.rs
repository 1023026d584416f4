//! The watchers of a run: its page, its metrics, its event log.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use millrace_types::{Conf, EpochMillis, RunProbe, StreamingListener};

use crate::error::UiError;
use crate::event::{Event, Kept, RunInfo};
use crate::listen::{EventListener, Sink};
use crate::log::LogWriter;
use crate::metrics::Metrics;
use crate::run::Run;
use crate::runs::Live;
use crate::server::{Pages, Server};
use crate::settings::Settings;

/// The page and the event log of a run, as far as its settings ask for them.
///
/// The page is served until this value is dropped.
pub struct Ui {
    /// The server, if the page is to be served; an error if no port could be had.
    server: Result<Option<Server>, UiError>,
    page: Option<Page>,
    log: Mutex<Option<LogWriter>>,
    probe: Arc<OnceLock<Arc<dyn RunProbe>>>,
}

/// Folds events into what the page and the metrics show.
#[derive(Debug, Clone)]
struct Page {
    run: Arc<Run>,
    metrics: Arc<Metrics>,
}

/// The page and the log, each if there is one.
struct Watchers {
    page: Option<Page>,
    log: Option<LogWriter>,
    probe: Arc<OnceLock<Arc<dyn RunProbe>>>,
    /// The batch behind which the probe was asked last.
    asked: EpochMillis,
}

/// Milliseconds between the batches behind which the probe is asked.
const BETWEEN: i64 = 1000;

impl Watchers {
    /// The answers of the probe that are news behind `event`.
    fn ask(&mut self, event: &Event) -> Option<Event> {
        let probe = self.probe.get()?;
        match event {
            Event::StreamingStarted { .. } => Some(Event::Streams {
                names: probe
                    .streams()
                    .into_iter()
                    .map(|(id, name)| (id.0, name))
                    .collect(),
            }),
            Event::BatchCompleted(batch) if batch.time - self.asked >= BETWEEN => {
                self.asked = batch.time;
                Some(Event::Kept(Kept::new(batch.time, probe.figures())))
            }
            _ => None,
        }
    }

    fn pass(&mut self, event: Event) {
        if let Some(page) = &self.page {
            page.metrics.fold(&event);
            page.run.fold(event.clone());
        }
        if let Some(log) = &mut self.log {
            log.take(event);
        }
    }
}

impl Sink for Watchers {
    fn take(&mut self, event: Event) {
        let answer = self.ask(&event);
        self.pass(event);
        if let Some(answer) = answer {
            self.pass(answer);
        }
    }
}

impl Ui {
    /// Serves the page (`spark.ui.enabled`, `spark.ui.port`, `spark.ui.bindAddress`,
    /// `spark.port.maxRetries`) and begins the event log (`spark.eventLog.enabled`,
    /// `spark.eventLog.dir`) of a run. No port for the page is no error here: a run is worth more
    /// than its page. [`address`](Ui::address) tells.
    ///
    /// # Errors
    /// If a setting has a value that it does not take, or the log cannot be written.
    pub fn start(conf: &Conf, info: RunInfo) -> Result<Ui, UiError> {
        let settings = Settings::resolve(conf)?;
        let log = settings.log.map(|log| LogWriter::create(log, info.clone()));
        let log = Mutex::new(log.transpose()?);
        if !settings.enabled {
            return Ok(Ui {
                server: Ok(None),
                page: None,
                log,
                probe: Arc::default(),
            });
        }
        let page = Page {
            metrics: Arc::new(Metrics::new(&info)),
            run: Arc::new(Run::new(info, settings.retained)),
        };
        let pages = Pages {
            runs: Arc::new(Live(Arc::clone(&page.run))),
            metrics: Some(Arc::clone(&page.metrics)),
        };
        let server = Server::start(pages, settings.address, settings.port, settings.retries);
        Ok(Ui {
            page: server.is_ok().then_some(page),
            server: server.map(Some),
            log,
            probe: Arc::default(),
        })
    }

    /// The listener that the context has to be given, once.
    pub fn listener(&self) -> impl StreamingListener + 'static {
        let log = self
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let page = self.page.clone();
        EventListener(Watchers {
            page,
            log,
            probe: Arc::clone(&self.probe),
            asked: EpochMillis::MIN / 2,
        })
    }

    /// Has `probe` answer about the run: its state, its memory, the names of its streams. Called
    /// before the context starts, and once.
    pub fn ask(&self, probe: Arc<dyn RunProbe>) {
        if let Some(page) = &self.page {
            page.run.answered_by(Arc::clone(&probe));
        }
        self.probe.get_or_init(|| probe);
    }

    /// The address of the page, `http://127.0.0.1:4040/`; `None` where it is switched off.
    ///
    /// # Errors
    /// If the page could not be served: every port is taken, or the system refused something.
    pub fn address(&self) -> Result<Option<String>, &UiError> {
        let server = self.server.as_ref()?;
        Ok(server
            .as_ref()
            .map(|server| format!("http://{}/", server.address())))
    }
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
