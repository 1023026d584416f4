//! Sums of integers that may outgrow 64 bits.

use millrace_pyfn::Value;
use num_bigint::BigInt;

/// The sum of an `int` and `more`; `None` if `old` is no `int`.
pub(super) fn plus(old: &Value, more: i64) -> Option<Value> {
    match old {
        Value::Int(n) => Some(match n.checked_add(more) {
            Some(sum) => Value::Int(sum),
            None => Value::integer(BigInt::from(*n) + more),
        }),
        Value::Big(n) => Some(Value::integer(n.as_ref() + more)),
        _ => None,
    }
}

/// True if a value is an `int`, and no `bool`.
pub(super) fn is_int(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Big(_))
}
