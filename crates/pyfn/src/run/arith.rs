//! Arithmetic: checked where Python's integers would grow, exact where floats round.

use std::sync::Arc;

use millrace_text::Text;

use super::format::percent;
use super::{Guard, LARGEST, Run};
use crate::Value;
use crate::program::Binary;

/// Integers up to here are exact as floats.
const EXACT: u64 = 1 << 53;

/// Python's `a op b`.
pub(super) fn binary(op: Binary, a: &Value, b: &Value) -> Run<Value> {
    if let (Some(m), Some(n)) = (a.as_small(), b.as_small()) {
        if let (Value::Bool(m), Value::Bool(n)) = (a, b) {
            match op {
                Binary::And => return Ok(Value::Bool(m & n)),
                Binary::Or => return Ok(Value::Bool(m | n)),
                Binary::Xor => return Ok(Value::Bool(m ^ n)),
                _ => {}
            }
        }
        return integers(op, m, n);
    }
    match (a, b, op) {
        (Value::Str(a), Value::Str(b), Binary::Add) => {
            let mut text = String::with_capacity(sum(a.len(), b.len())?);
            text.push_str(a);
            text.push_str(b);
            Ok(Value::Str(Text::from(text)))
        }
        (Value::Str(text), n, Binary::Mul) | (n, Value::Str(text), Binary::Mul) => {
            let times = times(n, text.len())?;
            Ok(Value::Str(Text::from(text.repeat(times))))
        }
        (Value::Str(text), arguments, Binary::Mod) => percent(text, arguments),
        (Value::Tuple(a), Value::Tuple(b), Binary::Add) => {
            sum(a.len(), b.len())?;
            Ok(Value::Tuple(a.iter().chain(b.iter()).cloned().collect()))
        }
        (Value::List(a), Value::List(b), Binary::Add) => {
            sum(a.len(), b.len())?;
            Ok(Value::List(Arc::new(
                a.iter().chain(b.iter()).cloned().collect(),
            )))
        }
        (Value::Tuple(items), n, Binary::Mul) | (n, Value::Tuple(items), Binary::Mul) => {
            let times = times(n, items.len())?;
            Ok(Value::Tuple(repeated(items, times).into()))
        }
        (Value::List(items), n, Binary::Mul) | (n, Value::List(items), Binary::Mul) => {
            let times = times(n, items.len())?;
            Ok(Value::List(Arc::new(repeated(items, times))))
        }
        _ => floats(op, as_float(a)?, as_float(b)?).map(Value::Float),
    }
}

fn sum(a: usize, b: usize) -> Run<usize> {
    let sum = a + b;
    if sum > LARGEST { Err(Guard) } else { Ok(sum) }
}

fn repeated(items: &[Value], times: usize) -> Vec<Value> {
    std::iter::repeat_n(items, times)
        .flatten()
        .cloned()
        .collect()
}

/// The number of times that a sequence of `len` is repeated.
fn times(n: &Value, len: usize) -> Run<usize> {
    let times = usize::try_from(n.as_small().ok_or(Guard)?).unwrap_or(0);
    match times.checked_mul(len.max(1)) {
        Some(size) if size <= LARGEST => Ok(times),
        _ => Err(Guard),
    }
}

/// A number as the float that Python makes of it.
pub(super) fn as_float(value: &Value) -> Run<f64> {
    match value {
        Value::Float(x) => Ok(*x),
        other => Ok(other.as_small().ok_or(Guard)? as f64),
    }
}

fn integers(op: Binary, a: i64, b: i64) -> Run<Value> {
    let result = match op {
        Binary::Add => a.checked_add(b),
        Binary::Sub => a.checked_sub(b),
        Binary::Mul => a.checked_mul(b),
        Binary::Div => {
            // Python rounds the exact quotient once; so does the machine, of exact operands.
            if b == 0 || a.unsigned_abs() > EXACT || b.unsigned_abs() > EXACT {
                return Err(Guard);
            }
            return Ok(Value::Float(a as f64 / b as f64));
        }
        Binary::FloorDiv => floor_div(a, b),
        Binary::Mod => floor_mod(a, b),
        // A negative exponent gives a float.
        Binary::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        Binary::And => Some(a & b),
        Binary::Or => Some(a | b),
        Binary::Xor => Some(a ^ b),
        Binary::Shl => match u32::try_from(b) {
            Ok(b) if b < 63 => a.checked_mul(1_i64 << b),
            _ => None,
        },
        Binary::Shr => u32::try_from(b).ok().map(|b| a >> b.min(63)),
    };
    result.map(Value::Int).ok_or(Guard)
}

pub(super) fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) {
        quotient - 1
    } else {
        quotient
    })
}

pub(super) fn floor_mod(a: i64, b: i64) -> Option<i64> {
    let rest = a.checked_rem(b)?;
    Some(if rest != 0 && (rest < 0) != (b < 0) {
        rest + b
    } else {
        rest
    })
}

fn floats(op: Binary, a: f64, b: f64) -> Run<f64> {
    Ok(match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div if b != 0.0 => a / b,
        Binary::FloorDiv if b != 0.0 => float_divmod(a, b).0,
        Binary::Mod if b != 0.0 => float_divmod(a, b).1,
        // The C library's, as in Python; what it has special rules for is left out.
        Binary::Pow if a > 0.0 && a.is_finite() && b.is_finite() => match a.powf(b) {
            power if power.is_normal() => power,
            _ => return Err(Guard),
        },
        _ => return Err(Guard),
    })
}

/// Python's `divmod` of floats, of a divisor that is not zero.
fn float_divmod(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 {
        if (b < 0.0) != (rest < 0.0) {
            rest += b;
            quotient -= 1.0;
        }
    } else {
        rest = 0.0_f64.copysign(b);
    }
    let floor = if quotient != 0.0 {
        let floor = quotient.floor();
        if quotient - floor > 0.5 {
            floor + 1.0
        } else {
            floor
        }
    } else {
        0.0_f64.copysign(a / b)
    };
    (floor, rest)
}

pub(super) fn minus(value: &Value) -> Run<Value> {
    match value {
        Value::Float(x) => Ok(Value::Float(-x)),
        other => {
            let n = other.as_small().and_then(i64::checked_neg);
            n.map(Value::Int).ok_or(Guard)
        }
    }
}

pub(super) fn plus(value: &Value) -> Run<Value> {
    match value {
        Value::Float(x) => Ok(Value::Float(*x)),
        other => other.as_small().map(Value::Int).ok_or(Guard),
    }
}

pub(super) fn invert(value: &Value) -> Run<Value> {
    match value {
        // Deprecated since Python 3.12, with a warning.
        Value::Int(n) => Ok(Value::Int(!n)),
        _ => Err(Guard),
    }
}
