//! The source of `direct_kafka_wordcount`: a direct stream of the texts of values, all of which
//! are counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration as Pause, Instant};

use millrace::{Conf, Duration, StreamingContext};
use millrace_kafka::{KafkaMessage, KafkaOptions, KafkaStreams, StartingOffsets, Topics};

use crate::{Outcome, PATIENCE, Read, TOPIC};

/// Reads so many records.
///
/// # Errors
/// If the engine fails or the records do not come.
pub(crate) fn read(brokers: &str, records: u64, settings: &[&str]) -> Outcome<Read> {
    let mut conf = Conf::new();
    conf.set("spark.master", "local[2]");
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or("a setting is KEY=VALUE")?;
        conf.set(key, value);
    }
    let ssc = StreamingContext::new(&conf, Duration::milliseconds(200))?;
    let first: Arc<OnceLock<Instant>> = Arc::default();
    let begins = Arc::clone(&first);
    let value = move |message: &KafkaMessage<'_>| {
        begins.get_or_init(Instant::now);
        message.value_text()
    };
    let options = KafkaOptions::new().starting_offsets(StartingOffsets::Earliest);
    let stream =
        ssc.kafka_direct_stream_with(brokers, Topics::subscribe([TOPIC]), options, value)?;
    let count: Arc<AtomicU64> = Arc::default();
    let counted = Arc::clone(&count);
    let last: Arc<OnceLock<Instant>> = Arc::default();
    let ends = Arc::clone(&last);
    stream
        .records()
        .flat_map(|value| value)
        .foreach_rdd(move |rdd| {
            let own = rdd.count();
            let before = counted.fetch_add(own, Ordering::AcqRel);
            if before + own >= records {
                ends.get_or_init(Instant::now);
            }
        });
    ssc.start()?;
    let deadline = Instant::now() + PATIENCE * 5;
    while last.get().is_none() {
        let ended = ssc.await_termination_or_timeout(Pause::from_millis(20))?;
        if ended || Instant::now() > deadline {
            let count = count.load(Ordering::Acquire);
            return Err(format!("{count} records have come").into());
        }
    }
    ssc.stop(false);
    let (first, last) = (first.get().copied(), last.get().copied());
    let (first, last) = first.zip(last).ok_or("no record has come")?;
    Ok(Read {
        records: count.load(Ordering::Acquire),
        first,
        last,
    })
}
