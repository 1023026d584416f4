//! A function of the program that is lowered, made once and called in every batch.

use pyo3::prelude::*;

use crate::compile::parsed;
use crate::plan::Called;

/// A function of the program with its lowered form.
#[pyclass(frozen, module = "millrace._engine")]
pub(crate) struct RecordFunction {
    pub(super) called: Called,
}

#[pymethods]
impl RecordFunction {
    /// The function of a lowered form, and the function itself. Raises ValueError if the form is none.
    #[new]
    fn new(json: &str, callable: Py<PyAny>) -> PyResult<RecordFunction> {
        Ok(RecordFunction {
            called: Called::new(Some(parsed(json)?), callable),
        })
    }
}
