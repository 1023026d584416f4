//! Standard error, for what the Python package says there.

use std::time::Instant;

use millrace_stderr::Level;
use millrace_types::{Conf, Lock};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Follows the settings of the log. Raises ValueError if one has a value that it does not take.
#[pyfunction]
pub(crate) fn log_as(settings: Vec<(String, String)>) -> PyResult<()> {
    let conf = Conf::from_iter(settings);
    millrace_stderr::configure(&conf).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// Writes what is at least as grave. Raises ValueError with Spark's words if there is no such level.
#[pyfunction]
pub(crate) fn set_log_level(level: &str) -> PyResult<()> {
    let level = Level::parse(level).map_err(|error| PyValueError::new_err(error.to_string()))?;
    millrace_stderr::set_level(level);
    Ok(())
}

/// True if a message is said: one that is no trouble (`info`), or one that is.
#[pyfunction]
pub(crate) fn says(info: bool) -> bool {
    millrace_stderr::says(info)
}

/// Says a line that is no trouble (`info`), or one that is.
#[pyfunction]
pub(crate) fn say(py: Python<'_>, line: &str, info: bool) {
    let say = if info {
        millrace_stderr::info
    } else {
        millrace_stderr::warn
    };
    py.detach(|| say(line));
}

/// Says why the program ends, whatever the level is.
#[pyfunction]
pub(crate) fn say_last(py: Python<'_>, line: &str) {
    py.detach(|| millrace_stderr::last(line));
}

/// Says how many lines were left out because nobody read them: the program is about to end.
#[pyfunction]
pub(crate) fn finish_stderr(py: Python<'_>) {
    py.detach(millrace_stderr::finish);
}

/// True while there is a live line.
#[pyfunction]
pub(crate) fn has_live_line() -> bool {
    millrace_stderr::is_shown()
}

/// Clears the row of the live line: somebody is about to write there.
#[pyfunction]
pub(crate) fn step_aside(py: Python<'_>) {
    py.detach(millrace_stderr::step_aside);
}

/// Shows no live line any more: the process may end at any moment.
#[pyfunction]
pub(crate) fn retire_live_line(py: Python<'_>) {
    py.detach(millrace_stderr::retire);
}

/// Holds back lines that come again and again: each kind is said at growing intervals.
#[pyclass(frozen)]
pub(crate) struct Pauses {
    since: Instant,
    pauses: Lock<millrace_types::Pauses>,
}

#[pymethods]
impl Pauses {
    #[new]
    fn new() -> Pauses {
        Pauses {
            since: Instant::now(),
            pauses: Lock::default(),
        }
    }

    /// The line as it is to be said now, with the number of times that it stands for; None if one
    /// of its kind was said a short while ago.
    fn due(&self, kind: &str, line: &str) -> Option<String> {
        let said = self.pauses.lock().pass(self.now(), kind);
        said.map(|said| said.with(line))
    }

    /// The number of lines that were not said, and within which time; None if there are none.
    fn end(&self) -> Option<String> {
        let left = self.pauses.lock().end(self.now());
        left.map(|left| left.to_string())
    }
}

impl Pauses {
    fn now(&self) -> i64 {
        i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}
