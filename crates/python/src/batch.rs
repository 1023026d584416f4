//! One batch of an engine's stream, read as Python objects.

use millrace::Rdd;
use millrace_pyfn::Value;
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::convert::to_python;
use crate::raised::reading;
use crate::window::{Held, is_plain};

/// One batch of a stream, to be read while it runs.
#[pyclass(frozen, module = "millrace._engine")]
pub(crate) struct Batch {
    rdd: Rdd<Value>,
}

impl Batch {
    pub(crate) fn new(rdd: Rdd<Value>) -> Batch {
        Batch { rdd }
    }
}

/// All records of a batch, which become objects as somebody asks for them. Texts hold the blocks in
/// which they were received.
///
/// The law: what it gives depends on its arguments alone, takes no lock and asks no thread, so a fork
/// of the process can read it.
#[pyclass(frozen, module = "millrace._engine")]
pub(crate) struct Records {
    partitions: Vec<Vec<Value>>,
    are_plain: bool,
}

#[pymethods]
impl Records {
    /// The number of records per partition.
    fn sizes(&self) -> Vec<usize> {
        self.partitions.iter().map(Vec::len).collect()
    }

    /// True if no record is, or holds, an object that only Python knows.
    fn are_plain(&self) -> bool {
        self.are_plain
    }

    /// The records of partition number `index` from number `at` on, before number `end`; new objects
    /// with every call. Raises IndexError if there are not so many.
    fn list<'py>(
        &self,
        py: Python<'py>,
        index: usize,
        at: usize,
        end: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        let records = self.partitions.get(index);
        let records = records.and_then(|records| records.get(at..end));
        let none = || PyIndexError::new_err(format!("no records {at} to {end} in {index}"));
        list(py, records.ok_or_else(none)?)
    }
}

fn list<'py>(py: Python<'py>, records: &[Value]) -> PyResult<Bound<'py, PyList>> {
    let records: Vec<_> = records
        .iter()
        .map(|record| to_python(py, record))
        .collect::<PyResult<_>>()?;
    PyList::new(py, records)
}

fn lists<'py>(py: Python<'py>, partitions: Vec<Vec<Value>>) -> PyResult<Bound<'py, PyList>> {
    let lists = partitions.into_iter();
    let lists = lists.map(|records| list(py, &records));
    PyList::new(py, lists.collect::<PyResult<Vec<_>>>()?)
}

/// A batch as values, or else as lists.
type Kept<'py> = (Option<Held>, Option<Bound<'py, PyList>>);

#[pymethods]
impl Batch {
    /// The number of partitions.
    fn partitions(&self) -> usize {
        self.rdd.partitions()
    }

    /// The number of records.
    fn count(&self, py: Python<'_>) -> PyResult<u64> {
        reading(py, || self.rdd.count())
    }

    /// The first `count` records.
    fn take<'py>(&self, py: Python<'py>, count: usize) -> PyResult<Bound<'py, PyList>> {
        let records = reading(py, || self.rdd.read_first(count))?;
        list(py, &records)
    }

    /// All records.
    fn read(&self, py: Python<'_>) -> PyResult<Records> {
        let partitions = reading(py, || self.rdd.collect_partitions())?;
        let are_plain = py.detach(|| partitions.iter().flatten().all(is_plain));
        Ok(Records {
            partitions,
            are_plain,
        })
    }

    /// The batch as it is needed later: as values, or, if a record has no plain form, as lists. `of` is
    /// the number of partitions if they are those of keys that are all different.
    fn held<'py>(&self, py: Python<'py>, of: Option<u32>) -> PyResult<Kept<'py>> {
        let partitions = reading(py, || self.rdd.collect_partitions())?;
        match py.detach(|| Held::of_records(partitions, of)) {
            Ok(held) => Ok((Some(held), None)),
            Err(partitions) => Ok((None, Some(lists(py, partitions)?))),
        }
    }
}
