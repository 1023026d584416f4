//! One batch of an engine's stream, read as Python objects.

use millrace::Rdd;
use millrace_pyfn::Value;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::convert::to_python;
use crate::raised::reading;
use crate::window::Held;

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

fn list<'py>(py: Python<'py>, records: Vec<Value>) -> PyResult<Bound<'py, PyList>> {
    let records: Vec<_> = records
        .iter()
        .map(|record| to_python(py, record))
        .collect::<PyResult<_>>()?;
    PyList::new(py, records)
}

fn lists<'py>(py: Python<'py>, partitions: Vec<Vec<Value>>) -> PyResult<Bound<'py, PyList>> {
    let lists = partitions.into_iter();
    let lists = lists.map(|records| list(py, records));
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
        let records = reading(py, || self.rdd.take(count))?;
        list(py, records)
    }

    /// All records, a list per partition.
    fn collect<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let partitions = reading(py, || self.rdd.glom().collect())?;
        lists(py, partitions)
    }

    /// The batch as it is needed later: as values, or, if a record has no plain form, as lists. `of` is
    /// the number of partitions if they are those of keys that are all different.
    fn held<'py>(&self, py: Python<'py>, of: Option<u32>) -> PyResult<Kept<'py>> {
        let partitions = reading(py, || self.rdd.glom().collect())?;
        match py.detach(|| Held::of_records(partitions, of)) {
            Ok(held) => Ok((Some(held), None)),
            Err(partitions) => Ok((None, Some(lists(py, partitions)?))),
        }
    }
}
