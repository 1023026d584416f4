//! The Streaming page and the event log of a Python program.
//!
//! They are those of a native program: the same settings, the same listener, the same figures. The
//! law: no port for the page is no reason not to run, and what is wrong is said by Python.

use millrace::{Conf, Duration, StreamingContext};
use millrace_types::{Lock, keys};
use millrace_ui::{RunInfo, Ui};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The watcher of a run, until the program closes it.
pub(crate) struct Page(Lock<Option<Ui>>);

impl Page {
    /// Begins what the settings ask for, and listens to the context.
    pub(crate) fn begin(conf: &Conf, interval: Duration, ssc: &StreamingContext) -> PyResult<Page> {
        let setting = |key| conf.get(key).unwrap_or_default();
        let info = RunInfo::new(setting(keys::APP_NAME), setting(keys::MASTER), interval);
        let ui = Ui::start(conf, info).map_err(|error| PyValueError::new_err(error.to_string()))?;
        ui.ask(ssc.probe());
        ssc.add_streaming_listener(ui.listener());
        Ok(Page(Lock::new(Some(ui))))
    }

    /// The address of the page, without a slash at its end as Spark has it; `None` if there is no
    /// page. The error says why there is none although one was asked for.
    pub(crate) fn address(&self) -> Result<Option<String>, String> {
        let ui = self.0.lock();
        let Some(ui) = ui.as_ref() else {
            return Ok(None);
        };
        let address = ui.address().map_err(ToString::to_string)?;
        Ok(address.map(|address| address.trim_end_matches('/').to_owned()))
    }

    /// Serves the page no longer.
    pub(crate) fn close(&self) {
        drop(self.0.lock().take());
    }
}
