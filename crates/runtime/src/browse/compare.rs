//! The order of values that are kept: numbers by size, texts by their letters, lists item by item.
//!
//! Values of different kinds have an order too, since a program may keep what it likes: nothing,
//! then false and true, numbers, texts, lists, and what has fields.

use std::cmp::Ordering;

use serde_json::Value;

/// Compares two values.
pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => number(a).total_cmp(&number(b)),
        },
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => items(a.iter(), b.iter()),
        (Value::Object(a), Value::Object(b)) => items(a.values(), b.values()),
        _ => kind(a).cmp(&kind(b)),
    }
}

fn number(number: &serde_json::Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

fn items<'a>(
    a: impl Iterator<Item = &'a Value>,
    mut b: impl Iterator<Item = &'a Value>,
) -> Ordering {
    for one in a {
        let Some(other) = b.next() else {
            return Ordering::Greater;
        };
        let order = compare(one, other);
        if order.is_ne() {
            return order;
        }
    }
    b.next().map_or(Ordering::Equal, |_| Ordering::Less)
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_have_an_order_whatever_they_are() {
        let ordered = [
            json!(null),
            json!(false),
            json!(true),
            json!(-3),
            json!(2),
            json!(2.5),
            json!(u64::MAX),
            json!("a"),
            json!("b"),
            json!([1]),
            json!([1, 0]),
            json!([2]),
            json!({"n": 1}),
        ];
        for (at, a) in ordered.iter().enumerate() {
            for (other, b) in ordered.iter().enumerate() {
                assert_eq!(compare(a, b), at.cmp(&other), "{a} {b}");
            }
        }
    }
}
