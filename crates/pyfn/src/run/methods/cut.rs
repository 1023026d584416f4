//! Cutting text: `split`, `strip` and their kin. Pieces share the text's block.

use std::sync::Arc;

use millrace_text::Text;

use super::super::{Guard, Run};
use crate::Value;

/// The blanks of Python: Unicode's, and four separators of ASCII.
pub(super) fn is_blank(char: char) -> bool {
    char.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&char)
}

/// A part of the text.
fn part(text: &Text, of: &str) -> Value {
    let from = of.as_ptr().addr() - text.as_ptr().addr();
    Value::Str(text.substring(from..from + of.len()))
}

/// The separator and the largest number of cuts that the arguments ask for.
fn how(arguments: &[Value]) -> Run<(Option<&Text>, usize)> {
    let (separator, most) = match arguments {
        [] => (&Value::None, -1),
        [separator] => (separator, -1),
        [separator, most] => (separator, most.as_small().ok_or(Guard)?),
        _ => return Err(Guard),
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX - 1);
    match separator {
        Value::None => Ok((None, most)),
        Value::Str(separator) if !separator.is_empty() => Ok((Some(separator), most)),
        _ => Err(Guard),
    }
}

pub(super) fn split(text: &Text, arguments: &[Value]) -> Run<Value> {
    let mut pieces = Vec::new();
    match how(arguments)? {
        (separator, most) if most >= text.len() => {
            let push = |piece: Text| pieces.push(Value::Str(piece.detach()));
            match separator {
                Some(separator) => text.clone().split(separator).for_each(push),
                None => text.clone().split_blanks().for_each(push),
            }
        }
        (Some(separator), most) => {
            let cut = text.splitn(most + 1, separator.as_str());
            pieces.extend(cut.map(|piece| part(text, piece).detach()));
        }
        (None, most) => {
            let mut rest = text.trim_start_matches(is_blank);
            while !rest.is_empty() {
                // The last piece keeps the blanks behind it.
                let end = match pieces.len() < most {
                    true => rest.find(is_blank).unwrap_or(rest.len()),
                    false => rest.len(),
                };
                pieces.push(part(text, &rest[..end]).detach());
                rest = rest[end..].trim_start_matches(is_blank);
            }
        }
    }
    Ok(Value::List(Arc::new(pieces)))
}

pub(super) fn rsplit(text: &Text, arguments: &[Value]) -> Run<Value> {
    let mut pieces = Vec::new();
    match how(arguments)? {
        (Some(separator), most) => {
            let cut = text.rsplitn(most.saturating_add(1), separator.as_str());
            pieces.extend(cut.map(|piece| part(text, piece).detach()));
        }
        (None, most) => {
            let mut rest = text.trim_end_matches(is_blank);
            while !rest.is_empty() {
                let from = match pieces.len() < most {
                    true => rest.trim_end_matches(|char| !is_blank(char)).len(),
                    false => 0,
                };
                pieces.push(part(text, &rest[from..]).detach());
                rest = rest[..from].trim_end_matches(is_blank);
            }
        }
    }
    pieces.reverse();
    Ok(Value::List(Arc::new(pieces)))
}

/// True if Python's `splitlines` ends a line at this character.
fn ends_line(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}')
        || matches!(char, '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn lines(text: &Text) -> Run<Value> {
    let mut pieces = Vec::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(ends_line) {
        pieces.push(part(text, &rest[..at]).detach());
        rest = &rest[at..];
        let end = rest.chars().next().map_or(0, char::len_utf8);
        rest = rest.strip_prefix("\r\n").unwrap_or(&rest[end..]);
    }
    if !rest.is_empty() {
        pieces.push(part(text, rest).detach());
    }
    Ok(Value::List(Arc::new(pieces)))
}

pub(super) fn partition(text: &Text, separator: &Text) -> Run<Value> {
    if separator.is_empty() {
        return Err(Guard);
    }
    Ok(Value::tuple(match text.split_once(separator.as_str()) {
        Some((a, b)) => [part(text, a), Value::Str(separator.clone()), part(text, b)],
        None => [Value::Str(text.clone()), Value::str(""), Value::str("")],
    }))
}

pub(super) fn rpartition(text: &Text, separator: &Text) -> Run<Value> {
    if separator.is_empty() {
        return Err(Guard);
    }
    Ok(Value::tuple(match text.rsplit_once(separator.as_str()) {
        Some((a, b)) => [part(text, a), Value::Str(separator.clone()), part(text, b)],
        None => [Value::str(""), Value::str(""), Value::Str(text.clone())],
    }))
}

pub(super) fn strip(text: &Text, arguments: &[Value], left: bool, right: bool) -> Run<Value> {
    let among;
    let strips: &dyn Fn(char) -> bool = match arguments {
        [] | [Value::None] => &is_blank,
        [Value::Str(chars)] => {
            among = |char| chars.contains(char);
            &among
        }
        _ => return Err(Guard),
    };
    let mut rest = text.as_str();
    if left {
        rest = rest.trim_start_matches(strips);
    }
    if right {
        rest = rest.trim_end_matches(strips);
    }
    Ok(part(text, rest))
}
