//! Pairs, and what is combined by their keys.

use millrace::DStream;
use millrace::partition::Partitions;
use millrace_pyfn::{Function, Shape, Value};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::called::Called;
use super::partitioner::ByPortableHash;
use crate::convert::{from_python, to_python};
use crate::lock::attached;
use crate::raised::raise;

/// Key and value of a record, as `key, value = record` takes them.
pub(super) fn pair_of(record: Value) -> (Value, Value) {
    let items: &[Value] = match &record {
        Value::Tuple(items) => items,
        Value::List(items) => items,
        _ => &[],
    };
    match items {
        [key, value] => (key.clone(), value.clone()),
        _ => unpacked(&record),
    }
}

/// The same of a record that is no pair by its type: Python says what it is, or why it is none.
#[cold]
fn unpacked(record: &Value) -> (Value, Value) {
    let items = attached(|py| {
        let items = to_python(py, record)?.try_iter()?;
        let items: Vec<Value> = items
            .take(3)
            .map(|item| Ok(from_python(&item?)))
            .collect::<PyResult<_>>()?;
        match <[Value; 2]>::try_from(items) {
            Ok(pair) => Ok(pair),
            Err(items) if items.len() > 2 => Err(PyValueError::new_err(
                "too many values to unpack (expected 2)",
            )),
            Err(items) => Err(PyValueError::new_err(format!(
                "not enough values to unpack (expected 2, got {})",
                items.len()
            ))),
        }
    });
    match items {
        Ok([key, value]) => (key, value),
        Err(error) => raise(error),
    }
}

/// The pair of a record whose key can be hashed.
pub(super) fn keyed(record: Value) -> (Value, Value) {
    let (key, value) = pair_of(record);
    check_hashable(&key);
    (key.detach(), value)
}

fn check_hashable(key: &Value) {
    match key {
        Value::List(_) | Value::Dict(_) => raise(PyTypeError::new_err(format!(
            "unhashable type: '{}'",
            key.type_name()
        ))),
        Value::Tuple(items) => items.iter().for_each(check_hashable),
        Value::Object(_) => {
            if let Err(error) = attached(|py| to_python(py, key)?.hash()) {
                raise(error);
            }
        }
        _ => {}
    }
}

/// `a + b` of small integers, which most programs add up.
fn sum_of(a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.checked_add(*b).map(Value::Int),
        _ => None,
    }
}

/// `reduceByKey`.
pub(super) fn reduce(
    records: &DStream<Value>,
    function: Called,
    partitions: u32,
) -> DStream<Value> {
    let by = Partitions::by(ByPortableHash::new(partitions));
    let adds = function.function().and_then(Function::shape) == Some(Shape::Add);
    let merge = move |a, b| {
        let sum = if adds { sum_of(&a, &b) } else { None };
        sum.unwrap_or_else(|| function.call(&[a, b]))
    };
    records
        .map(keyed)
        .reduce_by_key_with(merge, by)
        .map(|(key, value)| Value::tuple([key, value]))
        .erased()
}
