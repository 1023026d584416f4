//! A stream of keys and values.

use millrace::dstream::Computed;

use millrace::pipeline::Pipeline;
use millrace::{DStream, Text};
use millrace_pyfn::Value;
use serde::{Serialize, Serializer};

use super::text::{Field, Texts};

/// The key and the value of a record.
pub(crate) struct Pair {
    pub(super) key: Field,
    pub(super) value: Field,
}

/// As a dead letter has it: what is no text is a list of bytes.
impl Serialize for Pair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.key, &self.value).serialize(serializer)
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Field::None => serializer.serialize_none(),
            Field::Text(text) => serializer.serialize_str(text),
            Field::Bytes(bytes) => serializer.collect_seq(bytes.iter()),
        }
    }
}

/// A stream of keys and values that are no Python values yet.
#[derive(Clone)]
pub(crate) struct Messages {
    pairs: Computed<Pair>,
    texts: Texts,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessagePart {
    Key,
    Value,
}

impl Messages {
    pub(super) fn new(pairs: Computed<Pair>, texts: Texts) -> Messages {
        millrace::record::show_records::<Pair>();
        Messages { pairs, texts }
    }

    /// Tuples of key and value.
    pub(crate) fn records(&self) -> DStream<Value> {
        let texts = self.texts.clone();
        let record = move |pair: Pair| Value::tuple([texts.key(pair.key), texts.value(pair.value)]);
        self.pairs.map(record).erased()
    }

    /// Keys alone, or values.
    pub(crate) fn parts(&self, part: MessagePart) -> DStream<Value> {
        let texts = self.texts.clone();
        let only = move |pair: Pair| match part {
            MessagePart::Key => texts.key(pair.key),
            MessagePart::Value => texts.value(pair.value),
        };
        self.pairs.map(only).erased()
    }

    /// The texts of keys or of values; `other` has the text of what is none, or raises.
    pub(crate) fn texts<F>(
        &self,
        part: MessagePart,
        other: F,
    ) -> DStream<Text, impl Pipeline<Item = Text> + use<F>>
    where
        F: Fn(Value) -> Text + Send + Sync + 'static,
    {
        let texts = self.texts.clone();
        self.pairs.map(move |pair| {
            let (field, is_key) = match part {
                MessagePart::Key => (pair.key, true),
                MessagePart::Value => (pair.value, false),
            };
            match field {
                Field::Text(text) => text,
                field if is_key => other(texts.key(field)),
                field => other(texts.value(field)),
            }
        })
    }
}
