//! Bytes of keys and values as texts, by the rules of `utf8_decoder`.
//!
//! While a record is read, what is no text stays bytes: an error would be one of the source
//! there, and not of the record. An operator right behind the source lets Python raise it.

use std::sync::Arc;

use millrace::Text;
use millrace_kafka::KafkaMessage;
use millrace_pyfn::Value;
use pyo3::prelude::*;

use super::asked::Wanted;
use super::messages::Pair;
use crate::convert::{from_python, to_python};
use crate::raised::raise;

/// A key or a value.
pub(crate) enum Field {
    /// The record has none.
    None,
    /// Text that is wanted as text.
    Text(Text),
    /// Bytes that are wanted as such, or are no text.
    Bytes(Arc<[u8]>),
}

/// The rules for the texts of a stream.
#[derive(Clone)]
pub(crate) struct Texts {
    key: bool,
    value: bool,
    /// Python's function for what is no text, which raises.
    utf8: Arc<Py<PyAny>>,
}

fn field(bytes: Option<&[u8]>, is_text: bool) -> Field {
    match bytes {
        None => Field::None,
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if is_text => Field::Text(Text::from(text)),
            _ => Field::Bytes(bytes.into()),
        },
    }
}

fn value(field: Field) -> Value {
    match field {
        Field::None => Value::None,
        Field::Text(text) => Value::Str(text),
        Field::Bytes(bytes) => Value::Bytes(bytes),
    }
}

impl Texts {
    pub(super) fn new(key: bool, value: bool, utf8: Py<PyAny>) -> Texts {
        Texts {
            key,
            value,
            utf8: Arc::new(utf8),
        }
    }

    /// Makes of a record its key and value.
    pub(super) fn reading_pairs(&self) -> impl Fn(&KafkaMessage<'_>) -> Pair + use<> {
        let (key, value) = (self.key, self.value);
        move |message| Pair {
            key: field(message.key(), key),
            value: field(message.value(), value),
        }
    }

    /// Makes of a record a tuple of what is wanted.
    pub(super) fn reading(&self, wanted: Wanted) -> impl Fn(&KafkaMessage<'_>) -> Value + use<> {
        let (key, of_value) = (self.key, self.value);
        move |message| {
            let mut items = Vec::with_capacity(7);
            if wanted.place {
                items.push(Value::Str(message.topic().clone()));
                items.push(Value::Int(message.partition().into()));
                items.push(Value::Int(message.offset()));
                items.push(message.timestamp().map_or(Value::None, Value::Int));
            }
            items.push(value(field(message.key(), key)));
            items.push(value(field(message.value(), of_value)));
            if wanted.headers {
                let headers = message.headers().map(|(name, header)| {
                    let header = header.map_or(Value::None, |it| Value::Bytes(it.into()));
                    Value::tuple([Value::str(name), header])
                });
                items.push(Value::list(headers));
            }
            Value::tuple(items)
        }
    }

    /// Passes on what [`reading`](Texts::reading) gives, unless something in it is no text.
    pub(super) fn checked(&self, wanted: Wanted) -> impl Fn(Value) -> Value + use<> {
        let (own, key_at) = (self.clone(), if wanted.place { 4 } else { 0 });
        move |record| {
            if let Value::Tuple(items) = &record {
                for (at, is_text) in [(key_at, own.key), (key_at + 1, own.value)] {
                    if let Some(Value::Bytes(bytes)) = items.get(at)
                        && is_text
                    {
                        own.not_text(bytes);
                    }
                }
            }
            record
        }
    }

    /// The key of a record.
    pub(super) fn key(&self, key: Field) -> Value {
        self.decoded(key, self.key)
    }

    /// The value of a record.
    pub(super) fn value(&self, value: Field) -> Value {
        self.decoded(value, self.value)
    }

    fn decoded(&self, field: Field, is_text: bool) -> Value {
        match field {
            Field::Bytes(bytes) if is_text => self.not_text(&bytes),
            field => value(field),
        }
    }

    /// The text that Python makes of bytes which are none here; it raises.
    #[cold]
    fn not_text(&self, bytes: &Arc<[u8]>) -> Value {
        let decoded = Python::attach(|py| {
            let bytes = to_python(py, &Value::Bytes(Arc::clone(bytes)))?;
            Ok(from_python(&self.utf8.bind(py).call1((bytes,))?))
        });
        decoded.unwrap_or_else(|error| raise(error))
    }
}
