//! A stream of the engine whose records are Python values.

use millrace::{Boxed, DStream};
use millrace_pyfn::Value;
use pyo3::prelude::*;

/// The description of a stream that the engine computes.
#[pyclass(frozen, module = "millrace._engine")]
pub(crate) struct Stream {
    pub(crate) records: DStream<Boxed<Value>>,
}

impl Stream {
    pub(crate) fn new(records: DStream<Boxed<Value>>) -> Stream {
        Stream { records }
    }
}
