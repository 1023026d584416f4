//! A stream of the engine whose records are Python values.

use millrace::DStream;
use millrace::Text;
use millrace::pipeline::Lines;
use millrace_pyfn::Value;
use pyo3::prelude::*;

use crate::plan::Source;

/// The description of a stream that the engine computes.
#[pyclass(frozen, module = "millrace._engine")]
pub(crate) struct Stream {
    pub(crate) source: Source,
    pub(crate) native: bool,
}

impl Stream {
    /// A stream of values.
    pub(crate) fn new(records: DStream<Value>) -> Stream {
        Stream::of(records, false)
    }

    /// A stream of values that may be made of texts and integers only when they are read.
    pub(crate) fn of(records: DStream<Value>, native: bool) -> Stream {
        Stream {
            source: Source::Values(records),
            native,
        }
    }

    /// Received lines.
    pub(crate) fn lines(lines: DStream<Text, Lines>) -> Stream {
        Stream {
            source: Source::Lines(lines),
            native: true,
        }
    }

    /// Keys and values of Kafka.
    #[cfg(feature = "kafka")]
    pub(crate) fn messages(messages: crate::kafka::Messages) -> Stream {
        Stream {
            source: Source::Messages(messages),
            native: true,
        }
    }

    /// The records of the stream.
    pub(crate) fn records(&self) -> DStream<Value> {
        match &self.source {
            Source::Lines(lines) => lines.map(Value::Str).erased(),
            #[cfg(feature = "kafka")]
            Source::Messages(messages) => messages.records(),
            Source::Values(records) => records.clone(),
        }
    }
}
