//! Values that are all there is to know of an object, and keys that are equal here exactly where
//! they are equal there.
//!
//! An object of the interpreter's could change, and would be changed here, too. A NaN is the key that it
//! is by its identity, which a value does not have: who reads it twice gets two keys.

use millrace_pyfn::Value;

/// True if nothing in a value is an object of the interpreter's or a NaN.
pub(crate) fn is_plain(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Float(x) => !x.is_nan(),
        Value::Tuple(items) => items.iter().all(is_plain),
        Value::List(items) => items.iter().all(is_plain),
        Value::Dict(items) => items
            .iter()
            .all(|(key, value)| is_plain(key) && is_plain(value)),
        _ => true,
    }
}

/// True if a value can be a key of a dict, and is plain.
pub(super) fn is_key(value: &Value) -> bool {
    match value {
        Value::List(_) | Value::Dict(_) | Value::Object(_) => false,
        Value::Float(x) => !x.is_nan(),
        Value::Tuple(items) => items.iter().all(is_key),
        _ => true,
    }
}

/// Key and value of a record that is a tuple of two.
pub(super) fn pair_of(record: &Value) -> Option<(Value, Value)> {
    match record {
        Value::Tuple(items) => match &**items {
            [key, value] => Some((key.clone(), value.clone())),
            _ => None,
        },
        _ => None,
    }
}
