//! Windows as the checkpoint has them.
//!
//! The form is the one in which Python notes a window that CPython has made, so that either goes on from the
//! notes of the other. A key that is as it was in the window before is not noted again.

use millrace_pyfn::{Dict, Value};

use super::held::Held;

/// A key of the notes, and its value or None if it is forgotten.
type Change = (Value, Option<Value>);

/// Adds what has changed in the window of a stream: what it has now, and what it had when it was last noted.
pub(crate) fn note_table(
    name: &str,
    now: &Held,
    before: Option<&Held>,
    kept: &mut Vec<Change>,
    gone: &mut Vec<Change>,
) {
    let now = now.tables().unwrap_or_default();
    let before = before.and_then(Held::tables).unwrap_or_default();
    let note = |key: &Value| Value::tuple([Value::str(name), key.clone()]);
    let none = Dict::default();
    for (index, table) in now.iter().enumerate() {
        let old = before.get(index).copied().unwrap_or(&none);
        for (key, value) in *table {
            if !old.get(key).is_some_and(|old| is_same(old, value)) {
                let place = Value::Int(index as i64);
                kept.push((note(key), Some(Value::tuple([place, value.clone()]))));
            }
        }
    }
    for (index, table) in before.iter().enumerate() {
        let new = now.get(index).copied().unwrap_or(&none);
        let left = table.keys().filter(|key| !new.contains_key(*key));
        gone.extend(left.map(|key| (note(key), None)));
    }
}

/// The note of a partition of a batch: the list of its records.
pub(crate) fn note_part(key: Value, batch: &Held, index: usize) -> Change {
    (key, Some(Value::list(batch.records(index))))
}

/// True if nobody could tell two values apart; where that is hard to say they are noted again.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::None, Value::None) => true,
        _ => false,
    }
}
