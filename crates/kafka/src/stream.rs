//! `kafka_direct_stream`: the front door.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use millrace::dstream::Computed;

use millrace::StreamingContext;

use crate::client;
use crate::error::Error;
use crate::options::{KafkaOptions, Resolved};
use crate::pid::Pid;
use crate::planner::Planner;
use crate::rate::{Rate, Watch};
use crate::reader::Reader;
use crate::record::{KafkaMessage, KafkaRecord};
use crate::say::{Troubles, voice};
use crate::source::{BatchOffsets, KafkaSource};
use crate::start::Start;
use crate::topics::Topics;

/// Streams of Kafka, on a [`StreamingContext`].
///
/// ```no_run
/// use millrace::{Conf, Duration, StreamingContext};
/// use millrace_kafka::{KafkaOptions, KafkaStreams, Topics};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
///     let topics = Topics::subscribe(["orders"]);
///     let orders = ssc.kafka_direct_stream("localhost:9092", topics, KafkaOptions::new())?;
///     let offsets = orders.offsets();
///     orders.records().foreach_rdd(move |rdd| {
///         for range in offsets.ranges() {
///             println!("{range}");
///         }
///         println!("{} records", rdd.count());
///     });
///     ssc.start()?;
///     ssc.await_termination()?;
///     Ok(())
/// }
/// ```
pub trait KafkaStreams {
    /// A stream of the records of some topics (Spark: `KafkaUtils.createDirectStream`). `brokers`
    /// are some of the cluster's, as in `host:9092,other:9092`.
    ///
    /// A topic partition is a partition of every batch. Which offsets a batch has is found out
    /// when its turn has come, and is durable with a checkpoint directory before it runs; a batch
    /// that is cut short is run again with the same. Nothing is connected to before the stream is
    /// described, and no call here waits for a broker.
    ///
    /// # Errors
    /// If the brokers, the topics or the options cannot be understood. Brokers that cannot be reached are no
    /// error: batches have nothing until they can.
    fn kafka_direct_stream(
        &self,
        brokers: &str,
        topics: Topics,
        options: KafkaOptions,
    ) -> Result<KafkaStream<KafkaRecord>, Error> {
        millrace::record::show_records::<KafkaRecord>();
        self.kafka_direct_stream_with(brokers, topics, options, |message| message.to_record())
    }

    /// The same for a program that does not need whole records: `handler` makes of each what the
    /// stream has (Spark: `messageHandler`). It is called on the workers, and nothing of a record
    /// is copied before.
    ///
    /// ```no_run
    /// # use millrace::{Conf, Duration, StreamingContext};
    /// # use millrace_kafka::{KafkaOptions, KafkaStreams, Topics};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
    /// let (topics, options) = (Topics::pattern("orders-.*"), KafkaOptions::new());
    /// let values = |message: &millrace_kafka::KafkaMessage<'_>| message.value_text();
    /// let values = ssc.kafka_direct_stream_with("localhost:9092", topics, options, values)?;
    /// values.records().flat_map(|value| value).flat_map(|text| text.split(" ")).print();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`kafka_direct_stream`](KafkaStreams::kafka_direct_stream).
    fn kafka_direct_stream_with<T, F>(
        &self,
        brokers: &str,
        topics: Topics,
        options: KafkaOptions,
        handler: F,
    ) -> Result<KafkaStream<T>, Error>
    where
        T: Send + 'static,
        F: Fn(&KafkaMessage<'_>) -> T + Send + Sync + 'static;
}

impl KafkaStreams for StreamingContext {
    fn kafka_direct_stream_with<T, F>(
        &self,
        brokers: &str,
        topics: Topics,
        options: KafkaOptions,
        handler: F,
    ) -> Result<KafkaStream<T>, Error>
    where
        T: Send + 'static,
        F: Fn(&KafkaMessage<'_>) -> T + Send + Sync + 'static,
    {
        let selection = topics.compile()?;
        let options = Resolved::of(options, self.conf(), self.batch_duration())?;
        let config = client::config(brokers, &options.params)?;
        let planner = Planner::new(client::create(&config)?, selection);
        let start = Start::look(planner).map_err(|error| Error::Client(error.to_string()))?;
        let (offsets, rate) = (BatchOffsets::default(), Rate::default());
        let backpressure = options.backpressure;
        let voice = Arc::new(voice());
        let source = KafkaSource {
            brokers: brokers.to_owned(),
            start,
            reader: Arc::new(Reader::new(config, &options, Arc::clone(&voice))),
            options,
            offsets: offsets.clone(),
            rate: rate.clone(),
            handler: Arc::new(handler),
            troubles: Troubles::default(),
            voice,
            behind: BTreeMap::new(),
        };
        let records = self.source_stream(&name(&topics), source);
        if let (Some(backpressure), Some(stream)) = (backpressure, self.input_streams().pop()) {
            let pid = Pid::new(backpressure.gains);
            let stream = stream.id;
            self.add_streaming_listener(Watch { stream, pid, rate });
        }
        Ok(KafkaStream { records, offsets })
    }
}

fn name(topics: &Topics) -> String {
    let topics = match topics {
        Topics::Subscribe(names) => names.join(","),
        Topics::Pattern(pattern) => pattern.clone(),
        Topics::Assign(parts) => {
            let parts: Vec<String> = parts.iter().map(|(it, at)| format!("{it}-{at}")).collect();
            parts.join(",")
        }
    };
    format!("kafka {topics}")
}

/// A stream of Kafka.
#[derive(Clone)]
pub struct KafkaStream<T> {
    records: Computed<T>,
    offsets: BatchOffsets,
}

impl<T: Send + 'static> KafkaStream<T> {
    /// The records.
    pub fn records(&self) -> Computed<T> {
        self.records.clone()
    }

    /// Which offsets the batch that is run has.
    pub fn offsets(&self) -> BatchOffsets {
        self.offsets.clone()
    }
}

impl<T> fmt::Debug for KafkaStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaStream").finish_non_exhaustive()
    }
}
