//! A program that runs, and what it has seen.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use millrace::{Conf, Error, StreamingContext, testing};
use millrace_kafka::{KafkaOptions, KafkaStreams, OffsetRange, StartingOffsets, Topics};

use super::cluster::{Cluster, PATIENCE};

/// A value at which the program panics.
pub(crate) const POISON: &str = "poison";

/// A batch that has run.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) ranges: Vec<OffsetRange>,
    pub(crate) values: Vec<String>,
}

pub(crate) struct Life {
    ssc: StreamingContext,
    batches: Arc<Mutex<Vec<Batch>>>,
    /// Set when a batch that has a range is being run, or has been.
    begun: Arc<AtomicBool>,
}

pub(crate) fn earliest() -> KafkaOptions {
    KafkaOptions::new().starting_offsets(StartingOffsets::Earliest)
}

impl Life {
    /// Starts it, with a batch every 20 ms.
    pub(crate) fn start(cluster: &Cluster, topics: Topics, options: KafkaOptions) -> Life {
        Life::start_with(&[], cluster, topics, options)
    }

    pub(crate) fn start_with(
        settings: &[(&str, &str)],
        cluster: &Cluster,
        topics: Topics,
        options: KafkaOptions,
    ) -> Life {
        let mut conf = Conf::new();
        conf.set("spark.master", "local[2]");
        for (key, value) in settings {
            conf.set(*key, *value);
        }
        let ssc = testing::context(&conf, millrace::Duration::milliseconds(20)).unwrap();
        let stream = ssc
            .kafka_direct_stream_with(&cluster.brokers(), topics, options, |message| {
                message.value_text().map(String::from)
            })
            .unwrap();
        let records = stream.records().map(|value| {
            assert_ne!(value.as_deref(), Some(POISON), "a value that is no value");
            value
        });
        let (batches, offsets) = (Arc::new(Mutex::new(Vec::new())), stream.offsets());
        let (seen, begun) = (Arc::clone(&batches), Arc::new(AtomicBool::new(false)));
        let begins = Arc::clone(&begun);
        records.foreach_rdd(move |rdd| {
            begins.fetch_or(!offsets.ranges().is_empty(), Ordering::AcqRel);
            let values = rdd.collect().into_iter().flatten().collect();
            seen.lock().unwrap().push(Batch {
                ranges: offsets.ranges(),
                values,
            });
        });
        ssc.start().unwrap();
        Life {
            ssc,
            batches,
            begun,
        }
    }

    /// True if a batch that has a range is being run, or has been.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    pub(crate) fn batches(&self) -> Vec<Batch> {
        self.batches.lock().unwrap().clone()
    }

    /// Every value, in the order of batches.
    pub(crate) fn values(&self) -> Vec<String> {
        self.batches()
            .into_iter()
            .flat_map(|it| it.values)
            .collect()
    }

    /// Waits until so many values are there, and gives them in their own order.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<String> {
        self.wait_until(&format!("{count} values"), |life| {
            life.values().len() >= count
        });
        let mut values = self.values();
        values.sort();
        values
    }

    pub(crate) fn wait_until(&self, what: &str, holds: impl Fn(&Life) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            if let Err(error) = self.ssc.await_termination_or_timeout(Duration::ZERO) {
                panic!("waited for {what}: {error}");
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for some more batches, whatever they have.
    pub(crate) fn wait_for_batches(&self, count: usize) {
        let least = self.batches().len() + count;
        self.wait_until("batches", |life| life.batches().len() >= least);
    }

    /// The error that it ends with.
    pub(crate) fn error(&self) -> Error {
        let ended = self.ssc.await_termination_or_timeout(PATIENCE);
        ended.expect_err("it has not failed")
    }

    /// Stops it, and gives what it says of that.
    pub(crate) fn end(self, graceful: bool) -> millrace::Result<()> {
        self.ssc.stop(graceful);
        self.ssc.await_termination()
    }

    pub(crate) fn stop(self) -> Vec<Batch> {
        self.ssc.stop(false);
        self.ssc.await_termination().unwrap();
        self.batches()
    }
}

/// A checkpoint directory, and lives that go on from it; of topic `t`.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(name: &str) -> Place {
        let name = format!("millrace-kafka-{}-{name}", std::process::id());
        Place(std::env::temp_dir().join(name))
    }

    /// The path of something next to it, which goes with it.
    pub(crate) fn beside(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    pub(crate) fn start(
        &self,
        settings: &[(&str, &str)],
        cluster: &Cluster,
        options: KafkaOptions,
    ) -> Life {
        let place = self.0.display().to_string();
        let mut all = vec![
            ("millrace.checkpoint.dir", place.as_str()),
            ("millrace.checkpoint.recover", "true"),
        ];
        all.extend(settings);
        Life::start_with(&all, cluster, Topics::subscribe(["t"]), options)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
