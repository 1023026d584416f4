//! Methods of `str`. A method that depends on Python's tables of characters is exact for ASCII alone.

use millrace_text::Text;

use super::super::format::braces;
use super::super::items::Items;
use super::super::{Guard, LARGEST, Run};
use super::{Method, cut, is_utf8, pad, search};
use crate::Value;

pub(super) fn call(method: Method, text: &Text, arguments: &[Value]) -> Run<Value> {
    match (method, arguments) {
        (Method::Split, _) => cut::split(text, arguments),
        (Method::RSplit, _) => cut::rsplit(text, arguments),
        (Method::SplitLines, []) => cut::lines(text),
        (Method::Partition, [Value::Str(separator)]) => cut::partition(text, separator),
        (Method::RPartition, [Value::Str(separator)]) => cut::rpartition(text, separator),
        (Method::Strip, _) => cut::strip(text, arguments, true, true),
        (Method::LStrip, _) => cut::strip(text, arguments, true, false),
        (Method::RStrip, _) => cut::strip(text, arguments, false, true),
        (Method::RemovePrefix, [Value::Str(prefix)]) => {
            let skip = if text.starts_with(prefix.as_str()) {
                prefix.len()
            } else {
                0
            };
            Ok(Value::Str(text.substring(skip..text.len())))
        }
        (Method::RemoveSuffix, [Value::Str(suffix)]) => {
            let skip = if text.ends_with(suffix.as_str()) {
                suffix.len()
            } else {
                0
            };
            Ok(Value::Str(text.substring(0..text.len() - skip)))
        }
        (Method::StartsWith, [part]) => {
            search::any_part(part, |part| text.starts_with(part)).map(Value::Bool)
        }
        (Method::EndsWith, [part]) => {
            search::any_part(part, |part| text.ends_with(part)).map(Value::Bool)
        }
        (Method::Find, [Value::Str(part)]) => Ok(search::place(text, text.find(part.as_str()))),
        (Method::RFind, [Value::Str(part)]) => Ok(search::place(text, text.rfind(part.as_str()))),
        (Method::Index, [Value::Str(part)]) => {
            let at = text.find(part.as_str()).ok_or(Guard)?;
            Ok(search::place(text, Some(at)))
        }
        (Method::RIndex, [Value::Str(part)]) => {
            let at = text.rfind(part.as_str()).ok_or(Guard)?;
            Ok(search::place(text, Some(at)))
        }
        (Method::Count, [Value::Str(part)]) => Ok(Value::Int(search::count(text, part))),
        (Method::Replace, [Value::Str(from), Value::Str(to)]) => replace(text, from, to, -1),
        (Method::Replace, [Value::Str(from), Value::Str(to), count]) => {
            replace(text, from, to, count.as_small().ok_or(Guard)?)
        }
        (Method::Join, [parts]) => join(text, parts),
        (Method::Encode, []) => Ok(Value::Bytes(text.as_bytes().into())),
        (Method::Encode, [Value::Str(encoding)]) if is_utf8(encoding) => {
            Ok(Value::Bytes(text.as_bytes().into()))
        }
        (Method::Encode, [Value::Str(encoding)]) => {
            let ascii = encoding.as_str() == "ascii" && text.is_ascii();
            if ascii {
                Ok(Value::Bytes(text.as_bytes().into()))
            } else {
                Err(Guard)
            }
        }
        (Method::Format, _) => braces(text, arguments),
        (Method::ZFill, [width]) => pad::zfill(text, width),
        (Method::LJust | Method::RJust | Method::Center, [width]) => {
            pad::just(method, text, width, ' ')
        }
        (Method::LJust | Method::RJust | Method::Center, [width, Value::Str(fill)]) => {
            let mut chars = fill.chars();
            match (chars.next(), chars.next()) {
                (Some(fill), None) => pad::just(method, text, width, fill),
                _ => Err(Guard),
            }
        }
        (_, []) if text.is_ascii() => ascii(method, text),
        _ => Err(Guard),
    }
}

/// Methods without arguments, of a text of ASCII.
fn ascii(method: Method, text: &Text) -> Run<Value> {
    let all =
        |test: fn(&u8) -> bool| Value::Bool(!text.is_empty() && text.bytes().all(|b| test(&b)));
    Ok(match method {
        // Most words of most texts.
        Method::Lower | Method::Casefold if !text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            Value::Str(text.clone())
        }
        Method::Lower | Method::Casefold => Value::str(text.to_ascii_lowercase()),
        Method::Upper => Value::str(text.to_ascii_uppercase()),
        Method::SwapCase => Value::Str(text.chars().map(swapped).collect()),
        Method::Capitalize => {
            let mut lower = text.to_ascii_lowercase();
            if let Some(first) = lower.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            Value::str(lower)
        }
        Method::Title => Value::Str(title(text)),
        Method::IsDigit | Method::IsDecimal | Method::IsNumeric => all(u8::is_ascii_digit),
        Method::IsAlpha => all(u8::is_ascii_alphabetic),
        Method::IsAlnum => all(u8::is_ascii_alphanumeric),
        Method::IsSpace => all(|byte| cut::is_blank(char::from(*byte))),
        Method::IsLower => cased(text, u8::is_ascii_lowercase, u8::is_ascii_uppercase),
        Method::IsUpper => cased(text, u8::is_ascii_uppercase, u8::is_ascii_lowercase),
        _ => return Err(Guard),
    })
}

/// True if there are letters of the one case and none of the other.
fn cased(text: &Text, wanted: fn(&u8) -> bool, other: fn(&u8) -> bool) -> Value {
    let bytes = text.as_bytes();
    Value::Bool(bytes.iter().any(wanted) && !bytes.iter().any(other))
}

fn swapped(char: char) -> char {
    if char.is_ascii_lowercase() {
        char.to_ascii_uppercase()
    } else {
        char.to_ascii_lowercase()
    }
}

fn title(text: &str) -> Text {
    let mut inside = false;
    text.chars()
        .map(|char| {
            let cased = if inside {
                char.to_ascii_lowercase()
            } else {
                char.to_ascii_uppercase()
            };
            inside = char.is_ascii_alphabetic();
            cased
        })
        .collect()
}

fn replace(text: &Text, from: &Text, to: &Text, count: i64) -> Run<Value> {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let places = text.matches(from.as_str()).take(most).count();
    if text.len().saturating_add(places.saturating_mul(to.len())) > LARGEST {
        return Err(Guard);
    }
    Ok(Value::str(text.replacen(from.as_str(), to, places)))
}

fn join(separator: &Text, parts: &Value) -> Run<Value> {
    let mut out = String::new();
    for (n, part) in Items::of(parts.clone())?.enumerate() {
        let Value::Str(part) = part else {
            return Err(Guard);
        };
        if n > 0 {
            out.push_str(separator);
        }
        out.push_str(&part);
        if out.len() > LARGEST {
            return Err(Guard);
        }
    }
    Ok(Value::str(out))
}
