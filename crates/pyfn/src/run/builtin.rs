//! The builtin functions.

use std::cmp::Ordering;
use std::sync::Arc;

use super::arith::{as_float, binary, floor_div, floor_mod};
use super::by_key::{extreme, sorted};
use super::compare::hashable;
use super::format::{repr_of, text_of};
use super::items::Items;
use super::number::{abs, float, int, round, whole};
use super::{Guard, LARGEST, Run, json, truth};
use crate::program::Binary;
use crate::{Dict, Value};

/// A function that a program may call by a name that nothing shadows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    Abs,
    All,
    Any,
    Bool,
    Ceil,
    Chr,
    Dict,
    /// The different items, in the order of their first: only where order does not count.
    Distinct,
    Divmod,
    Enumerate,
    Fabs,
    Float,
    Floor,
    Int,
    IsInstance,
    JsonLoads,
    Len,
    List,
    Max,
    Min,
    Ord,
    Range,
    Repr,
    Reversed,
    Round,
    Sorted,
    SortedDown,
    Sqrt,
    Str,
    Sum,
    Tuple,
    Zip,
}

impl Builtin {
    pub(crate) fn named(name: &str) -> Option<Builtin> {
        Some(match name {
            "abs" => Builtin::Abs,
            "all" => Builtin::All,
            "any" => Builtin::Any,
            "bool" => Builtin::Bool,
            "ceil" => Builtin::Ceil,
            "chr" => Builtin::Chr,
            "dict" => Builtin::Dict,
            "distinct" => Builtin::Distinct,
            "divmod" => Builtin::Divmod,
            "enumerate" => Builtin::Enumerate,
            "fabs" => Builtin::Fabs,
            "float" => Builtin::Float,
            "floor" => Builtin::Floor,
            "int" => Builtin::Int,
            "isinstance" => Builtin::IsInstance,
            "json_loads" => Builtin::JsonLoads,
            "len" => Builtin::Len,
            "list" => Builtin::List,
            "max" => Builtin::Max,
            "min" => Builtin::Min,
            "ord" => Builtin::Ord,
            "range" => Builtin::Range,
            "repr" => Builtin::Repr,
            "reversed" => Builtin::Reversed,
            "round" => Builtin::Round,
            "sorted" => Builtin::Sorted,
            "sorted_down" => Builtin::SortedDown,
            "sqrt" => Builtin::Sqrt,
            "str" => Builtin::Str,
            "sum" => Builtin::Sum,
            "tuple" => Builtin::Tuple,
            "zip" => Builtin::Zip,
            _ => return None,
        })
    }

    /// `exact_sum`: floats are added as Python 3.12 does.
    pub(super) fn call(self, arguments: Vec<Value>, exact_sum: bool) -> Run<Value> {
        match (self, arguments.as_slice()) {
            (Builtin::Abs, [x]) => abs(x),
            (Builtin::All, [items]) => every(items, true),
            (Builtin::Any, [items]) => negated(every(items, false)?),
            (Builtin::Bool, []) => Ok(Value::Bool(false)),
            (Builtin::Bool, [x]) => truth(x).map(Value::Bool),
            (Builtin::Ceil, [x]) => rounded(x, f64::ceil),
            (Builtin::Floor, [x]) => rounded(x, f64::floor),
            (Builtin::Chr, [x]) => chr(x).ok_or(Guard),
            (Builtin::Dict, []) => Ok(Value::Dict(Arc::default())),
            (Builtin::Dict, [x]) => dict(x),
            (Builtin::Distinct, [items]) => distinct(items),
            (Builtin::Divmod, [a, b]) => divmod(a, b),
            (Builtin::Enumerate, [items]) => enumerate(items, 0),
            (Builtin::Enumerate, [items, from]) => enumerate(items, from.as_small().ok_or(Guard)?),
            (Builtin::Fabs, [x]) => Ok(Value::Float(as_float(x)?.abs())),
            (Builtin::Float, []) => Ok(Value::Float(0.0)),
            (Builtin::Float, [x]) => float(x),
            (Builtin::Int, []) => Ok(Value::Int(0)),
            (Builtin::Int, [x]) => int(x),
            (Builtin::IsInstance, [x, types]) => is_instance(x, types),
            (Builtin::JsonLoads, [Value::Str(text)]) => json::loads(text),
            (Builtin::Len, [x]) => len(x),
            (Builtin::List, []) => Ok(Value::list([])),
            (Builtin::List, [x]) => Ok(Value::list(Items::of(x.clone())?)),
            (Builtin::Tuple, []) => Ok(Value::tuple([])),
            (Builtin::Tuple, [Value::Tuple(items)]) => Ok(Value::Tuple(Arc::clone(items))),
            (Builtin::Tuple, [x]) => Ok(Value::tuple(Items::of(x.clone())?)),
            (Builtin::Max, [_, ..]) => best(arguments, Ordering::Greater),
            (Builtin::Min, [_, ..]) => best(arguments, Ordering::Less),
            (Builtin::Ord, [Value::Str(text)]) => ord(text).ok_or(Guard),
            (Builtin::Range, bounds) => range(bounds),
            (Builtin::Repr, [x]) => repr_of(x).map(Value::str),
            (Builtin::Reversed, [x @ (Value::List(_) | Value::Tuple(_) | Value::Str(_))]) => {
                let mut items: Vec<Value> = Items::of(x.clone())?.collect();
                items.reverse();
                Ok(Value::List(Arc::new(items)))
            }
            (Builtin::Round, [x]) => round(x, None),
            (Builtin::Round, [x, digits]) => round(x, Some(digits)),
            (Builtin::Sorted, [items]) => sorted(keyed(items)?, false),
            (Builtin::SortedDown, [items]) => sorted(keyed(items)?, true),
            (Builtin::Sqrt, [x]) => match as_float(x)? {
                x if x >= 0.0 => Ok(Value::Float(x.sqrt())),
                _ => Err(Guard),
            },
            (Builtin::Str, []) => Ok(Value::str("")),
            (Builtin::Str, [Value::Str(text)]) => Ok(Value::Str(text.clone())),
            (Builtin::Str, [x]) => text_of(x).map(Value::str),
            (Builtin::Sum, [items]) => sum(items, Value::Int(0), exact_sum),
            (Builtin::Sum, [items, start]) => sum(items, start.clone(), exact_sum),
            (Builtin::Zip, [_, ..]) => zip(arguments),
            _ => Err(Guard),
        }
    }
}

fn negated(value: Value) -> Run<Value> {
    Ok(Value::Bool(!truth(&value)?))
}

/// True if every item's truth is `wanted`.
fn every(items: &Value, wanted: bool) -> Run<Value> {
    for item in Items::of(items.clone())? {
        if truth(&item)? != wanted {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn rounded(x: &Value, round: fn(f64) -> f64) -> Run<Value> {
    match x {
        Value::Float(x) => whole(round(*x)),
        other => other.as_small().map(Value::Int).ok_or(Guard),
    }
}

fn chr(x: &Value) -> Option<Value> {
    let code = u32::try_from(x.as_small()?).ok()?;
    char::from_u32(code).map(|char| Value::Str(char.into()))
}

fn ord(text: &str) -> Option<Value> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => Some(Value::Int(u32::from(char).into())),
        _ => None,
    }
}

fn dict(value: &Value) -> Run<Value> {
    if let Value::Dict(items) = value {
        return Ok(Value::Dict(Arc::new(items.as_ref().clone())));
    }
    let mut dict = Dict::new();
    for pair in Items::of(value.clone())? {
        let mut pair = Items::of(pair)?;
        let (Some(key), Some(value), None) = (pair.next(), pair.next(), pair.next()) else {
            return Err(Guard);
        };
        hashable(&key)?;
        dict.insert(key, value);
    }
    Ok(Value::Dict(Arc::new(dict)))
}

fn distinct(items: &Value) -> Run<Value> {
    let mut seen = Dict::new();
    for item in Items::of(items.clone())? {
        hashable(&item)?;
        seen.entry(item).or_insert(Value::None);
    }
    Ok(Value::list(seen.into_keys()))
}

fn divmod(a: &Value, b: &Value) -> Run<Value> {
    match (a.as_small(), b.as_small()) {
        (Some(m), Some(n)) => {
            let quotient = floor_div(m, n).ok_or(Guard)?;
            let rest = floor_mod(m, n).ok_or(Guard)?;
            Ok(Value::tuple([Value::Int(quotient), Value::Int(rest)]))
        }
        _ => {
            let (a, b) = (Value::Float(as_float(a)?), Value::Float(as_float(b)?));
            Ok(Value::tuple([
                binary(Binary::FloorDiv, &a, &b)?,
                binary(Binary::Mod, &a, &b)?,
            ]))
        }
    }
}

fn enumerate(items: &Value, from: i64) -> Run<Value> {
    let mut pairs = Vec::new();
    for (at, item) in Items::of(items.clone())?.enumerate() {
        let at = from.checked_add_unsigned(at as u64).ok_or(Guard)?;
        pairs.push(Value::tuple([Value::Int(at), item]));
    }
    Ok(Value::List(Arc::new(pairs)))
}

fn is_instance(value: &Value, types: &Value) -> Run<Value> {
    if matches!(value, Value::Object(_)) {
        return Err(Guard);
    }
    let name = value.type_name();
    let named = |wanted: &str| wanted == name || wanted == "int" && name == "bool";
    let Value::Tuple(types) = types else {
        return Err(Guard);
    };
    let held = types
        .iter()
        .any(|of| matches!(of, Value::Str(of) if named(of)));
    Ok(Value::Bool(held))
}

fn len(value: &Value) -> Run<Value> {
    let len = match value {
        Value::Str(text) if text.is_ascii() => text.len(),
        Value::Str(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Tuple(items) => items.len(),
        Value::List(items) => items.len(),
        Value::Dict(items) => items.len(),
        _ => return Err(Guard),
    };
    Ok(Value::Int(len as i64))
}

fn keyed(items: &Value) -> Run<Vec<(Value, Value)>> {
    Ok(Items::of(items.clone())?
        .map(|item| (item.clone(), item))
        .collect())
}

/// `max` and `min`, of an iterable or of the arguments themselves.
fn best(arguments: Vec<Value>, wanted: Ordering) -> Run<Value> {
    match arguments.as_slice() {
        [items] => extreme(keyed(items)?, wanted),
        _ => {
            let keyed = arguments.into_iter().map(|item| (item.clone(), item));
            extreme(keyed.collect(), wanted)
        }
    }
}

fn range(bounds: &[Value]) -> Run<Value> {
    let bound = |value: &Value| value.as_small().ok_or(Guard);
    let (from, to, step) = match bounds {
        [to] => (0, bound(to)?, 1),
        [from, to] => (bound(from)?, bound(to)?, 1),
        [from, to, step] => (bound(from)?, bound(to)?, bound(step)?),
        _ => return Err(Guard),
    };
    if step == 0 {
        return Err(Guard);
    }
    let mut items = Vec::new();
    let mut at = from;
    while if step > 0 { at < to } else { at > to } {
        if items.len() >= LARGEST {
            return Err(Guard);
        }
        items.push(Value::Int(at));
        at = at.checked_add(step).ok_or(Guard)?;
    }
    Ok(Value::List(Arc::new(items)))
}

/// Python's `sum`.
fn sum(items: &Value, start: Value, exact: bool) -> Run<Value> {
    if matches!(start, Value::Str(_) | Value::Bytes(_)) {
        return Err(Guard);
    }
    let mut sum = start;
    // What rounding has lost of a sum of floats so far.
    let mut lost = 0.0;
    for item in Items::of(items.clone())? {
        sum = match (&sum, &item) {
            (Value::Float(total), Value::Float(x)) if exact => {
                let new = total + x;
                lost += if total.abs() >= x.abs() {
                    (total - new) + x
                } else {
                    (x - new) + total
                };
                Value::Float(new)
            }
            _ => binary(Binary::Add, &sum, &item)?,
        };
    }
    Ok(match sum {
        Value::Float(total) if lost != 0.0 && f64::is_finite(lost) => Value::Float(total + lost),
        sum => sum,
    })
}

fn zip(arguments: Vec<Value>) -> Run<Value> {
    let mut columns = arguments
        .into_iter()
        .map(Items::of)
        .collect::<Run<Vec<Items>>>()?;
    let mut rows = Vec::new();
    loop {
        let row: Option<Vec<Value>> = columns.iter_mut().map(Iterator::next).collect();
        match row {
            Some(row) => rows.push(Value::tuple(row)),
            None => return Ok(Value::List(Arc::new(rows))),
        }
    }
}
