//! Names of files by the one rule of locations, for what Python reads and writes itself.

use std::ffi::OsString;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The path that a name stands for. Raises ValueError if it is no location of this machine.
#[pyfunction]
pub(crate) fn local_path(name: OsString) -> PyResult<OsString> {
    let path = millrace_types::local_path(name);
    let path = path.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(path.into_os_string())
}
