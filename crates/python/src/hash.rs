//! PySpark's `portable_hash` of a Python object, the same in every interpreter.
//!
//! Python's own hash of a text differs between versions and processes. This one is that of
//! CPython 3.11 with `PYTHONHASHSEED=0`, so that a program's output does not depend on which
//! interpreter runs it. The law: equal keys have equal hashes.

use millrace_text::python::{TupleHash, bytes_hash, float_hash, int_hash, str_hash};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyString, PyTuple};

/// The hash by which PySpark 3.5 puts a key into a partition.
///
/// Raises TypeError if the key cannot be hashed.
#[pyfunction]
pub(crate) fn portable_hash(key: &Bound<'_, PyAny>) -> PyResult<i64> {
    if let Ok(text) = key.cast::<PyString>() {
        // A text with surrogates has no UTF-8; it keeps the hash that the interpreter gives it.
        if let Ok(text) = text.to_cow() {
            return Ok(str_hash(&text));
        }
    } else if let Ok(tuple) = key.cast::<PyTuple>() {
        let mut hash = TupleHash::new();
        for item in tuple.iter() {
            hash.push(portable_hash(&item)?);
        }
        return Ok(hash.finish());
    } else if key.is_none() {
        return Ok(0);
    } else if key.is_instance_of::<PyInt>() {
        if let Ok(small) = key.extract::<i64>() {
            return Ok(int_hash(small.into()));
        }
    } else if let Ok(float) = key.cast_exact::<PyFloat>() {
        return Ok(float_hash(float.value()));
    } else if let Ok(bytes) = key.cast_exact::<PyBytes>() {
        return Ok(bytes_hash(bytes.as_bytes()));
    }
    Ok(key.hash()? as i64)
}

/// The partition, of `partitions`, that gets the first batch when `repartition` deals out the
/// records of partition number `index`.
#[pyfunction]
pub(crate) fn first_dealt(index: usize, partitions: u32) -> usize {
    millrace::python::first_dealt(index, partitions)
}
