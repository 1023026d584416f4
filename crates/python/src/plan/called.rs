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
        if let Some(function) = &self.function
            && let Ok(items) = function.items(argument)
        {
            return items;
        }
        self.interpreted(std::slice::from_ref(argument), all_of)
    }

    /// As [`call`](Called::call); `None` if it raises an exception in CPython.
    pub(crate) fn attempt(&self, arguments: &[Value]) -> Option<Value> {
        if let Some(function) = &self.function
            && let Ok(value) = function.call(arguments)
        {
            return Some(value);
        }
        self.asked(arguments, |result| Ok(from_python(&result)))
            .ok()
    }

    /// As [`test`](Called::test); `None` if it raises an exception in CPython.
    pub(crate) fn attempt_test(&self, argument: &Value) -> Option<bool> {
        if let Some(function) = &self.function
            && let Ok(truth) = function.test(argument)
        {
            return Some(truth);
        }
        self.asked(std::slice::from_ref(argument), |result| result.is_truthy())
            .ok()
    }

    /// As [`each`](Called::each); `None` if it raises an exception in CPython.
    pub(crate) fn attempt_each(&self, argument: &Value) -> Option<Vec<Value>> {
        if let Some(function) = &self.function
            && let Ok(items) = function.items(argument)
        {
            return Some(items);
        }
        self.asked(std::slice::from_ref(argument), all_of).ok()
    }

    /// True if both are the same function of the program.
    pub(crate) fn is(&self, other: &Called) -> bool {
        Arc::ptr_eq(&self.callable, &other.callable)
    }

    /// Runs it in CPython; an exception of its own fails the batch.
    fn interpreted<T>(
        &self,
        arguments: &[Value],
        read: impl FnOnce(Bound<'_, PyAny>) -> PyResult<T>,
    ) -> T {
        self.asked(arguments, read)
            .unwrap_or_else(|error| raise(error))
    }

    /// Runs it in CPython.
    fn asked<T>(
        &self,
        arguments: &[Value],
        read: impl FnOnce(Bound<'_, PyAny>) -> PyResult<T>,
    ) -> PyResult<T> {
        attached(|py| {
            let arguments = arguments.iter().map(|argument| to_python(py, argument));
            let arguments = PyTuple::new(py, arguments.collect::<PyResult<Vec<_>>>()?)?;
            read(self.callable.bind(py).call1(arguments)?)
        })
    }
}

/// The items of an iterable.
fn all_of(iterable: Bound<'_, PyAny>) -> PyResult<Vec<Value>> {
    let items = iterable.try_iter()?;
    items.map(|item| Ok(from_python(&item?))).collect()
}
