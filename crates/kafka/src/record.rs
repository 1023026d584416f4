//! A record of a topic: as it is read, and as a value.

use std::fmt;

use millrace::Text;
use millrace_text::Scribe;
use serde::{Deserialize, Serialize};

use crate::native::Message;

/// A record while it is read; nothing of it is copied yet.
pub struct KafkaMessage<'a> {
    pub(crate) topic: &'a Text,
    pub(crate) partition: i32,
    pub(crate) message: &'a Message,
    /// Has the texts of the records of a range.
    pub(crate) scribe: &'a Scribe,
}

impl<'a> KafkaMessage<'a> {
    /// The topic of the record.
    pub fn topic(&self) -> &'a Text {
        self.topic
    }

    /// The partition of the record.
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// The offset of the record.
    pub fn offset(&self) -> i64 {
        self.message.offset()
    }

    /// The time of the record in milliseconds since 1970, if it has one.
    pub fn timestamp(&self) -> Option<i64> {
        self.message.timestamp()
    }

    /// The key of the record.
    pub fn key(&self) -> Option<&'a [u8]> {
        self.message.key()
    }

    /// The value of the record; a record without one says that its key is deleted.
    pub fn value(&self) -> Option<&'a [u8]> {
        self.message.value()
    }

    /// The key as text. Bytes that are not UTF-8 become U+FFFD. Many texts have one block of 16 KiB, so
    /// that a program which keeps one by itself should [detach](Text::detach) it.
    pub fn key_text(&self) -> Option<Text> {
        self.key().map(|key| self.text(key))
    }

    /// The value as text, in the same way.
    pub fn value_text(&self) -> Option<Text> {
        self.value().map(|value| self.text(value))
    }

    fn text(&self, bytes: &[u8]) -> Text {
        match std::str::from_utf8(bytes) {
            Ok(of) => self.scribe.text(of),
            Err(_) => text(bytes),
        }
    }

    /// The headers of the record, in order. A name may come more than once.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, Option<&'a [u8]>)> {
        let message = self.message;
        (0..).map_while(move |index| message.header(index))
    }

    /// The record as a value.
    pub fn to_record(&self) -> KafkaRecord {
        let headers = self.headers();
        let headers = headers.map(|(name, value)| (Text::from(name), value.map(<[u8]>::to_vec)));
        KafkaRecord {
            topic: self.topic.clone(),
            partition: self.partition,
            offset: self.offset(),
            timestamp: self.timestamp(),
            key: self.key().map(<[u8]>::to_vec),
            value: self.value().map(<[u8]>::to_vec),
            headers: headers.collect(),
        }
    }
}

impl fmt::Debug for KafkaMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_record().fmt(f)
    }
}

/// A record of a topic (Spark: `ConsumerRecord`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KafkaRecord {
    /// The topic of the record.
    pub topic: Text,
    /// The partition of the record.
    pub partition: i32,
    /// The offset of the record.
    pub offset: i64,
    /// The time of the record in milliseconds since 1970, if it has one.
    pub timestamp: Option<i64>,
    /// The key of the record.
    pub key: Option<Vec<u8>>,
    /// The value of the record; a record without one says that its key is deleted.
    pub value: Option<Vec<u8>>,
    /// The headers of the record, in order.
    pub headers: Vec<(Text, Option<Vec<u8>>)>,
}

impl KafkaRecord {
    /// The key as text. Bytes that are not UTF-8 become U+FFFD.
    pub fn key_text(&self) -> Option<Text> {
        self.key.as_deref().map(text)
    }

    /// The value as text. Bytes that are not UTF-8 become U+FFFD.
    pub fn value_text(&self) -> Option<Text> {
        self.value.as_deref().map(text)
    }
}

fn text(bytes: &[u8]) -> Text {
    Text::from(String::from_utf8_lossy(bytes))
}
