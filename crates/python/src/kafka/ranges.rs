//! Offset ranges that a program reads without a stream.

use std::collections::BTreeMap;

use millrace_kafka::{KafkaRanges as Ranges, OffsetRange};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::asked::{Wanted, params};
use super::text::Texts;
use super::{Range, refused};
use crate::convert::to_python;
use crate::raised::reading;
use crate::settings::conf_of;

/// Reads offset ranges of topics.
#[pyclass(frozen, module = "millrace._engine")]
pub(crate) struct KafkaRanges {
    ranges: Ranges,
    texts: Texts,
    wanted: Wanted,
}

fn range((topic, partition, from, until): Range) -> OffsetRange {
    OffsetRange::new(topic, partition, from, until)
}

#[pymethods]
impl KafkaRanges {
    /// Connects to nothing yet. Raises ValueError if a parameter or setting cannot be understood.
    #[new]
    fn new(
        settings: Vec<(String, String)>,
        brokers: &str,
        of_client: BTreeMap<String, String>,
        wanted: Wanted,
        utf8: Py<PyAny>,
    ) -> PyResult<KafkaRanges> {
        let ranges = Ranges::new(brokers, params(&of_client), &conf_of(settings));
        Ok(KafkaRanges {
            ranges: ranges.map_err(|error| refused(&error))?,
            texts: Texts::new(wanted.key_is_text, wanted.value_is_text, utf8),
            wanted,
        })
    }

    /// Raises RuntimeError if the brokers do not have these offsets, or do not say so.
    fn check(&self, py: Python<'_>, ranges: Vec<Range>) -> PyResult<()> {
        let ranges: Vec<OffsetRange> = ranges.into_iter().map(range).collect();
        let checked = py.detach(|| self.ranges.check(&ranges));
        checked.map_err(|error| PyRuntimeError::new_err(error.to_string()))
    }

    /// The records of a range.
    fn read<'py>(&self, py: Python<'py>, of: Range) -> PyResult<Bound<'py, PyList>> {
        let of = range(of);
        let records = reading(py, || {
            let (made, checked) = (
                self.texts.reading(self.wanted),
                self.texts.checked(self.wanted),
            );
            let mut records = Vec::new();
            let read = self.ranges.read(&of, &mut |message| {
                records.push(made(message));
            });
            read.map(|()| records.into_iter().map(checked).collect::<Vec<_>>())
        })?;
        let records = records.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        let records: Vec<_> = records
            .iter()
            .map(|record| to_python(py, record))
            .collect::<PyResult<_>>()?;
        PyList::new(py, records)
    }
}
