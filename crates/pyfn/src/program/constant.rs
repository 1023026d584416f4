//! Constants of a lowered function, as JSON: what JSON has, and arrays that begin with a tag.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::{BadFunction, Dict, Value};

/// The value of a constant.
///
/// `null`, booleans and strings stand for themselves; `["i", "12"]` is an int, `["f", "bits"]` a
/// float by its 64 bits, `["b", [1, 2]]` bytes, `["t", ..]` a tuple, `["l", ..]` a list,
/// `["d", [key, value], ..]` a dict.
pub(super) fn read(json: &Json) -> Result<Value, BadFunction> {
    let bad = || BadFunction::new(format!("constant {json}"));
    let Json::Array(items) = json else {
        return match json {
            Json::Null => Ok(Value::None),
            Json::Bool(b) => Ok(Value::Bool(*b)),
            Json::String(text) => Ok(Value::str(text.as_str())),
            _ => Err(bad()),
        };
    };
    let [Json::String(tag), rest @ ..] = items.as_slice() else {
        return Err(bad());
    };
    let text = || rest.first().and_then(Json::as_str).ok_or_else(bad);
    Ok(match tag.as_str() {
        "i" => Value::Int(text()?.parse().map_err(|_| bad())?),
        "f" => Value::Float(f64::from_bits(text()?.parse().map_err(|_| bad())?)),
        "b" => {
            let bytes = rest.first().and_then(Json::as_array).ok_or_else(bad)?;
            let byte = |b: &Json| {
                b.as_u64()
                    .and_then(|b| u8::try_from(b).ok())
                    .ok_or_else(bad)
            };
            Value::Bytes(bytes.iter().map(byte).collect::<Result<_, _>>()?)
        }
        "t" => Value::tuple(rest.iter().map(read).collect::<Result<Vec<_>, _>>()?),
        "l" => Value::list(rest.iter().map(read).collect::<Result<Vec<_>, _>>()?),
        "d" => {
            let mut dict = Dict::with_capacity(rest.len());
            for pair in rest {
                let pair = pair.as_array().map(Vec::as_slice);
                let Some([key, value]) = pair else {
                    return Err(bad());
                };
                dict.insert(read(key)?, read(value)?);
            }
            Value::Dict(Arc::new(dict))
        }
        _ => return Err(bad()),
    })
}
