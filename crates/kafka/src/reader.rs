//! Reads ranges of offsets: one client for all partitions, each of which has a queue of its own
//! that is filled ahead of its reader and emptied by the worker that has the partition.
//!
//! A fetched batch is given on record by record; a queue holds a share of the budget and no more,
//! so a batch may be larger than memory. A queue stands where the range before ended, so that the
//! records of the next batch are mostly there when it is its turn.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::client::{self, Context};
use crate::native::{Event, Message, Queue};
use crate::offset_range::OffsetRange;
use crate::options::Resolved;
use crate::planner::{Part, subject};
use crate::say::say;
use crate::walk::{Seen, Step, step};

/// The least and the most that waits in the queue of a partition.
const QUEUED: (u64, u64) = (1 << 20, 64 << 20);
/// The wait for a queue before the time is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// The silence after which it is said that nothing comes.
const SILENCE: Duration = Duration::from_secs(5);
/// The time that brokers may take to say where a partition begins and ends, and a queue to stand
/// somewhere else.
const ANSWER: Duration = Duration::from_secs(5);

/// The errors that say that an offset is not there.
const LOST: [RDKafkaErrorCode; 2] = [
    RDKafkaErrorCode::OffsetOutOfRange,
    RDKafkaErrorCode::AutoOffsetReset,
];

pub(crate) struct Reader {
    config: ClientConfig,
    /// Bytes that may wait in all queues together.
    budget: u64,
    /// The silence after which the batch fails.
    patience: Duration,
    /// Set if records that are gone fail the batch; else it goes on at the oldest.
    fail_on_loss: bool,
    open: Mutex<Option<Arc<Open>>>,
}

/// The client and its queues, from the first batch on that has records.
struct Open {
    lanes: Mutex<HashMap<Part, Arc<Mutex<Lane>>>>,
    client: Arc<BaseConsumer<Context>>,
}

/// The queue of a partition. The messages go before the queue, and the queue before its client.
struct Lane {
    held: VecDeque<Message>,
    queue: Queue,
    assigned: bool,
    /// The offset that comes next, unless the reading was broken off.
    next: Option<i64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reader {
    pub(crate) fn new(config: ClientConfig, options: &Resolved) -> Reader {
        Reader {
            config,
            budget: options.budget,
            patience: options.patience,
            fail_on_loss: options.fail_on_data_loss,
            open: Mutex::new(None),
        }
    }

    /// Makes the client, if there is none yet, for so many partitions.
    pub(crate) fn open(&self, partitions: usize) -> io::Result<()> {
        let mut open = lock(&self.open);
        if open.is_none() {
            let queued = self.budget / partitions.max(1) as u64;
            let queued = queued.clamp(QUEUED.0, QUEUED.1);
            let config = client::reading(self.config.clone(), queued);
            *open = Some(Arc::new(Open {
                lanes: Mutex::new(HashMap::new()),
                client: client::create(&config).map_err(io::Error::other)?,
            }));
        }
        Ok(())
    }

    /// Gives every record of a range, in order.
    ///
    /// # Errors
    /// If the range is not there, or nothing comes for too long.
    pub(crate) fn read(
        &self,
        range: &OffsetRange,
        each: &mut dyn FnMut(&Message),
    ) -> io::Result<()> {
        if range.count() == 0 {
            return Ok(());
        }
        let part = (range.topic.clone(), range.partition);
        let open = lock(&self.open).clone();
        let open = open.ok_or_else(|| io::Error::other("there is no client"))?;
        while open.client.poll(Duration::ZERO).is_some() {}
        let lane = open.lane(&part)?;
        let mut lane = lock(&lane);
        open.place(&mut lane, &part, range.from_offset)?;
        let read = Reading {
            open: &open,
            part: &part,
            range,
            patience: self.patience,
            fail_on_loss: self.fail_on_loss,
            since: Instant::now(),
            silent: false,
            trouble: None,
        };
        // Until it is known where it stands, should the program's function panic.
        lane.next = None;
        read.run(&mut lane, each)?;
        lane.next = Some(range.until_offset);
        Ok(())
    }
}

impl Open {
    fn lane(&self, part: &Part) -> io::Result<Arc<Mutex<Lane>>> {
        let mut lanes = lock(&self.lanes);
        if let Some(lane) = lanes.get(part) {
            return Ok(Arc::clone(lane));
        }
        let queue = Queue::of(&self.client, &part.0, part.1);
        let queue = queue.ok_or_else(|| io::Error::other("the partition has no queue"))?;
        let lane = Arc::new(Mutex::new(Lane {
            held: VecDeque::new(),
            queue,
            assigned: false,
            next: None,
        }));
        lanes.insert(part.clone(), Arc::clone(&lane));
        Ok(lane)
    }

    /// Lets the queue of a partition begin at an offset.
    fn place(&self, lane: &mut Lane, part: &Part, from: i64) -> io::Result<()> {
        if lane.next == Some(from) {
            return Ok(());
        }
        lane.held.clear();
        let (topic, partition) = part;
        if lane.assigned {
            let to = Offset::Offset(from);
            if self.client.seek(topic, *partition, to, ANSWER).is_ok() {
                return Ok(());
            }
            // It has ended by an error.
            let mut old = TopicPartitionList::new();
            old.add_partition(topic, *partition);
            drop(self.client.incremental_unassign(&old));
            lane.assigned = false;
            lane.queue.take(Duration::ZERO, &mut lane.held);
            lane.held.clear();
        }
        let mut new = TopicPartitionList::new();
        new.add_partition_offset(topic, *partition, Offset::Offset(from))
            .and_then(|()| self.client.incremental_assign(&new))
            .map_err(|error| io::Error::other(format!("{}: {error}", subject(part))))?;
        lane.assigned = true;
        Ok(())
    }
}

/// A range while it is read.
struct Reading<'a> {
    open: &'a Open,
    part: &'a Part,
    range: &'a OffsetRange,
    patience: Duration,
    fail_on_loss: bool,
    /// When something has come last.
    since: Instant,
    /// Set once it was said that nothing comes.
    silent: bool,
    trouble: Option<String>,
}

impl Reading<'_> {
    fn run(mut self, lane: &mut Lane, each: &mut dyn FnMut(&Message)) -> io::Result<()> {
        let mut next = self.range.from_offset;
        loop {
            while let Some(message) = lane.held.pop_front() {
                let offset = message.offset();
                let seen = match message.event() {
                    Event::Record => Seen::Record(offset),
                    Event::End => Seen::End(offset),
                    Event::Wrong(code, _) if LOST.contains(&code) => {
                        next = self.lost(next)?;
                        if next >= self.range.until_offset {
                            return Ok(());
                        }
                        self.open.place(lane, self.part, next)?;
                        continue;
                    }
                    Event::Wrong(_, reason) => {
                        self.trouble = Some(reason);
                        continue;
                    }
                };
                let step = step(seen, next, self.range.until_offset);
                if step == Step::Keep {
                    lane.held.push_front(message);
                    return Ok(());
                }
                if matches!(step, Step::Give | Step::GiveLast) {
                    each(&message);
                    next = offset + 1;
                }
                if matches!(step, Step::GiveLast | Step::Done) {
                    return Ok(());
                }
            }
            lane.queue.take(LOOK, &mut lane.held);
            self.look(lane.held.is_empty(), next)?;
        }
    }

    /// The offset at which records go on when the one that comes next is gone.
    fn lost(&self, next: i64) -> io::Result<i64> {
        let (topic, partition) = self.part;
        let ends = self.open.client.fetch_watermarks(topic, *partition, ANSWER);
        let (what, until) = (subject(self.part), self.range.until_offset);
        let there = match &ends {
            Ok((low, high)) => format!("there are {low} to {high}"),
            Err(error) => error.to_string(),
        };
        let lost = format!("{what}: offset {next} is gone, and the batch ends at {until}: {there}");
        match ends {
            Ok((low, _)) if low > next && !self.fail_on_loss => {
                say(format_args!(
                    "kafka: records were lost: {lost}; it goes on at {low}"
                ));
                Ok(low)
            }
            _ => Err(io::Error::other(lost)),
        }
    }

    /// Says when nothing has come for long and when something comes again; gives up in the end.
    fn look(&mut self, empty: bool, next: i64) -> io::Result<()> {
        let (what, range) = (subject(self.part), self.range);
        if !empty {
            if std::mem::take(&mut self.silent) {
                say(format_args!("kafka: {what}: records come again"));
            }
            self.since = Instant::now();
            return Ok(());
        }
        while self.open.client.poll(Duration::ZERO).is_some() {}
        let waited = self.since.elapsed();
        if waited < SILENCE {
            return Ok(());
        }
        if let Some(reason) = self.open.client.context().take_reason() {
            self.trouble = Some(reason);
        }
        let until = range.until_offset;
        let trouble = self.trouble.as_deref().unwrap_or("nothing comes");
        if waited >= self.patience {
            return Err(io::Error::other(format!(
                "{what}: offset {next} has not come for {} s, and the batch ends at {until}: \
                 {trouble}",
                waited.as_secs()
            )));
        }
        if !std::mem::replace(&mut self.silent, true) {
            say(format_args!(
                "kafka: {what}: the batch waits for offset {next}, and ends at {until}: {trouble}"
            ));
        }
        Ok(())
    }
}
