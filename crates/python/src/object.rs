//! Python objects that have no form of their own among the engine's values.
//!
//! They are compared, shown and pickled by the interpreter, whose lock every call here takes.
//! The law: a question that Python answers with an exception has the harmless answer (not equal,
//! hash 0), but pickling says why it failed, since a checkpoint must not lose anything.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use millrace_pyfn::{Object, Value, set_unpickler};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyString, PyTuple};

use crate::convert::from_python;
use crate::lock::attached;

/// An object of the interpreter.
pub(crate) struct PyObjectValue {
    pub(crate) object: Py<PyAny>,
    plain: Option<Value>,
    hash: i64,
}

impl PyObjectValue {
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyObjectValue {
        PyObjectValue {
            plain: plain(object),
            hash: object.hash().map_or(0, |hash| hash as i64),
            object: object.clone().unbind(),
        }
    }

    fn ask<T: Default>(&self, question: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>) -> T {
        attached(|py| question(self.object.bind(py)).unwrap_or_default())
    }
}

/// The plain value of an instance of a subclass of a builtin type, without its class.
fn plain(object: &Bound<'_, PyAny>) -> Option<Value> {
    if let Ok(tuple) = object.cast::<PyTuple>() {
        let items = tuple.iter().map(|item| from_python(&item));
        Some(Value::tuple(items.collect::<Vec<_>>()))
    } else if let Ok(text) = object.cast::<PyString>() {
        Some(Value::str(&*text.to_cow().ok()?))
    } else if object.is_instance_of::<PyInt>() {
        Some(Value::integer(object.extract().ok()?))
    } else if let Ok(float) = object.cast::<PyFloat>() {
        Some(Value::Float(float.value()))
    } else {
        None
    }
}

impl Object for PyObjectValue {
    fn plain(&self) -> Option<&Value> {
        self.plain.as_ref()
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let Some(other) = other.as_any().downcast_ref::<PyObjectValue>() else {
            return false;
        };
        self.ask(|object| object.eq(other.object.bind(object.py())))
    }

    fn hash(&self) -> i64 {
        self.hash
    }

    fn type_name(&self) -> String {
        self.ask(|object| Ok(object.get_type().qualname()?.to_string()))
    }

    fn repr(&self) -> String {
        self.ask(|object| Ok(object.repr()?.to_string()))
    }

    fn pickle(&self) -> Result<Vec<u8>, String> {
        attached(|py| {
            let pickled = py
                .import("pickle")?
                .call_method1("dumps", (self.object.bind(py), 4))?;
            pickled.extract::<Vec<u8>>()
        })
        .map_err(|error| error.to_string())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for PyObjectValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}

/// The words before the reason why an object cannot be read back: its class, most often, is not
/// where it was. Nothing is damaged then, as the package says by them.
pub(crate) const CANNOT_MAKE: &str = "this program cannot make an object that is in it: ";

/// Lets values be read back that were pickled.
pub(crate) fn register() {
    set_unpickler(|pickle| {
        attached(|py| {
            let bytes = PyBytes::new(py, pickle);
            let object = py.import("pickle")?.call_method1("loads", (bytes,))?;
            Ok(Arc::new(PyObjectValue::new(&object)) as Arc<dyn Object>)
        })
        .map_err(|error: PyErr| format!("{CANNOT_MAKE}{error}"))
    });
}
