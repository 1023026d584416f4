//! Indexing and slicing. Positions in text are code points.

use std::ops::Range;
use std::sync::Arc;

use millrace_text::Text;

use super::compare::hashable;
use super::{Guard, Run};
use crate::Value;

/// Python's `value[at]`.
pub(super) fn index(value: &Value, at: &Value) -> Run<Value> {
    match value {
        Value::Dict(items) => {
            hashable(at)?;
            items.get(at).cloned().ok_or(Guard)
        }
        Value::Tuple(items) => Ok(items[position(at, items.len())?].clone()),
        Value::List(items) => Ok(items[position(at, items.len())?].clone()),
        Value::Bytes(bytes) => Ok(Value::Int(bytes[position(at, bytes.len())?].into())),
        Value::Str(text) => char_at(text, at),
        _ => Err(Guard),
    }
}

/// The place of an index in a sequence of this length.
fn position(at: &Value, len: usize) -> Run<usize> {
    let at = at.as_small().ok_or(Guard)?;
    let at = if at < 0 {
        at.checked_add_unsigned(len as u64).ok_or(Guard)?
    } else {
        at
    };
    match usize::try_from(at) {
        Ok(at) if at < len => Ok(at),
        _ => Err(Guard),
    }
}

fn char_at(text: &Text, at: &Value) -> Run<Value> {
    let at = at.as_small().ok_or(Guard)?;
    let char = if at < 0 {
        text.chars()
            .rev()
            .nth(usize::try_from(!at).map_err(|_| Guard)?)
    } else {
        text.chars().nth(usize::try_from(at).map_err(|_| Guard)?)
    };
    char.map(|char| Value::Str(char.into())).ok_or(Guard)
}

/// Python's `value[from:to:step]`.
pub(super) fn slice(value: &Value, bounds: [Option<i64>; 3]) -> Run<Value> {
    match value {
        Value::Tuple(items) => {
            let places = places(bounds, items.len())?;
            Ok(Value::Tuple(
                places.of().map(|at| items[at].clone()).collect(),
            ))
        }
        Value::List(items) => {
            let places = places(bounds, items.len())?;
            Ok(Value::List(Arc::new(
                places.of().map(|at| items[at].clone()).collect(),
            )))
        }
        Value::Bytes(bytes) => {
            let places = places(bounds, bytes.len())?;
            Ok(Value::Bytes(places.of().map(|at| bytes[at]).collect()))
        }
        Value::Str(text) => slice_text(text, bounds),
        _ => Err(Guard),
    }
}

fn slice_text(text: &Text, bounds: [Option<i64>; 3]) -> Run<Value> {
    if text.is_ascii() {
        let places = places(bounds, text.len())?;
        if let Some(range) = places.range() {
            return Ok(Value::Str(text.substring(range)));
        }
        let bytes = text.as_bytes();
        return Ok(Value::Str(
            places.of().map(|at| char::from(bytes[at])).collect(),
        ));
    }
    let chars: Vec<char> = text.chars().collect();
    let places = places(bounds, chars.len())?;
    Ok(Value::Str(places.of().map(|at| chars[at]).collect()))
}

/// The places of a slice.
struct Places {
    first: i64,
    step: i64,
    count: usize,
}

impl Places {
    fn of(&self) -> impl Iterator<Item = usize> {
        // Every place is within the sequence.
        (0..self.count as i64).map(|n| (self.first + n * self.step) as usize)
    }

    fn range(&self) -> Option<Range<usize>> {
        let first = self.first as usize;
        (self.step == 1).then(|| first..first + self.count)
    }
}

/// The places that Python takes for these bounds of a sequence of this length.
fn places([from, to, step]: [Option<i64>; 3], len: usize) -> Run<Places> {
    let len = len as i64;
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Guard);
    }
    let (lowest, highest) = if step < 0 { (-1, len - 1) } else { (0, len) };
    let clamp = |bound: i64| {
        let bound = if bound < 0 {
            bound.saturating_add(len)
        } else {
            bound
        };
        bound.clamp(lowest, highest)
    };
    let (first, end) = if step < 0 {
        (from.map_or(highest, clamp), to.map_or(lowest, clamp))
    } else {
        (from.map_or(lowest, clamp), to.map_or(highest, clamp))
    };
    let span = if step < 0 { first - end } else { end - first };
    let count = if span <= 0 {
        0
    } else {
        (span - 1) as u64 / step.unsigned_abs() + 1
    };
    // A single place needs no step, which may be as large as it likes.
    let step = if count <= 1 { 1 } else { step };
    Ok(Places {
        first: if count == 0 { 0 } else { first },
        step,
        count: count as usize,
    })
}

/// Python's `held[key] = value`, if nobody else holds it.
pub(super) fn set_item(held: &mut Value, key: Value, value: Value) -> Run<()> {
    match held {
        Value::Dict(items) => {
            hashable(&key)?;
            let items = Arc::get_mut(items).ok_or(Guard)?;
            items.insert(key.detach(), value.detach());
        }
        Value::List(items) => {
            let at = position(&key, items.len())?;
            Arc::get_mut(items).ok_or(Guard)?[at] = value.detach();
        }
        _ => return Err(Guard),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_at_the_ends_of_64_bits_is_guarded() {
        let text = Value::str("ab");
        assert!(index(&text, &Value::Int(i64::MIN)).is_err());
        assert!(index(&text, &Value::Int(i64::MAX)).is_err());
        let pair = Value::tuple([Value::Int(1), Value::Int(2)]);
        assert!(index(&pair, &Value::Int(i64::MIN)).is_err());
        assert!(slice(&pair, [Some(i64::MIN), Some(i64::MAX), Some(i64::MIN)]).is_ok());
        assert!(slice(&pair, [Some(i64::MIN), Some(i64::MAX), Some(i64::MAX)]).is_ok());
    }
}
