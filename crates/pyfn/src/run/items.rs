//! Iterating over a value.

use std::sync::Arc;

use millrace_text::Text;

use super::{Guard, Run};
use crate::{Dict, Value};

/// The items of an iterable, in Python's order.
pub(super) enum Items {
    List(Arc<Vec<Value>>, usize),
    Tuple(Arc<[Value]>, usize),
    /// A text, and the byte that comes next.
    Str(Text, usize),
    Bytes(Arc<[u8]>, usize),
    Keys(Arc<Dict>, usize),
}

impl Items {
    pub(super) fn of(value: Value) -> Run<Items> {
        Ok(match value {
            Value::List(items) => Items::List(items, 0),
            Value::Tuple(items) => Items::Tuple(items, 0),
            Value::Str(text) => Items::Str(text, 0),
            Value::Bytes(bytes) => Items::Bytes(bytes, 0),
            Value::Dict(items) => Items::Keys(items, 0),
            _ => return Err(Guard),
        })
    }
}

impl Iterator for Items {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        match self {
            Items::List(items, at) => step(items.get(*at)?.clone(), at, 1),
            Items::Tuple(items, at) => step(items.get(*at)?.clone(), at, 1),
            Items::Bytes(bytes, at) => step(Value::Int((*bytes.get(*at)?).into()), at, 1),
            Items::Keys(items, at) => step(items.get_index(*at)?.0.clone(), at, 1),
            Items::Str(text, at) => {
                let char = text[*at..].chars().next()?;
                step(Value::Str(char.into()), at, char.len_utf8())
            }
        }
    }
}

fn step(value: Value, at: &mut usize, width: usize) -> Option<Value> {
    *at += width;
    Some(value)
}
