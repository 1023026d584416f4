//! Exceptions of the program on their way through the engine.
//!
//! The engine carries a message; the exception itself, with its traceback, waits here until
//! whoever reads or runs the batch takes it. The law: the one is shown that the message is of, and
//! none that a record was skipped for unless it says the same.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::MutexGuard;

use millrace_types::Lock;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// More than there are threads, which may all fail at once; those of skipped records go first.
const MOST: usize = 256;

static LAST: Lock<VecDeque<(String, PyErr)>> = Lock::new(VecDeque::new());

fn last() -> MutexGuard<'static, VecDeque<(String, PyErr)>> {
    LAST.lock()
}

/// An exception with the line of the program that raised it.
#[pyfunction]
pub(crate) fn described(py: Python<'_>, error: Bound<'_, PyAny>) -> String {
    text_of(py, &PyErr::from_value(error))
}

fn text_of(py: Python<'_>, error: &PyErr) -> String {
    match bucket_of(py, error) {
        Ok(Some(place)) => format!("{error} ({place})"),
        _ => error.to_string(),
    }
}

/// The file and line of the innermost call.
fn bucket_of(py: Python<'_>, error: &PyErr) -> PyResult<Option<String>> {
    let Some(traceback) = error.traceback(py) else {
        return Ok(None);
    };
    let mut at = traceback.into_any();
    loop {
        let next = at.getattr("tb_next")?;
        if next.is_none() {
            break;
        }
        at = next;
    }
    let line: usize = at.getattr("tb_lineno")?.extract()?;
    let code = at.getattr("tb_frame")?.getattr("f_code")?;
    let file: String = code.getattr("co_filename")?.extract()?;
    let file = file.rsplit('/').next().unwrap_or_default();
    Ok(Some(format!("{file}:{line}")))
}

/// Ends the work on a record by an exception: the engine fails the batch with its text.
pub(crate) fn raise(error: PyErr) -> ! {
    let text = Python::attach(|py| text_of(py, &error));
    let mut last = last();
    // Whoever is told of a failure is told of any exception with its text: one of each is enough.
    let older = last.iter().position(|(other, _)| *other == text);
    let gone = match older {
        Some(older) => last.remove(older),
        None if last.len() >= MOST => last.pop_front(),
        None => None,
    };
    last.push_back((text.clone(), error));
    drop(last);
    drop(gone);
    resume_unwind(Box::new(text))
}

/// Takes the exception that a failure tells of, if one caused it. Those of a batch that is worked
/// on already wait until that one is due.
pub(crate) fn take(failure: &str) -> Option<PyErr> {
    let mut last = last();
    let cause = (last.iter()).position(|(text, _)| failure.contains(text.as_str()))?;
    last.remove(cause).map(|(_, error)| error)
}

/// The result of reading a dataset, without the interpreter's lock; an exception of the
/// program's own if one ended it.
pub(crate) fn reading<T: Send>(py: Python<'_>, read: impl FnOnce() -> T + Send) -> PyResult<T> {
    let read = py.detach(|| catch_unwind(AssertUnwindSafe(read)));
    read.map_err(|payload| {
        let text = millrace::panics::panic_message(&*payload);
        // An error of the engine's own may tell of an exception, and is not one.
        let raised = take(&text).filter(|_| !payload.is::<millrace::Error>());
        raised.unwrap_or_else(|| PyRuntimeError::new_err(text))
    })
}
