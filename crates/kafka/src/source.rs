//! The source that the engine asks: which offsets a batch has, and who reads them.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use millrace::Text;
use millrace::source::{BatchSource, RunStop, SourceBatch, SourceInput, SourcePartition};
use millrace_stderr::Voice;
use millrace_text::Scribe;
use millrace_types::Lock;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::fault::{Fault, Lost, Unreachable};
use crate::limit::taken;
use crate::offset_range::OffsetRange;
use crate::options::Resolved;
use crate::planner::{Ends, Part, View};
use crate::rate::Rate;
use crate::reader::Reader;
use crate::record::KafkaMessage;
use crate::say::Troubles;
use crate::start::{Start, starting};
use crate::starting::StartingOffsets;

/// The time for which a partition may end before the offset that comes next: a broker that has
/// just begun to lead it may know less than the one before.
const BEHIND: Duration = Duration::from_secs(5);
/// The wait for the last commit.
const FAREWELL: Duration = Duration::from_secs(2);

/// The offset ranges of the batch that is run at the moment (Spark: `HasOffsetRanges`).
#[derive(Debug, Clone, Default)]
pub struct BatchOffsets(Arc<Lock<Vec<OffsetRange>>>);

impl BatchOffsets {
    /// The ranges, one for each partition that is known, by topic and number; those without a
    /// record too. To be asked while the batch is run, in `foreach_rdd` or `transform`; none if
    /// the brokers could not be asked for the batch.
    pub fn ranges(&self) -> Vec<OffsetRange> {
        self.0.lock().clone()
    }

    fn set(&self, ranges: &[OffsetRange]) {
        *self.0.lock() = ranges.to_vec();
    }
}

pub(crate) struct KafkaSource<F> {
    pub(crate) brokers: String,
    pub(crate) start: Start,
    pub(crate) reader: Arc<Reader>,
    pub(crate) options: Resolved,
    pub(crate) offsets: BatchOffsets,
    pub(crate) rate: Rate,
    pub(crate) handler: Arc<F>,
    pub(crate) troubles: Troubles,
    pub(crate) voice: Arc<Voice>,
    /// Partitions that end before the offset that comes next, and since when.
    pub(crate) behind: BTreeMap<Part, Instant>,
}

impl<T, F> BatchSource for KafkaSource<F>
where
    T: Send + 'static,
    F: Fn(&KafkaMessage<'_>) -> T + Send + Sync + 'static,
{
    type Item = T;
    type Range = Vec<OffsetRange>;
    type Partition = KafkaPartition<F>;

    fn plan(
        &mut self,
        batch: &SourceBatch<'_, Vec<OffsetRange>>,
    ) -> io::Result<Option<Vec<OffsetRange>>> {
        self.offsets.set(&[]);
        let (planner, before) = self.start.planner()?;
        let view = match planner.look() {
            Ok(view) => view,
            Err(reason) => {
                self.unreachable(&reason);
                return Ok(None);
            }
        };
        let mut next: BTreeMap<Part, i64> = batch.last().into_iter().flatten().map(end).collect();
        let of_group = self.options.starting == StartingOffsets::Committed;
        let new = view.ends.keys();
        let new = new.filter(|part| of_group && !next.contains_key(*part));
        let committed = match planner.committed(new) {
            Ok(committed) => committed,
            Err(reason) => {
                self.unreachable(&reason);
                return Ok(None);
            }
        };
        if batch.last().is_none() {
            let asked = if of_group {
                &self.options.reset
            } else {
                &self.options.starting
            };
            next = starting(asked, before, &view)?;
        }
        next.extend(committed);
        for (part, ends) in &view.ends {
            // One that was added has no record that came before it was looked for.
            let next = next.entry(part.clone()).or_insert(ends.low);
            *next = self.there(part, *next, *ends)?;
        }
        let troubles = view.troubles.iter();
        let troubles = troubles.map(|(subject, trouble)| (subject.clone(), trouble.to_string()));
        self.say_troubles(&troubles.collect());
        let ranges = self.ranges(&next, &view);
        self.offsets.set(&ranges);
        Ok((!ranges.is_empty()).then_some(ranges))
    }

    fn partitions(&mut self, ranges: &Vec<OffsetRange>) -> io::Result<Vec<KafkaPartition<F>>> {
        self.offsets.set(ranges);
        if ranges.iter().any(|range| range.count() > 0) {
            self.reader.open(ranges)?;
        }
        let partition = |range: &OffsetRange| KafkaPartition {
            reader: Arc::clone(&self.reader),
            topic: Text::from(&range.topic),
            range: range.clone(),
            handler: Arc::clone(&self.handler),
        };
        Ok(ranges.iter().map(partition).collect())
    }

    fn committed(&mut self, ranges: &Vec<OffsetRange>) {
        if self.options.params.contains_key("group.id") {
            self.commit(ranges);
        }
    }

    fn watch_stop(&mut self, stop: RunStop) {
        self.reader.watch_stop(stop);
    }

    fn input(&self, ranges: &Vec<OffsetRange>) -> SourceInput {
        let some = ranges.iter().filter(|range| range.count() > 0);
        let lines: Vec<String> = some.map(described).collect();
        SourceInput {
            records: ranges.iter().map(OffsetRange::count).sum(),
            bytes: 0,
            description: (!lines.is_empty()).then(|| lines.join("\n")),
        }
    }
}

/// The partition of a range, and the offset behind it.
fn end(range: &OffsetRange) -> (Part, i64) {
    ((range.topic.clone(), range.partition), range.until_offset)
}

/// Spark 3.5's line of the Streaming page.
fn described(range: &OffsetRange) -> String {
    format!(
        "topic: {}\tpartition: {}\toffsets: {} to {}\tcount: {}",
        range.topic,
        range.partition,
        range.from_offset,
        range.until_offset,
        range.count()
    )
}

impl<F> KafkaSource<F> {
    fn ranges(&self, next: &BTreeMap<Part, i64>, view: &View) -> Vec<OffsetRange> {
        let lag = |(part, &from): (&Part, &i64)| {
            let high = view.ends.get(part).map_or(from, |ends| ends.high);
            u64::try_from(high - from).unwrap_or(0)
        };
        let lags: Vec<u64> = next.iter().map(lag).collect();
        let rate = self.options.backpressure.map(|backpressure| {
            let rate = self.rate.get();
            if rate > 0.0 {
                rate
            } else {
                backpressure.initial
            }
        });
        let seconds = self.options.interval.as_millis() as f64 / 1000.0;
        let counts = taken(rate, self.options.limits, seconds, &lags);
        let ranges = next.iter().zip(counts);
        let range = |((part, &from), count): ((&Part, &i64), u64)| {
            OffsetRange::new(&part.0, part.1, from, from + count as i64)
        };
        ranges.map(range).collect()
    }

    /// The offset that comes next, if it is there or will be.
    fn there(&mut self, part: &Part, next: i64, ends: Ends) -> io::Result<i64> {
        if (ends.low..=ends.high).contains(&next) {
            self.behind.remove(part);
            return Ok(next);
        }
        if next > ends.high {
            let since = *self.behind.entry(part.clone()).or_insert_with(Instant::now);
            if since.elapsed() < BEHIND {
                return Ok(next);
            }
        }
        self.behind.remove(part);
        let lost = Lost {
            part: part.clone(),
            next,
            until: None,
            ends: Ok(ends),
        };
        let Some(on) = self.options.loss.goes_on(ends) else {
            return Err(Fault::Lost(lost).into());
        };
        let line = format_args!("records were lost: {lost}; it goes on at {on}");
        self.voice.say("lost", line);
        Ok(on)
    }

    fn unreachable(&mut self, reason: &Unreachable) {
        let what = format!("cannot be reached; batches go on without it: {reason}");
        let subject = format!("broker {}", self.brokers);
        let say = |kind: &str, line| self.voice.say(kind, line);
        self.troubles.add(&subject, what, say);
    }

    fn say_troubles(&mut self, now: &BTreeMap<String, String>) {
        let say = |kind: &str, line| self.voice.say(kind, line);
        self.troubles.change(now, say);
    }

    fn commit(&mut self, ranges: &[OffsetRange]) {
        let Some(planner) = self.start.ready() else {
            return;
        };
        let mut offsets = TopicPartitionList::new();
        for range in ranges {
            let until = Offset::Offset(range.until_offset);
            // An offset that is no offset cannot be in a range.
            drop(offsets.add_partition_offset(&range.topic, range.partition, until));
        }
        let pending = &planner.client.context().commits;
        pending.fetch_add(1, Ordering::AcqRel);
        if planner.client.commit(&offsets, CommitMode::Async).is_err() {
            pending.fetch_sub(1, Ordering::AcqRel);
        }
        while planner.client.poll(Duration::ZERO).is_some() {}
    }
}

impl<F> Drop for KafkaSource<F> {
    /// Waits for the last commit, for a moment.
    fn drop(&mut self) {
        let Some(planner) = self.start.ready() else {
            return;
        };
        let deadline = Instant::now() + FAREWELL;
        let context = planner.client.context();
        while context.commits.load(Ordering::Acquire) > 0 && Instant::now() < deadline {
            drop(planner.client.poll(Duration::from_millis(20)));
        }
    }
}

/// A topic partition of a batch.
pub(crate) struct KafkaPartition<F> {
    reader: Arc<Reader>,
    topic: Text,
    range: OffsetRange,
    handler: Arc<F>,
}

impl<T, F> SourcePartition for KafkaPartition<F>
where
    F: Fn(&KafkaMessage<'_>) -> T + Send + Sync + 'static,
{
    type Item = T;

    fn read(&self, _piece: usize, each: &mut dyn FnMut(T)) -> io::Result<()> {
        let scribe = Scribe::default();
        self.reader.read(&self.range, &mut |message| {
            each((self.handler)(&KafkaMessage {
                topic: &self.topic,
                partition: self.range.partition,
                message,
                scribe: &scribe,
            }));
        })
    }

    fn count(&self) -> Option<u64> {
        // Known only of a range that has nothing: others may have gaps.
        (self.range.count() == 0).then_some(0)
    }
}
