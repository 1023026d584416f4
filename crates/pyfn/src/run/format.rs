//! The text of values: `str`, `repr`, f-strings, `%`.

use std::borrow::Cow;

use millrace_text::Text;
use millrace_text::python::{write_repr, write_str};

use super::{Guard, LARGEST, Run};
use crate::Value;

/// Characters below this one print alike in every Python: none of them has been assigned since.
const SETTLED: char = '\u{370}';

/// Python's `str(value)`.
pub(super) fn text_of(value: &Value) -> Run<Cow<'_, str>> {
    if let Value::Str(text) = value {
        return Ok(Cow::Borrowed(text));
    }
    settled(value)?;
    let mut out = String::new();
    write_str(&mut out, value).map_err(|_| Guard)?;
    Ok(Cow::Owned(out))
}

/// Python's `repr(value)`.
pub(super) fn repr_of(value: &Value) -> Run<String> {
    settled(value)?;
    let mut out = String::new();
    write_repr(&mut out, value).map_err(|_| Guard)?;
    Ok(out)
}

/// Guards what does not have the same `repr` everywhere.
fn settled(value: &Value) -> Run<()> {
    match value {
        Value::Object(_) | Value::Big(_) => Err(Guard),
        Value::Str(text) if text.chars().any(|char| char >= SETTLED) => Err(Guard),
        Value::Tuple(items) => items.iter().try_for_each(settled),
        Value::List(items) => items.iter().try_for_each(settled),
        Value::Dict(items) => items
            .iter()
            .try_for_each(|(key, value)| settled(key).and_then(|()| settled(value))),
        _ => Ok(()),
    }
}

/// Python's `text % arguments`, for `%s`, `%d`, `%i`, `%r` and `%%` as they stand.
pub(super) fn percent(text: &str, arguments: &Value) -> Run<Value> {
    let single = std::slice::from_ref(arguments);
    let arguments = match arguments {
        Value::Tuple(items) => items.as_ref(),
        // A mapping and a bytes have rules of their own.
        Value::Dict(_) | Value::Object(_) | Value::Bytes(_) | Value::List(_) => return Err(Guard),
        _ => single,
    };
    let mut arguments = arguments.iter();
    let mut out = String::new();
    let mut pieces = text.split('%');
    out.push_str(pieces.next().ok_or(Guard)?);
    while let Some(piece) = pieces.next() {
        let mut rest = piece.chars();
        match rest.next() {
            // Two in a row: the piece between them is empty, the next one is plain.
            None => {
                out.push('%');
                out.push_str(pieces.next().ok_or(Guard)?);
                continue;
            }
            Some('s') => out.push_str(&text_of(arguments.next().ok_or(Guard)?)?),
            Some('r') => out.push_str(&repr_of(arguments.next().ok_or(Guard)?)?),
            Some('d' | 'i') => match arguments.next() {
                Some(Value::Int(n)) => out.push_str(&n.to_string()),
                _ => return Err(Guard),
            },
            _ => return Err(Guard),
        }
        out.push_str(rest.as_str());
    }
    if arguments.next().is_some() || out.len() > LARGEST {
        return Err(Guard);
    }
    Ok(Value::Str(Text::from(out)))
}

/// Python's `text.format(*arguments)`, for `{}` and `{0}` as they stand.
pub(super) fn braces(text: &str, arguments: &[Value]) -> Run<Value> {
    let mut out = String::new();
    let mut rest = text;
    let (mut counted, mut named) = (0, false);
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        let (field, after) = rest.split_once('}').ok_or(Guard)?;
        if brace == "}" || !field.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Guard);
        }
        let place = match field.parse::<usize>() {
            Ok(place) => {
                named = true;
                place
            }
            Err(_) if field.is_empty() => {
                counted += 1;
                counted - 1
            }
            Err(_) => return Err(Guard),
        };
        out.push_str(&text_of(arguments.get(place).ok_or(Guard)?)?);
        rest = after;
    }
    if named && counted > 0 || out.len() > LARGEST {
        return Err(Guard);
    }
    out.push_str(rest);
    Ok(Value::Str(Text::from(out)))
}
