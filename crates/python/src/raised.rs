//! Exceptions of the program on their way through the engine.
//!
//! The engine carries a message; the exception itself, with its traceback, waits here until
//! whoever reads or runs the batch takes it. The law: of several the first is kept, and none is shown
//! that was not raised.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

static FIRST: Mutex<Option<PyErr>> = Mutex::new(None);

fn first() -> MutexGuard<'static, Option<PyErr>> {
    FIRST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the work on a record by an exception: the engine fails the batch with its text.
pub(crate) fn raise(error: PyErr) -> ! {
    let text = error.to_string();
    first().get_or_insert(error);
    resume_unwind(Box::new(text))
}

/// Takes the exception that failed the batch, if one did.
pub(crate) fn take() -> Option<PyErr> {
    first().take()
}

/// The result of reading a dataset, without the interpreter's lock; an exception of the
/// program's own if one ended it.
pub(crate) fn reading<T: Send>(py: Python<'_>, read: impl FnOnce() -> T + Send) -> PyResult<T> {
    let read = py.detach(|| catch_unwind(AssertUnwindSafe(read)));
    read.map_err(|payload| {
        take().unwrap_or_else(|| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            PyRuntimeError::new_err(text.unwrap_or("the batch could not be read").to_owned())
        })
    })
}
