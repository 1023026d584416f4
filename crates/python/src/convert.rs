//! Values to Python's objects and back.
//!
//! Only an exact builtin type becomes a value of its own; an instance of a subclass stays an
//! object, since its class would be lost. The law: what goes to the engine and comes back is
//! equal, of the same type, and within one record two names of one list are one list again.

use std::sync::Arc;

use millrace_pyfn::{Dict, Value};
use millrace_text::Text;
use num_bigint::BigInt;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::object::PyObjectValue;

/// The deepest that a value may be: what is deeper, or contains itself, stays an object.
const DEPTH: usize = 100;

/// The Python object of a value.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    ToPython {
        py,
        made: Vec::new(),
    }
    .of(value)
}

struct ToPython<'py> {
    py: Python<'py>,
    /// Lists and dicts of this record, by where their values are.
    made: Vec<(*const (), Bound<'py, PyAny>)>,
}

impl<'py> ToPython<'py> {
    fn of(&mut self, value: &Value) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        Ok(match value {
            Value::None => py.None().into_bound(py),
            Value::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
            Value::Int(value) => value.into_pyobject(py)?.into_any(),
            Value::Big(value) => (**value).clone().into_pyobject(py)?.into_any(),
            Value::Float(value) => PyFloat::new(py, *value).into_any(),
            Value::Str(value) => PyString::new(py, value.as_str()).into_any(),
            Value::Bytes(value) => PyBytes::new(py, value).into_any(),
            Value::Tuple(items) => {
                let items: Vec<_> = items
                    .iter()
                    .map(|item| self.of(item))
                    .collect::<PyResult<_>>()?;
                PyTuple::new(py, items)?.into_any()
            }
            Value::List(items) => {
                let place = Arc::as_ptr(items).cast::<()>();
                if let Some(made) = self.known(place) {
                    return Ok(made);
                }
                let list = PyList::empty(py);
                self.made.push((place, list.clone().into_any()));
                for item in items.iter() {
                    list.append(self.of(item)?)?;
                }
                list.into_any()
            }
            Value::Dict(entries) => {
                let place = Arc::as_ptr(entries).cast::<()>();
                if let Some(made) = self.known(place) {
                    return Ok(made);
                }
                let dict = PyDict::new(py);
                self.made.push((place, dict.clone().into_any()));
                for (key, value) in entries.iter() {
                    dict.set_item(self.of(key)?, self.of(value)?)?;
                }
                dict.into_any()
            }
            Value::Object(object) => match object.as_any().downcast_ref::<PyObjectValue>() {
                Some(own) => own.object.bind(py).clone(),
                None => unreachable!("every object here was made by the interpreter"),
            },
        })
    }

    fn known(&self, place: *const ()) -> Option<Bound<'py, PyAny>> {
        let known = self.made.iter().find(|(known, _)| *known == place);
        known.map(|(_, made)| made.clone())
    }
}

/// The value of a Python object.
pub(crate) fn from_python(object: &Bound<'_, PyAny>) -> Value {
    FromPython { met: Vec::new() }.of(object, 0)
}

struct FromPython {
    /// Lists and dicts of this record, by their identity.
    met: Vec<(*mut pyo3::ffi::PyObject, Value)>,
}

impl FromPython {
    fn of(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> Value {
        self.plain(object, depth)
            .unwrap_or_else(|| Value::Object(Arc::new(PyObjectValue::new(object))))
    }

    /// The value of an object that is exactly of a builtin type and not too deep.
    fn plain(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> Option<Value> {
        if let Ok(text) = object.cast_exact::<PyString>() {
            return Some(Value::Str(Text::from(&*text.to_cow().ok()?)));
        }
        if let Ok(number) = object.cast_exact::<PyInt>() {
            return Some(match number.extract::<i64>() {
                Ok(small) => Value::Int(small),
                Err(_) => Value::integer(number.extract::<BigInt>().ok()?),
            });
        }
        if let Ok(tuple) = object.cast_exact::<PyTuple>() {
            self.check(depth)?;
            let items: Vec<_> = tuple.iter().map(|item| self.of(&item, depth + 1)).collect();
            return Some(Value::tuple(items));
        }
        if object.is_none() {
            return Some(Value::None);
        }
        if let Ok(float) = object.cast_exact::<PyFloat>() {
            return Some(Value::Float(float.value()));
        }
        if let Ok(value) = object.cast_exact::<PyBool>() {
            return Some(Value::Bool(value.is_true()));
        }
        if let Ok(list) = object.cast_exact::<PyList>() {
            return self.container(object, depth, |own| {
                Value::list(
                    list.iter()
                        .map(|item| own.of(&item, depth + 1))
                        .collect::<Vec<_>>(),
                )
            });
        }
        if let Ok(dict) = object.cast_exact::<PyDict>() {
            return self.container(object, depth, |own| {
                let mut entries = Dict::default();
                for (key, value) in dict.iter() {
                    entries.insert(own.of(&key, depth + 1), own.of(&value, depth + 1));
                }
                Value::Dict(Arc::new(entries))
            });
        }
        let bytes = object.cast_exact::<PyBytes>().ok()?;
        Some(Value::Bytes(bytes.as_bytes().into()))
    }

    fn check(&self, depth: usize) -> Option<()> {
        (depth < DEPTH).then_some(())
    }

    fn container(
        &mut self,
        object: &Bound<'_, PyAny>,
        depth: usize,
        make: impl FnOnce(&mut FromPython) -> Value,
    ) -> Option<Value> {
        self.check(depth)?;
        let place = object.as_ptr();
        if let Some((_, met)) = self.met.iter().find(|(met, _)| *met == place) {
            return Some(met.clone());
        }
        let value = make(self);
        self.met.push((place, value.clone()));
        Some(value)
    }
}
