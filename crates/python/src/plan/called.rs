//! A function of the program, called on values: in its lowered form if it has one, and in CPython
//! when that gives up or there is none.

use std::sync::Arc;

use millrace_pyfn::{Function, Value};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::convert::{from_python, to_python};
use crate::lock::attached;
use crate::raised::raise;

/// A function of the program.
#[derive(Clone)]
pub(crate) struct Called {
    function: Option<Function>,
    callable: Arc<Py<PyAny>>,
}

impl Called {
    pub(crate) fn new(function: Option<Function>, callable: Py<PyAny>) -> Called {
        Called {
            function,
            callable: Arc::new(callable),
        }
    }

    /// The function's lowered form.
    pub(crate) fn function(&self) -> Option<&Function> {
        self.function.as_ref()
    }

    /// The function's result for these arguments.
    pub(crate) fn call(&self, arguments: &[Value]) -> Value {
        if let Some(function) = &self.function
            && let Ok(value) = function.call(arguments)
        {
            return value;
        }
        self.interpreted(arguments, |result| Ok(from_python(&result)))
    }

    /// True if the function's result counts as true.
    pub(crate) fn test(&self, argument: &Value) -> bool {
        if let Some(function) = &self.function
            && let Ok(truth) = function.test(argument)
        {
            return truth;
        }
        self.interpreted(std::slice::from_ref(argument), |result| result.is_truthy())
    }

    /// All that the iterable has which it gives.
    pub(crate) fn each(&self, argument: &Value) -> Vec<Value> {
        let mut items = Vec::new();
        if let Some(function) = &self.function
            && function.each(argument, |item| items.push(item)).is_ok()
        {
            return items;
        }
        self.interpreted(std::slice::from_ref(argument), |result| {
            let items = result.try_iter()?;
            items.map(|item| Ok(from_python(&item?))).collect()
        })
    }

    /// Runs it in CPython; an exception of its own fails the batch.
    fn interpreted<T>(
        &self,
        arguments: &[Value],
        read: impl FnOnce(Bound<'_, PyAny>) -> PyResult<T>,
    ) -> T {
        let result = attached(|py| {
            let arguments = arguments.iter().map(|argument| to_python(py, argument));
            let arguments = PyTuple::new(py, arguments.collect::<PyResult<Vec<_>>>()?)?;
            read(self.callable.bind(py).call1(arguments)?)
        });
        result.unwrap_or_else(|error| raise(error))
    }
}
