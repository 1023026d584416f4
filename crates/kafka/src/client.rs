//! A client of the brokers: its settings, and what it says by itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use millrace_stderr::Voice;
use millrace_types::Lock;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionList;

use crate::brokers;
use crate::error::Error;
use crate::planner::LESS;
use crate::say::{Troubles, voice};

/// News that a client has from its threads.
#[derive(Debug)]
pub(crate) struct Context {
    /// The newest error of a connection.
    reason: Lock<Option<String>>,
    /// Commits that are on their way.
    pub(crate) commits: AtomicUsize,
    troubles: Lock<Troubles>,
    voice: Voice,
}

impl Default for Context {
    fn default() -> Context {
        Context {
            reason: Lock::default(),
            commits: AtomicUsize::default(),
            troubles: Lock::default(),
            voice: voice(),
        }
    }
}

impl Context {
    /// The newest error of a connection, which is forgotten then.
    pub(crate) fn take_reason(&self) -> Option<String> {
        let mut reason = self.reason.lock();
        reason.take()
    }

    fn commit_ended(&self, error: Option<String>) {
        let now = error.map(|error| ("committing offsets to the group".to_owned(), error));
        let mut troubles = self.troubles.lock();
        let now = now.into_iter().collect();
        troubles.change(&now, |kind, line| self.voice.say(kind, line));
    }
}

impl ClientContext for Context {
    fn log(&self, _level: RDKafkaLogLevel, _fac: &str, _message: &str) {}

    fn error(&self, _error: KafkaError, reason: &str) {
        let mut newest = self.reason.lock();
        if newest.is_none() || !reason.ends_with(LESS) {
            *newest = Some(reason.to_owned());
        }
    }
}

impl ConsumerContext for Context {
    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        self.commits.fetch_sub(1, Ordering::AcqRel);
        self.commit_ended(result.err().map(|error| error.to_string()));
    }
}

/// Settings of Java's client that say how records become values, which is the program's to say
/// here, and those that would make the client do what the stream does.
const WITHOUT_EFFECT: [&str; 8] = [
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "key.deserializer",
    "key.serializer",
    "metadata.broker.list",
    "value.deserializer",
    "value.serializer",
];

/// The bytes that the client library needs for a small record, its own included.
const RECORD: u64 = 400;

/// Settings of the client library for one that asks and commits.
///
/// # Errors
/// If a broker can never be a host.
pub(crate) fn config(
    brokers: &str,
    params: &BTreeMap<String, String>,
) -> Result<ClientConfig, Error> {
    brokers::check(brokers)?;
    let mut config = ClientConfig::new();
    config.set("group.id", "millrace");
    config.set("allow.auto.create.topics", "false");
    // The library waits ten seconds at most; a broker that is back should be found sooner.
    config.set("reconnect.backoff.max.ms", "1000");
    for (key, value) in params {
        if !WITHOUT_EFFECT.contains(&key.as_str()) {
            config.set(key, value);
        }
    }
    config.set("bootstrap.servers", brokers);
    config.set("enable.auto.commit", "false");
    config.set("enable.auto.offset.store", "false");
    Ok(config)
}

/// The same for one that reads. `queued` is how many bytes of a partition may wait.
pub(crate) fn reading(mut config: ClientConfig, queued: u64) -> ClientConfig {
    // What is not there is an error and not another place to read from.
    config.set("auto.offset.reset", "error");
    config.set("enable.partition.eof", "true");
    let settings = [
        ("queued.max.messages.kbytes", (queued >> 10).to_string()),
        // Which counts the bytes of records alone.
        ("queued.min.messages", (queued / RECORD).to_string()),
        // A queue that was emptied has to wait for the answer for those that wait for new records.
        ("fetch.wait.max.ms", "20".to_owned()),
        // A queue that is full is looked at again when its reader has worked for so long.
        ("fetch.queue.backoff.ms", "5".to_owned()),
        // A broker may answer for a topic that it has no more with a leader and without the topic's
        // id. The library (2.12.1 to 2.16.0) compares that answer's missing name with the names in
        // its cache, and crashes, unless the cache is empty. The reading client takes leaders from
        // answers as they come and needs no cache; it asks for its topics once per second then.
        ("metadata.max.age.ms", "1".to_owned()),
    ];
    for (key, value) in settings {
        if config.get(key).is_none() {
            config.set(key, value);
        }
    }
    config
}

/// Makes a client; connects to nothing yet.
pub(crate) fn create(config: &ClientConfig) -> Result<Arc<BaseConsumer<Context>>, Error> {
    let client = config.create_with_context(Context::default());
    let client = client.map_err(|error| Error::Client(error.to_string()))?;
    Ok(Arc::new(client))
}
