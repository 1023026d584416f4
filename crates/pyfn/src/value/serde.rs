//! Values as serde sees them.
//!
//! For text and hashes (`is_human_readable`) a value looks like the Python value that it is: a
//! tuple is a tuple, a list a sequence, a dict a map. In a binary format a reader has to tell
//! them apart, and one that has never seen the program has to list them: there a tuple is an
//! array, and what has no form of its own is a map of one entry whose key names it: `list`,
//! `dict` (an array of pairs), `int` (digits), `pickle`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use millrace_text::Text;
use num_bigint::BigInt;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap, SerializeTuple};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::object::unpickle;
use super::{Dict, Value};

const LIST: &str = "list";
const DICT: &str = "dict";
const INT: &str = "int";
const PICKLE: &str = "pickle";

/// Bytes as bytes, not as a sequence of numbers.
struct Raw<'a>(&'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// A map of one entry.
fn tagged<S: Serializer, T: Serialize + ?Sized>(
    serializer: S,
    tag: &str,
    content: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, content)?;
    map.end()
}

fn serialize_tuple<S: Serializer>(serializer: S, items: &[Value]) -> Result<S::Ok, S::Error> {
    let mut tuple = serializer.serialize_tuple(items.len())?;
    for item in items {
        tuple.serialize_element(item)?;
    }
    tuple.end()
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let readable = serializer.is_human_readable();
        match self {
            Value::None => serializer.serialize_none(),
            Value::Bool(b) => serializer.serialize_bool(*b),
            Value::Int(n) => serializer.serialize_i64(*n),
            Value::Float(x) => serializer.serialize_f64(*x),
            Value::Str(text) => text.serialize(serializer),
            Value::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Value::Tuple(items) => serialize_tuple(serializer, items),
            Value::List(items) if readable => serializer.collect_seq(items.iter()),
            Value::List(items) => tagged(serializer, LIST, items.as_slice()),
            Value::Dict(items) if readable => serializer.collect_map(items.iter()),
            Value::Dict(items) => {
                let pairs: Vec<(&Value, &Value)> = items.iter().collect();
                tagged(serializer, DICT, &pairs)
            }
            Value::Big(n) if readable => serializer.collect_str(n),
            Value::Big(n) => tagged(serializer, INT, &n.to_string()),
            Value::Object(object) if readable => serializer.collect_str(&object.repr()),
            Value::Object(object) => {
                let pickle = object.pickle().map_err(S::Error::custom)?;
                tagged(serializer, PICKLE, &Raw(&pickle))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Python value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Int(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(Value::integer(n.into()))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
        Ok(Value::Float(x))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Str(Text::from(text)))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut tuple = Vec::with_capacity(items.size_hint().unwrap_or(0).min(1 << 12));
        while let Some(item) = items.next_element::<Value>()? {
            tuple.push(item);
        }
        Ok(Value::Tuple(tuple.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some((tag, content)) = map.next_entry::<String, Value>()? else {
            return Err(A::Error::custom("an empty map is no Python value"));
        };
        match (tag.as_str(), content) {
            (LIST, Value::Tuple(items)) => Ok(Value::List(Arc::new(items.to_vec()))),
            (DICT, Value::Tuple(pairs)) => {
                let mut dict = Dict::with_capacity(pairs.len());
                for pair in pairs.iter() {
                    let Value::Tuple(pair) = pair else {
                        return Err(A::Error::custom("an entry of a dict is no pair"));
                    };
                    let [key, value] = pair.as_ref() else {
                        return Err(A::Error::custom("an entry of a dict is no pair"));
                    };
                    dict.insert(key.clone(), value.clone());
                }
                Ok(Value::Dict(Arc::new(dict)))
            }
            (INT, Value::Str(digits)) => BigInt::from_str(&digits)
                .map(Value::integer)
                .map_err(A::Error::custom),
            (PICKLE, Value::Bytes(pickle)) => unpickle(&pickle)
                .map(Value::Object)
                .map_err(A::Error::custom),
            _ => Err(A::Error::custom(format!(
                "{tag:?} is no kind of Python value"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use millrace_text::python::{portable_hash, write_str};

    use super::*;

    fn all() -> Value {
        let mut dict = Dict::new();
        dict.insert(Value::str("k"), Value::Float(1.0));
        dict.insert(Value::Int(2), Value::None);
        Value::tuple([
            Value::None,
            Value::Bool(true),
            Value::Int(-5),
            Value::integer(BigInt::from(1) << 70),
            Value::Float(0.5),
            Value::str("a text longer than fifteen bytes"),
            Value::Bytes([0, 255].as_slice().into()),
            Value::list([Value::tuple([])]),
            Value::Dict(Arc::new(dict)),
        ])
    }

    #[test]
    fn a_value_comes_back_from_bytes_with_its_types() {
        let bytes = rmp_serde::to_vec(&all()).unwrap();
        let back: Value = rmp_serde::from_slice(&bytes).unwrap();
        assert_eq!(format!("{back:?}"), format!("{:?}", all()));
    }

    #[test]
    fn a_value_looks_like_the_python_value() {
        let mut text = String::new();
        write_str(
            &mut text,
            &Value::tuple([Value::list([Value::str("a")]), Value::Float(1e16)]),
        )
        .unwrap();
        assert_eq!(text, "(['a'], 1e+16)");
        let pair = Value::tuple([Value::str("a"), Value::Int(1)]);
        assert_eq!(portable_hash(&pair), portable_hash(&("a", 1)));
    }
}
