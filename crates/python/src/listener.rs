//! Events of a run, told to a listener written in Python.
//!
//! Each is handed over as its name and a dict; what a program sees of it (Java's getters, as
//! PySpark shows them) is made in Python. The law is the engine's: a listener is told on a thread
//! of its own and delays no batch.

use millrace::StreamingListener;
use millrace::events::{BatchInfo, OutputOperationInfo, ReceiverInfo};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};

/// A function of Python that takes the name of an event and what it holds.
pub(crate) struct PyListener {
    pub(crate) tell: Py<PyAny>,
}

/// A time that may not be known yet, as PySpark has it.
fn known(time: Option<i64>) -> i64 {
    time.unwrap_or(-1)
}

fn receiver<'py>(py: Python<'py>, info: &ReceiverInfo) -> PyResult<Bound<'py, PyDict>> {
    let event = PyDict::new(py);
    event.set_item("streamId", info.stream_id.0)?;
    event.set_item("name", &info.name)?;
    event.set_item("active", info.active)?;
    event.set_item("location", &info.location)?;
    event.set_item("executorId", &info.executor_id)?;
    event.set_item("lastErrorMessage", &info.last_error_message)?;
    event.set_item("lastError", &info.last_error)?;
    event.set_item("lastErrorTime", known(info.last_error_time))?;
    Ok(event)
}

fn operation<'py>(py: Python<'py>, info: &OutputOperationInfo) -> PyResult<Bound<'py, PyDict>> {
    let event = PyDict::new(py);
    event.set_item("batchTime", info.batch_time.as_millis())?;
    event.set_item("id", info.id)?;
    event.set_item("name", &info.name)?;
    event.set_item("description", &info.description)?;
    event.set_item("startTime", known(info.start_time))?;
    event.set_item("endTime", known(info.end_time))?;
    event.set_item("failureReason", info.failure_reason.as_deref())?;
    Ok(event)
}

fn batch<'py>(py: Python<'py>, info: &BatchInfo) -> PyResult<Bound<'py, PyDict>> {
    let event = PyDict::new(py);
    event.set_item("batchTime", info.batch_time.as_millis())?;
    event.set_item("submissionTime", info.submission_time)?;
    event.set_item("processingStartTime", known(info.processing_start_time))?;
    event.set_item("processingEndTime", known(info.processing_end_time))?;
    let delay = |delay: Option<millrace::Duration>| known(delay.map(|delay| delay.as_millis()));
    event.set_item("schedulingDelay", delay(info.scheduling_delay()))?;
    event.set_item("processingDelay", delay(info.processing_delay()))?;
    event.set_item("totalDelay", delay(info.total_delay()))?;
    event.set_item("numRecords", info.num_records())?;
    let inputs = PyDict::new(py);
    for (stream, input) in &info.stream_id_to_input_info {
        let told = PyDict::new(py);
        told.set_item("inputStreamId", stream.0)?;
        told.set_item("numRecords", input.num_records)?;
        told.set_item("metadataDescription", input.metadata_description.as_deref())?;
        inputs.set_item(stream.0, told)?;
    }
    event.set_item("streamIdToInputInfo", inputs)?;
    let operations = PyDict::new(py);
    for (id, info) in &info.output_operation_infos {
        operations.set_item(*id, operation(py, info)?)?;
    }
    event.set_item("outputOperationInfos", operations)?;
    Ok(event)
}

impl PyListener {
    /// Tells it. Python shows an error of the listener's own; any other is shown here.
    fn tell(
        &self,
        name: &str,
        event: impl for<'py> FnOnce(Python<'py>) -> PyResult<Bound<'py, PyDict>>,
    ) {
        Python::attach(|py| {
            let told = event(py).and_then(|event| self.tell.call1(py, (name, event)));
            if let Err(error) = told {
                error.print(py);
            }
        });
    }
}

impl StreamingListener for PyListener {
    fn on_streaming_started(&mut self, time: i64) {
        self.tell("onStreamingStarted", |py| [("time", time)].into_py_dict(py));
    }

    fn on_receiver_started(&mut self, info: &ReceiverInfo) {
        self.tell("onReceiverStarted", |py| receiver(py, info));
    }

    fn on_receiver_error(&mut self, info: &ReceiverInfo) {
        self.tell("onReceiverError", |py| receiver(py, info));
    }

    fn on_receiver_stopped(&mut self, info: &ReceiverInfo) {
        self.tell("onReceiverStopped", |py| receiver(py, info));
    }

    fn on_batch_submitted(&mut self, info: &BatchInfo) {
        self.tell("onBatchSubmitted", |py| batch(py, info));
    }

    fn on_batch_started(&mut self, info: &BatchInfo) {
        self.tell("onBatchStarted", |py| batch(py, info));
    }

    fn on_batch_completed(&mut self, info: &BatchInfo) {
        self.tell("onBatchCompleted", |py| batch(py, info));
    }

    fn on_output_operation_started(&mut self, info: &OutputOperationInfo) {
        self.tell("onOutputOperationStarted", |py| operation(py, info));
    }

    fn on_output_operation_completed(&mut self, info: &OutputOperationInfo) {
        self.tell("onOutputOperationCompleted", |py| operation(py, info));
    }
}
