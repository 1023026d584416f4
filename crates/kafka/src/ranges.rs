//! Ranges of offsets, read by whoever has them, without a stream.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use millrace::{Conf, Text};
use millrace_text::Scribe;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::client::{self, Context};
use crate::error::Error;
use crate::fault::{Unreachable, subject};
use crate::offset_range::OffsetRange;
use crate::options::{KafkaOptions, Resolved};
use crate::planner::Ends;
use crate::reader::Reader;
use crate::record::KafkaMessage;
use crate::say::voice;

/// The time that brokers may take to say where a partition begins and ends.
const ANSWER: Duration = Duration::from_secs(10);

/// Reads ranges of offsets, such as those that a batch has had (Spark: `KafkaUtils.createRDD`).
///
/// ```no_run
/// use millrace::Conf;
/// use millrace_kafka::{KafkaOptions, KafkaRanges, OffsetRange};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let ranges = KafkaRanges::new("localhost:9092", KafkaOptions::new(), &Conf::new())?;
///     let range = OffsetRange::new("orders", 0, 10, 14);
///     ranges.check(std::slice::from_ref(&range))?;
///     ranges.read(&range, &mut |message| println!("{:?}", message.value_text()))?;
///     Ok(())
/// }
/// ```
pub struct KafkaRanges {
    client: Arc<BaseConsumer<Context>>,
    reader: Reader,
}

impl KafkaRanges {
    /// Connects to nothing yet. Of the options the parameters count, of the settings those of the
    /// client and the patience. `brokers` are some of the cluster's.
    ///
    /// # Errors
    /// If the brokers, an option or a setting cannot be understood.
    pub fn new(brokers: &str, options: KafkaOptions, conf: &Conf) -> Result<KafkaRanges, Error> {
        let options = Resolved::of(options, conf, millrace::Duration::seconds(1))?;
        let config = client::config(brokers, &options.params)?;
        Ok(KafkaRanges {
            client: client::create(&config)?,
            reader: Reader::new(config, &options, Arc::new(voice())),
        })
    }

    /// Asks the brokers about these ranges.
    ///
    /// # Errors
    /// If they do not have one of them, or do not answer; with topic and partition.
    pub fn check(&self, ranges: &[OffsetRange]) -> io::Result<()> {
        for range in ranges {
            self.look(range)
                .map_err(|why| io::Error::other(Refused(range.clone(), why)))?;
        }
        Ok(())
    }

    fn look(&self, range: &OffsetRange) -> Result<(), Why> {
        let (from, until) = (range.from_offset, range.until_offset);
        if from > until {
            return Err(Why::Backwards);
        }
        let ends = self
            .client
            .fetch_watermarks(&range.topic, range.partition, ANSWER);
        let (low, high) = ends.map_err(|cause| {
            let connection = self.client.context().take_reason();
            Why::Unreachable(Unreachable { cause, connection })
        })?;
        match low <= from && until <= high {
            true => Ok(()),
            false => Err(Why::NotThere(Ends { low, high })),
        }
    }

    /// Gives every record of a range, in order. May be called by several threads, for different
    /// partitions.
    ///
    /// # Errors
    /// If the range is not there, or nothing comes for as long as
    /// `spark.streaming.kafka.consumer.poll.ms` says.
    pub fn read(
        &self,
        range: &OffsetRange,
        each: &mut dyn FnMut(&KafkaMessage<'_>),
    ) -> io::Result<()> {
        self.reader.open(std::slice::from_ref(range))?;
        let (topic, scribe) = (Text::from(&range.topic), Scribe::default());
        self.reader.read(range, &mut |message| {
            each(&KafkaMessage {
                topic: &topic,
                partition: range.partition,
                message,
                scribe: &scribe,
            });
        })
    }
}

/// A range that cannot be read.
#[derive(Debug)]
struct Refused(OffsetRange, Why);

#[derive(Debug)]
enum Why {
    /// The range ends before it begins.
    Backwards,
    /// The brokers have other offsets.
    NotThere(Ends),
    Unreachable(Unreachable),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused(range, why) = self;
        let (from, until) = (range.from_offset, range.until_offset);
        write!(f, "{}: ", subject(&(range.topic.clone(), range.partition)))?;
        match why {
            Why::Backwards => write!(f, "the range ends at {until}, before its beginning {from}"),
            Why::NotThere(Ends { low, high }) => write!(
                f,
                "offsets {from} to {until} are not there: there are {low} to {high}"
            ),
            Why::Unreachable(reason) => reason.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

impl fmt::Debug for KafkaRanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaRanges").finish_non_exhaustive()
    }
}
