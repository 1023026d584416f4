//! All that shows a run while it runs, and afterwards: begun by its settings, ended with it.

use std::sync::{Arc, OnceLock};

use millrace_stderr::LiveLine;
use millrace_types::{Conf, Lock, RunProbe, StreamingListener};

use crate::error::UiError;
use crate::event::RunInfo;
use crate::listen::EventListener;
use crate::log::LogWriter;
use crate::metrics::Metrics;
use crate::progress::Progress;
use crate::run::Run;
use crate::runs::Live;
use crate::server::{Pages, Server};
use crate::settings::Settings;
use crate::watchers::{Page, PageAddress, Watchers};

/// The page, the event log and the live line of a run, as far as its settings ask for them.
///
/// The page is served until this value is dropped.
pub struct Ui {
    /// The server, if the page is to be served; an error if no port could be had.
    server: Result<Option<Server>, UiError>,
    page: Option<Page>,
    log: Lock<Option<LogWriter>>,
    progress: Lock<Option<Progress>>,
    probe: Arc<OnceLock<Arc<dyn RunProbe>>>,
}

impl Ui {
    /// Serves the page (`spark.ui.enabled`, `spark.ui.port`, `spark.ui.bindAddress`,
    /// `spark.port.maxRetries`) and begins the event log (`spark.eventLog.enabled`,
    /// `spark.eventLog.dir`) and the live line (`millrace.progress`) of a run. No port for the page is no error here: a run is worth more
    /// than its page. [`address`](Ui::address) tells.
    ///
    /// # Errors
    /// If a setting has a value that it does not take, or the log cannot be written.
    pub fn start(conf: &Conf, mut info: RunInfo) -> Result<Ui, UiError> {
        let settings = Settings::resolve(conf)?;
        let log = settings.log;
        let log = log.map(|log| LogWriter::create(log, &mut info));
        let log = Lock::new(log.transpose()?);
        let progress = LiveLine::of(conf).map(|line| Progress::new(line, info.batch_duration));
        let progress = Lock::new(progress);
        if !settings.enabled {
            return Ok(Ui {
                server: Ok(None),
                page: None,
                log,
                progress,
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
            progress,
            probe: Arc::default(),
        })
    }

    /// The listener that the context has to be given, once. It also says on standard error where
    /// the page is, when the run starts, and tells the events of the run through `tracing`.
    pub fn listener(&self) -> impl StreamingListener + 'static {
        let place = match self.address() {
            Ok(address) => address.map(PageAddress::At),
            Err(error) => Some(PageAddress::Nowhere {
                why: error.to_string(),
            }),
        };
        EventListener(Watchers::new(
            self.page.clone(),
            taken(&self.log),
            taken(&self.progress),
            Arc::clone(&self.probe),
            place,
        ))
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

fn taken<T>(from: &Lock<Option<T>>) -> Option<T> {
    from.lock().take()
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
