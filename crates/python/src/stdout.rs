//! Standard output, for the batches that the Python package prints.

use std::panic::{AssertUnwindSafe, catch_unwind};

use millrace::dstream::show as show_line;
use millrace::panics::panic_message;
use millrace::{Error, ErrorKind};
use pyo3::exceptions::{PyBrokenPipeError, PyOSError};
use pyo3::prelude::*;

/// Writes lines to standard output, without the interpreter's lock, and a line end behind them. Raises
/// BrokenPipeError if it was closed, and OSError if it takes nothing, or if nobody reads it and
/// the run is to end.
#[pyfunction]
pub(crate) fn show(py: Python<'_>, lines: &str) -> PyResult<()> {
    let shown = py.detach(|| catch_unwind(AssertUnwindSafe(|| show_line(lines))));
    shown.map_err(|payload| {
        let kind = payload.downcast_ref::<Error>().map(Error::kind);
        let text = panic_message(&*payload);
        match kind {
            Some(ErrorKind::OutputClosed) => PyBrokenPipeError::new_err(text),
            _ => PyOSError::new_err(text),
        }
    })
}
