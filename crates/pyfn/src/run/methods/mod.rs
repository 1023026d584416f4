//! Methods that change nothing: of texts, bytes, lists, tuples and dicts.
//!
//! A method is found by the type of its receiver when it is called; one that the type does not
//! have is guarded.

mod cut;
mod pad;
mod search;
mod text;

use std::sync::Arc;

use millrace_text::Text;

use super::compare::{equal, hashable};
use super::{Guard, Run};
use crate::Value;

/// A method by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Capitalize,
    Casefold,
    Center,
    Copy,
    Count,
    Decode,
    Encode,
    EndsWith,
    Find,
    Format,
    Get,
    Index,
    IsAlnum,
    IsAlpha,
    IsDecimal,
    IsDigit,
    IsLower,
    IsNumeric,
    IsSpace,
    IsUpper,
    Items,
    Join,
    Keys,
    LStrip,
    LJust,
    Lower,
    Partition,
    RemovePrefix,
    RemoveSuffix,
    Replace,
    RFind,
    RIndex,
    RJust,
    RPartition,
    RSplit,
    RStrip,
    Split,
    SplitLines,
    StartsWith,
    Strip,
    SwapCase,
    Title,
    Upper,
    Values,
    ZFill,
}

impl Method {
    pub(crate) fn named(name: &str) -> Option<Method> {
        Some(match name {
            "capitalize" => Method::Capitalize,
            "casefold" => Method::Casefold,
            "center" => Method::Center,
            "copy" => Method::Copy,
            "count" => Method::Count,
            "decode" => Method::Decode,
            "encode" => Method::Encode,
            "endswith" => Method::EndsWith,
            "find" => Method::Find,
            "format" => Method::Format,
            "get" => Method::Get,
            "index" => Method::Index,
            "isalnum" => Method::IsAlnum,
            "isalpha" => Method::IsAlpha,
            "isdecimal" => Method::IsDecimal,
            "isdigit" => Method::IsDigit,
            "islower" => Method::IsLower,
            "isnumeric" => Method::IsNumeric,
            "isspace" => Method::IsSpace,
            "isupper" => Method::IsUpper,
            "items" => Method::Items,
            "join" => Method::Join,
            "keys" => Method::Keys,
            "lstrip" => Method::LStrip,
            "ljust" => Method::LJust,
            "lower" => Method::Lower,
            "partition" => Method::Partition,
            "removeprefix" => Method::RemovePrefix,
            "removesuffix" => Method::RemoveSuffix,
            "replace" => Method::Replace,
            "rfind" => Method::RFind,
            "rindex" => Method::RIndex,
            "rjust" => Method::RJust,
            "rpartition" => Method::RPartition,
            "rsplit" => Method::RSplit,
            "rstrip" => Method::RStrip,
            "split" => Method::Split,
            "splitlines" => Method::SplitLines,
            "startswith" => Method::StartsWith,
            "strip" => Method::Strip,
            "swapcase" => Method::SwapCase,
            "title" => Method::Title,
            "upper" => Method::Upper,
            "values" => Method::Values,
            "zfill" => Method::ZFill,
            _ => return None,
        })
    }

    pub(super) fn call(self, receiver: &Value, arguments: &[Value]) -> Run<Value> {
        match receiver {
            Value::Str(receiver) => text::call(self, receiver, arguments),
            Value::Bytes(bytes) => match (self, arguments) {
                (Method::Decode, []) => decoded(bytes),
                (Method::Decode, [Value::Str(encoding)]) if is_utf8(encoding) => decoded(bytes),
                _ => Err(Guard),
            },
            Value::List(items) => match (self, arguments) {
                (Method::Copy, []) => Ok(Value::List(Arc::new(items.as_ref().clone()))),
                _ => of_items(self, items, arguments),
            },
            Value::Tuple(items) => of_items(self, items, arguments),
            Value::Dict(items) => match (self, arguments) {
                (Method::Get, [key]) => {
                    hashable(key)?;
                    Ok(items.get(key).cloned().unwrap_or(Value::None))
                }
                (Method::Get, [key, default]) => {
                    hashable(key)?;
                    Ok(items.get(key).unwrap_or(default).clone())
                }
                (Method::Keys, []) => Ok(Value::list(items.keys().cloned())),
                (Method::Values, []) => Ok(Value::list(items.values().cloned())),
                (Method::Items, []) => {
                    Ok(Value::list(items.iter().map(|(key, value)| {
                        Value::tuple([key.clone(), value.clone()])
                    })))
                }
                (Method::Copy, []) => Ok(Value::Dict(Arc::new(items.as_ref().clone()))),
                _ => Err(Guard),
            },
            _ => Err(Guard),
        }
    }
}

fn is_utf8(encoding: &Text) -> bool {
    matches!(encoding.as_str(), "utf-8" | "utf8" | "UTF-8" | "UTF8")
}

fn decoded(bytes: &[u8]) -> Run<Value> {
    std::str::from_utf8(bytes)
        .map(Value::str)
        .map_err(|_| Guard)
}

/// `count` and `index` of a list or tuple.
fn of_items(method: Method, items: &[Value], arguments: &[Value]) -> Run<Value> {
    let [wanted] = arguments else {
        return Err(Guard);
    };
    let mut count = 0;
    for (at, item) in items.iter().enumerate() {
        if matches!(item, Value::Float(x) if x.is_nan()) {
            return Err(Guard);
        }
        if equal(item, wanted)? {
            match method {
                Method::Index => return Ok(Value::Int(at as i64)),
                Method::Count => count += 1,
                _ => return Err(Guard),
            }
        }
    }
    match method {
        Method::Count => Ok(Value::Int(count)),
        _ => Err(Guard),
    }
}
