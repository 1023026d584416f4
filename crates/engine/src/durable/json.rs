//! Entries without the program's types, as JSON: for the tool that reads a checkpoint.
//!
//! Values that JSON lacks are written in its terms: bytes as a list of numbers, a number that is
//! not finite as its name, a map whose keys are not texts as a list of pairs.

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::json::write_json_of;

use super::error::StoreError;

/// Any value that can be written down.
#[derive(Debug, Clone, PartialEq)]
pub struct AnyValue(pub Value);

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AnyValue, D::Error> {
        deserializer.deserialize_any(Any).map(AnyValue)
    }
}

impl AnyValue {
    /// Reads one value.
    ///
    /// # Errors
    /// If the bytes are none, or if it is nested deeper than readers of JSON allow: bytes that
    /// nobody wrote would fill the stack.
    pub fn read(bytes: &[u8]) -> Result<AnyValue, StoreError> {
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
        deserializer.set_max_depth(DEEPEST);
        Ok(AnyValue::deserialize(&mut deserializer)?)
    }
}

/// Writes a value as JSON text behind `out`. One that is kept is a text or a number most of the time,
/// and is not taken apart then.
///
/// # Errors
/// If the bytes are none.
pub fn write_json(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), StoreError> {
    let written = match bytes.first() {
        Some(0xa0..=0xbf | 0xd9..=0xdb) => rmp_serde::from_slice::<&str>(bytes)
            .ok()
            .map(|text| write_json_of(text, out)),
        Some(0x00..=0x7f | 0xcc..=0xd3 | 0xe0..=0xff) => rmp_serde::from_slice::<i64>(bytes)
            .ok()
            .map(|number| write_json_of(&number, out)),
        _ => None,
    };
    let written = match written {
        Some(written) => written,
        None => write_json_of(&AnyValue::read(bytes)?.0, out),
    };
    Ok(written?)
}

/// As `serde_json` has it.
const DEEPEST: usize = 128;

struct Any;

fn integer<T: fmt::Display + Serialize>(number: T) -> Value {
    // Beyond 64 bits there is no JSON number that every reader keeps.
    serde_json::to_value(&number)
        .ok()
        .filter(Value::is_number)
        .unwrap_or_else(|| Value::String(number.to_string()))
}

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or_else(|_| Value::String(value.to_string()), integer))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(u64::try_from(value).map_or_else(|_| Value::String(value.to_string()), integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).map(Value::Number);
        Ok(number.unwrap_or_else(|| Value::String(value.to_string())))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(value.iter().copied().map(Value::from).collect())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Any)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Any)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(AnyValue(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((AnyValue(key), AnyValue(value))) = entries.next_entry()? {
            pairs.push((key, value));
        }
        if pairs.iter().all(|(key, _)| key.is_string()) {
            let text = |(key, value): (Value, Value)| match key {
                Value::String(key) => (key, value),
                other => (other.to_string(), value),
            };
            return Ok(Value::Object(
                pairs.into_iter().map(text).collect::<Map<_, _>>(),
            ));
        }
        let pair = |(key, value)| Value::Array(vec![key, value]);
        Ok(pairs.into_iter().map(pair).collect())
    }
}

/// The body of a fuzz target: any bytes are a value or entries, or refused, and what is read of
/// them is no more than they hold.
#[cfg(any(test, fuzzing))]
pub fn fuzz(data: &[u8]) {
    fn size(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(size).sum(),
            Value::Object(entries) => entries
                .iter()
                .map(|(key, value)| key.len() + size(value))
                .sum(),
            Value::String(text) => text.len(),
            _ => 0,
        }
    }
    if let Ok(AnyValue(value)) = AnyValue::read(data) {
        // A malformed byte of a text may become three; a number that JSON lacks becomes its name.
        assert!(size(&value) <= 64 + 48 * data.len());
        let text = crate::json::json_of(&value).expect("it is JSON");
        assert!(!text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')));
        let mut written = Vec::new();
        // Of texts and numbers it reads the first, whatever follows.
        if write_json(data, &mut written).is_ok() && super::value_len(data) == Some(data.len()) {
            assert_eq!(String::from_utf8_lossy(&written), text);
        }
    }
    let mut raw = super::EntryReader::new(data);
    // Every entry takes a byte and more.
    for _ in 0..=data.len() {
        let Some(Ok((key, entry))) = raw.next_raw() else {
            return;
        };
        assert!(key.len() + entry.map_or(0, |(_, value)| value.len()) < data.len());
    }
    panic!("more entries than bytes");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::durable::{EntryReader, put};

    #[derive(Serialize)]
    struct Score {
        best: f64,
        last: Option<i8>,
        by_round: BTreeMap<u8, bool>,
    }

    #[test]
    fn a_text_of_json_is_that_of_the_value() {
        let values = [
            json!("text \u{2028} \"quoted\""),
            json!(-1),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(1.5),
            json!(null),
            json!([1, "a", {"b": true}]),
        ];
        for value in values {
            let bytes = rmp_serde::to_vec_named(&value).unwrap();
            let mut out = b"before".to_vec();
            write_json(&bytes, &mut out).unwrap();
            let json = crate::json::json_of(&value).unwrap();
            assert_eq!(out, format!("before{json}").into_bytes());
        }
        assert!(write_json(&[0xa5, b'a'], &mut Vec::new()).is_err());
    }

    #[test]
    fn a_value_is_nested_as_deep_as_json_may_be() {
        let nested = |depth: usize| [vec![0x91; depth], vec![0xc0]].concat();
        assert!(AnyValue::read(&nested(DEEPEST - 1)).is_ok());
        assert!(AnyValue::read(&nested(DEEPEST + 1)).is_err());
        assert!(AnyValue::read(&nested(1 << 20)).is_err());
    }

    #[test]
    fn a_tool_reads_what_a_program_wrote() {
        let mut out = Vec::new();
        let score = Score {
            best: f64::INFINITY,
            last: None,
            by_round: BTreeMap::from([(1, true)]),
        };
        put(&mut out, &("word", -1), 3, &score).unwrap();
        put(&mut out, &i128::MAX, 4, &serde_json::Value::Null).unwrap();
        let mut reader = EntryReader::new(&out);
        let (key, entry) = reader.next::<AnyValue, AnyValue>().unwrap().unwrap();
        assert_eq!(key.0, json!(["word", -1]));
        let expected = json!({"best": "inf", "last": null, "by_round": [[1, true]]});
        assert_eq!(entry, Some((3, AnyValue(expected))));
        let (key, _) = reader.next::<AnyValue, AnyValue>().unwrap().unwrap();
        // MessagePack has no number of that size; serde writes it as bytes.
        assert!(key.0.is_array() || key.0.is_string());
    }
}
