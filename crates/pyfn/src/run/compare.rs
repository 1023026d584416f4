//! Comparison, membership, identity.
//!
//! Inside of containers Python asks first whether two items are one object, which matters for a
//! NaN alone; there a NaN is guarded.

use std::cmp::Ordering;

use super::{Guard, Run};
use crate::Value;
use crate::program::Comparison;

/// True if a comparison holds.
pub(super) fn holds(comparison: Comparison, a: &Value, b: &Value) -> Run<bool> {
    Ok(match comparison {
        Comparison::Eq => equal(a, b)?,
        Comparison::Ne => !equal(a, b)?,
        Comparison::In => contains(b, a)?,
        Comparison::NotIn => !contains(b, a)?,
        Comparison::Is => same(a, b)?,
        Comparison::IsNot => !same(a, b)?,
        Comparison::Lt => either_nan(a, b) != Some(true) && order(a, b)? == Ordering::Less,
        Comparison::Le => either_nan(a, b) != Some(true) && order(a, b)? != Ordering::Greater,
        Comparison::Gt => either_nan(a, b) != Some(true) && order(a, b)? == Ordering::Greater,
        Comparison::Ge => either_nan(a, b) != Some(true) && order(a, b)? != Ordering::Less,
    })
}

/// For two numbers: whether one of them is a NaN, which is in no order to any number.
fn either_nan(a: &Value, b: &Value) -> Option<bool> {
    let nan = |value: &Value| match value {
        Value::Float(x) => Some(x.is_nan()),
        other => other.as_small().map(|_| false),
    };
    Some(nan(a)? | nan(b)?)
}

/// Python's `==`.
pub(super) fn equal(a: &Value, b: &Value) -> Run<bool> {
    match (a, b) {
        (Value::Object(_) | Value::Big(_), _) | (_, Value::Object(_) | Value::Big(_)) => Err(Guard),
        (Value::Float(a), Value::Float(b)) => Ok(a == b),
        (Value::Tuple(a), Value::Tuple(b)) => all_equal(a, b),
        (Value::List(a), Value::List(b)) => all_equal(a, b),
        (Value::Dict(a), Value::Dict(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, value) in a.iter() {
                hashable(key)?;
                match b.get(key) {
                    Some(other) if equal_item(value, other)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        // What is left holds no other value: equal as keys are.
        _ => Ok(a == b),
    }
}

fn all_equal(a: &[Value], b: &[Value]) -> Run<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b) {
        if !equal_item(a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Equality of two items of containers.
fn equal_item(a: &Value, b: &Value) -> Run<bool> {
    if is_nan(a) || is_nan(b) {
        return Err(Guard);
    }
    equal(a, b)
}

fn is_nan(value: &Value) -> bool {
    matches!(value, Value::Float(x) if x.is_nan())
}

/// The order of two values that have one.
pub(super) fn order(a: &Value, b: &Value) -> Run<Ordering> {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => Ok(a.as_str().cmp(b.as_str())),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).ok_or(Guard),
        (Value::Tuple(a), Value::Tuple(b)) => order_items(a, b),
        (Value::List(a), Value::List(b)) => order_items(a, b),
        (Value::Float(x), b) => Ok(order_int(b.as_small().ok_or(Guard)?, *x)?.reverse()),
        (a, Value::Float(x)) => order_int(a.as_small().ok_or(Guard)?, *x),
        _ => match (a.as_small(), b.as_small()) {
            (Some(a), Some(b)) => Ok(a.cmp(&b)),
            _ => Err(Guard),
        },
    }
}

/// An integer against a float, exactly.
fn order_int(n: i64, x: f64) -> Run<Ordering> {
    if x.is_nan() {
        return Err(Guard);
    }
    // Floats beyond 128 bits saturate, far beyond any `n`.
    let whole = i128::from(n).cmp(&(x.trunc() as i128));
    let rest = 0.0.partial_cmp(&x.fract()).unwrap_or(Ordering::Equal);
    Ok(whole.then(rest))
}

fn order_items(a: &[Value], b: &[Value]) -> Run<Ordering> {
    for (a, b) in a.iter().zip(b) {
        if !equal_item(a, b)? {
            return order(a, b);
        }
    }
    Ok(a.len().cmp(&b.len()))
}

/// Python's `item in container`.
fn contains(container: &Value, item: &Value) -> Run<bool> {
    match container {
        Value::Str(text) => match item {
            Value::Str(part) => Ok(text.contains(part.as_str())),
            _ => Err(Guard),
        },
        Value::Tuple(items) => any_equal(items, item),
        Value::List(items) => any_equal(items, item),
        Value::Dict(items) => {
            hashable(item)?;
            Ok(items.contains_key(item))
        }
        _ => Err(Guard),
    }
}

fn any_equal(items: &[Value], item: &Value) -> Run<bool> {
    for other in items {
        if equal_item(other, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Python's `is`, where one side is `None`, `True` or `False`.
fn same(a: &Value, b: &Value) -> Run<bool> {
    match (a, b) {
        (Value::None, Value::None) => Ok(true),
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::None | Value::Bool(_), _) | (_, Value::None | Value::Bool(_)) => Ok(false),
        _ => Err(Guard),
    }
}

/// Guards what cannot be a key, and a NaN, whose place in a dict depends on which object it is.
pub(super) fn hashable(key: &Value) -> Run<()> {
    match key {
        Value::List(_) | Value::Dict(_) | Value::Object(_) => Err(Guard),
        Value::Float(x) if x.is_nan() => Err(Guard),
        Value::Tuple(items) => items.iter().try_for_each(hashable),
        _ => Ok(()),
    }
}
