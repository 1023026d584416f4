//! Kafka for Python programs: what `pyspark.streaming.kafka` stands on.
//!
//! A record is its key and value unless more of it is asked for. A default decoder is done here,
//! without the interpreter; any other is an operator of the program behind the source.

mod asked;
mod messages;
mod ranges;
mod text;

use millrace_kafka::{BatchOffsets, KafkaStreams};
use millrace_pyfn::Value;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::engine::Engine;
use crate::stream::Stream;
use asked::{Asked, Wanted};
use text::Texts;

pub(crate) use messages::{MessagePart, Messages};
pub(crate) use ranges::KafkaRanges;

/// A topic, a partition of it, and the offsets from one to another.
type Range = (String, i32, i64, i64);

/// A refusal of the crate as Python's error.
fn refused(error: &millrace_kafka::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The offset ranges of the batch that is run.
#[pyclass(frozen, module = "millrace._engine")]
pub(crate) struct KafkaOffsets {
    offsets: BatchOffsets,
}

#[pymethods]
impl KafkaOffsets {
    /// Tuples of topic, partition, first offset and the offset behind the last.
    fn ranges(&self) -> Vec<Range> {
        let ranges = self.offsets.ranges().into_iter();
        let range = ranges.map(|it| (it.topic, it.partition, it.from_offset, it.until_offset));
        range.collect()
    }
}

/// A stream of topics, and the offset ranges of its batches. `asked` says of which topics and from
/// where on, `wanted` what a record is, `utf8` decodes what is no text. Raises ValueError if it
/// cannot be understood.
#[pyfunction]
pub(crate) fn kafka_direct_stream(
    py: Python<'_>,
    engine: PyRef<'_, Engine>,
    asked: Asked,
    wanted: Wanted,
    utf8: Py<PyAny>,
) -> PyResult<(Stream, KafkaOffsets)> {
    let (topics, options) = asked.resolved();
    let (ssc, brokers) = (engine.ssc(), asked.brokers.as_str());
    let texts = Texts::new(wanted.key_is_text, wanted.value_is_text, utf8);
    let (stream, offsets) = if wanted.is_pair() {
        let described = py.detach(|| {
            ssc.kafka_direct_stream_with(brokers, topics, options, texts.reading_pairs())
        });
        let described = described.map_err(|error| refused(&error))?;
        let stream = Stream::messages(Messages::new(described.records(), texts));
        (stream, described.offsets())
    } else {
        let described = py.detach(|| {
            let read = texts.reading(wanted);
            ssc.kafka_direct_stream_with(brokers, topics, options, read)
        });
        let described = described.map_err(|error| refused(&error))?;
        let checked = texts.checked(wanted);
        millrace::record::show_records::<Value>();
        let stream = Stream::new(described.records().map(checked).erased());
        (stream, described.offsets())
    };
    engine.checked((stream, KafkaOffsets { offsets }))
}
