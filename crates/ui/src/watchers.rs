//! The watchers of a run: its page, its metrics, its event log, its live line, the log.

use std::sync::{Arc, OnceLock};

use millrace_types::{EpochMillis, RunProbe, one_line};

use crate::event::{Event, Kept};
use crate::journal;
use crate::listen::Sink;
use crate::log::LogWriter;
use crate::metrics::Metrics;
use crate::progress::Progress;
use crate::run::Run;

/// Milliseconds between the batches behind which the probe is asked.
const BETWEEN: i64 = 1000;

/// Folds events into what the page and the metrics show.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) run: Arc<Run>,
    pub(crate) metrics: Arc<Metrics>,
}

/// The place of a page that was asked for.
#[derive(Debug)]
pub(crate) enum PageAddress {
    /// The address that it is at.
    At(String),
    /// No port could be had.
    Nowhere {
        /// The reason, which was told to whoever asked.
        why: String,
    },
}

/// Each that there is.
pub(crate) struct Watchers {
    page: Option<Page>,
    log: Option<LogWriter>,
    progress: Option<Progress>,
    probe: Arc<OnceLock<Arc<dyn RunProbe>>>,
    /// The place of the page, until it has been said.
    place: Option<PageAddress>,
    /// The batch behind which the probe was asked last.
    asked: EpochMillis,
}

impl Watchers {
    pub(crate) fn new(
        page: Option<Page>,
        log: Option<LogWriter>,
        progress: Option<Progress>,
        probe: Arc<OnceLock<Arc<dyn RunProbe>>>,
        place: Option<PageAddress>,
    ) -> Watchers {
        Watchers {
            page,
            log,
            progress,
            probe,
            place,
            asked: EpochMillis::MIN / 2,
        }
    }

    /// The answers of the probe that are news behind `event`.
    fn ask(&mut self, event: &Event) -> Option<Event> {
        if self.page.is_none() && self.log.is_none() && self.progress.is_none() {
            return None;
        }
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
        journal::tell(&event);
        if let Some(progress) = &mut self.progress {
            progress.take(&event);
        }
        if let Some(page) = &self.page {
            page.metrics.fold(&event);
            page.run.fold(event.clone());
        }
        if matches!(event, Event::RunEnded { .. }) {
            self.progress = None;
        }
        if let Some(log) = &mut self.log {
            log.take(event);
        }
    }

    /// Says where the page is once there is something to see: what keeps a program from starting
    /// would be said below it.
    fn say_place(&mut self) {
        match self.place.take() {
            Some(PageAddress::At(address)) => {
                millrace_stderr::info(&format!("millrace: the Streaming page is at {address}"));
            }
            Some(PageAddress::Nowhere { why }) => {
                millrace_stderr::warn(&one_line(&format!("millrace: {why}")));
            }
            None => {}
        }
    }
}

impl Sink for Watchers {
    fn take(&mut self, event: Event) {
        if matches!(event, Event::StreamingStarted { .. }) {
            self.say_place();
        }
        let answer = self.ask(&event);
        // The line that is drawn behind this event shows it already.
        if let (Some(progress), Some(answer)) = (&mut self.progress, &answer) {
            progress.note(answer);
        }
        self.pass(event);
        if let Some(answer) = answer {
            self.pass(answer);
        }
    }
}
