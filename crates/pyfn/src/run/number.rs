//! `int`, `float`, `round` and their kin, for the texts and numbers that have one reading.

use super::{Guard, Run};
use crate::Value;

/// Python's `int(value)`.
pub(super) fn int(value: &Value) -> Run<Value> {
    match value {
        Value::Str(text) => parse_int(text).map(Value::Int).ok_or(Guard),
        Value::Float(x) => whole(x.trunc()),
        other => other.as_small().map(Value::Int).ok_or(Guard),
    }
}

/// A float without a fraction as an int.
pub(super) fn whole(x: f64) -> Run<Value> {
    // Both ends are exact floats; the upper one is the first beyond.
    let fits = (i64::MIN as f64..-(i64::MIN as f64)).contains(&x);
    if fits {
        Ok(Value::Int(x as i64))
    } else {
        Err(Guard)
    }
}

fn is_ascii_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|char: char| u8::try_from(char).is_ok_and(is_ascii_blank))
}

/// Blanks, a sign, ASCII digits: what every Python reads alike.
fn parse_int(text: &str) -> Option<i64> {
    let digits = trimmed(text);
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let plain = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// Python's `float(value)`.
pub(super) fn float(value: &Value) -> Run<Value> {
    match value {
        Value::Str(text) => parse_float(trimmed(text)).map(Value::Float).ok_or(Guard),
        Value::Float(x) => Ok(Value::Float(*x)),
        other => Ok(Value::Float(other.as_small().ok_or(Guard)? as f64)),
    }
}

/// A decimal number; `nan`, `inf` and underscores are left to Python.
fn parse_float(text: &str) -> Option<f64> {
    let plain =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    if text.bytes().all(plain) {
        text.parse().ok()
    } else {
        None
    }
}

/// Python's `round(value)` and `round(value, digits)`.
pub(super) fn round(value: &Value, digits: Option<&Value>) -> Run<Value> {
    match (value, digits) {
        (Value::Float(x), None | Some(Value::None)) => whole(x.round_ties_even()),
        (Value::Float(x), Some(digits)) => {
            let digits = usize::try_from(digits.as_small().ok_or(Guard)?).map_err(|_| Guard)?;
            if !x.is_finite() || digits > 22 {
                return Err(Guard);
            }
            let text = format!("{x:.digits$}");
            text.parse().map(Value::Float).map_err(|_| Guard)
        }
        (other, None | Some(Value::None)) => other.as_small().map(Value::Int).ok_or(Guard),
        (other, Some(digits)) => match digits.as_small() {
            Some(0..) => other.as_small().map(Value::Int).ok_or(Guard),
            _ => Err(Guard),
        },
    }
}

/// Python's `abs(value)`.
pub(super) fn abs(value: &Value) -> Run<Value> {
    match value {
        Value::Float(x) => Ok(Value::Float(x.abs())),
        other => {
            let n = other.as_small().and_then(i64::checked_abs);
            n.map(Value::Int).ok_or(Guard)
        }
    }
}
