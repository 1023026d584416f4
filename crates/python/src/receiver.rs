//! Receivers that a program writes in Python.
//!
//! The engine starts and stops them, bounds what they store and slows them down, as it does with
//! those of native programs; a method of a Python object stands behind each of its calls. The
//! law: the interpreter's lock is free while a record waits for room.

use std::time::Duration;

use millrace::{Receiver, ReceiverContext};
use millrace_pyfn::Value;
use pyo3::prelude::*;

use crate::convert::from_python;

/// A receiver of the program's own.
pub(crate) struct PyReceiver {
    /// Takes a [`Handle`], and starts whatever receives.
    pub(crate) start: Py<PyAny>,
    /// Makes it end.
    pub(crate) stop: Py<PyAny>,
    /// The name of its class.
    pub(crate) name: String,
}

impl Receiver for PyReceiver {
    type Item = Value;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn on_start(&mut self, context: ReceiverContext<Value>) {
        Python::attach(|py| {
            let handle = Handle {
                context: context.clone(),
            };
            if let Err(error) = self.start.call1(py, (handle,)) {
                context.restart_because("the receiver could not be started", &error);
            }
        });
    }

    fn on_stop(&mut self) {
        Python::attach(|py| {
            if let Err(error) = self.stop.call0(py) {
                error.print(py);
            }
        });
    }
}

/// The means of a receiver, from one start of it to the next.
#[pyclass(frozen, module = "millrace._engine")]
pub(crate) struct Handle {
    context: ReceiverContext<Value>,
}

#[pymethods]
impl Handle {
    /// Stores a record; waits for the rate and for the memory budget. False if it has stopped.
    fn store(&self, py: Python<'_>, record: &Bound<'_, PyAny>) -> bool {
        let record = from_python(record);
        py.detach(|| self.context.store(record))
    }

    /// Stores records as one block, and returns when that is done. False if it has stopped.
    fn store_block(
        &self,
        py: Python<'_>,
        records: Vec<Bound<'_, PyAny>>,
        metadata: Option<String>,
    ) -> bool {
        let records = records.iter().map(from_python).collect();
        py.detach(|| match metadata {
            None => self.context.store_block(records),
            Some(metadata) => self.context.store_block_with_metadata(records, metadata),
        })
    }

    /// Tells listeners and standard error about an error.
    fn report_error(&self, py: Python<'_>, message: &str, error: &str) {
        py.detach(|| self.context.report_error_because(message, error));
    }

    /// Stops and starts the receiver again after so many milliseconds, or after the usual delay.
    fn restart(&self, py: Python<'_>, message: &str, error: &str, delay: Option<u64>) {
        py.detach(|| match delay {
            None => self.context.restart_because(message, error),
            Some(delay) => {
                let delay = Duration::from_millis(delay);
                self.context.restart_after_because(message, error, delay);
            }
        });
    }

    /// Stops the receiver for the rest of the run.
    fn stop(&self, py: Python<'_>, message: &str) {
        py.detach(|| self.context.stop(message));
    }

    /// True until the receiver is stopped or restarted, or the context stops.
    fn is_started(&self) -> bool {
        self.context.is_started()
    }

    /// The number of the receiver's stream.
    fn stream_id(&self) -> u32 {
        self.context.stream_id().0
    }

    /// Runs `body` on a thread of the engine, which is waited for at the end.
    fn spawn(&self, name: &str, body: Py<PyAny>) {
        self.context.spawn(name, move |context| {
            Python::attach(|py| {
                if let Err(error) = body.call0(py) {
                    context.restart_because("a thread of the receiver has failed", &error);
                }
            });
        });
    }
}
