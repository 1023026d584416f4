//! Reads ranges of offsets: one client for all partitions, each of which has a queue of its own
//! that is filled ahead of its reader and emptied by the worker that has the partition.
//!
//! A fetched batch is given on record by record; a queue holds a share of the budget and no more,
//! so a batch may be larger than memory. A queue stands where the range before ended, so that the
//! records of the next batch are mostly there when it is its turn.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use millrace::source::RunStop;
use millrace_stderr::Voice;
use millrace_types::Lock;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::ahead::Ahead;
use crate::client::{self, Context};
use crate::fault::{Fault, Lost, Missing, subject};
use crate::native::{Event, Message, Queue};
use crate::offset_range::OffsetRange;
use crate::options::{OnLoss, Resolved};
use crate::planner::{Ends, Part};
use crate::walk::{Seen, Step, step};

/// The least and the most that waits in the queue of a partition.
const QUEUED: (u64, u64) = (1 << 20, 64 << 20);
/// The most that is fetched of a partition at once.
const FETCHED: u64 = 1 << 20;
/// The wait for a queue before the time is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// The silence after which it is said that nothing comes.
const SILENCE: Duration = Duration::from_secs(5);
/// The silence after which a batch is given up when the run is to end without grace.
const HURRY: Duration = Duration::from_millis(500);
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
    /// The way on when records are gone.
    loss: OnLoss,
    voice: Arc<Voice>,
    open: Lock<Option<Arc<Open>>>,
    stop: OnceLock<RunStop>,
    /// Set once a batch was given up because the run is to end.
    given_up: AtomicBool,
}

/// The client and its queues, from the first batch on that has records.
struct Open {
    /// The number of partitions whose queues the budget has room for.
    room: usize,
    ahead: Lock<Ahead>,
    lanes: Lock<HashMap<Part, Arc<Lock<Lane>>>>,
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

fn part_of(range: &OffsetRange) -> Part {
    (range.topic.clone(), range.partition)
}

impl Reader {
    pub(crate) fn new(config: ClientConfig, options: &Resolved, voice: Arc<Voice>) -> Reader {
        Reader {
            config,
            budget: options.budget,
            patience: options.patience,
            loss: options.loss,
            voice,
            open: Lock::new(None),
            stop: OnceLock::new(),
            given_up: AtomicBool::new(false),
        }
    }

    /// Takes what says that the run is to end; the first one counts.
    pub(crate) fn watch_stop(&self, stop: RunStop) {
        self.stop.get_or_init(|| stop);
    }

    /// Makes the client, if there is none yet, and begins to fetch the ranges of a batch.
    ///
    /// # Errors
    /// If there is no client, or it does not take a partition.
    pub(crate) fn open(&self, ranges: &[OffsetRange]) -> io::Result<()> {
        let mut open = self.open.lock();
        if open.is_none() {
            let queued = self.budget / ranges.len().max(1) as u64;
            let queued = queued.clamp(QUEUED.0, QUEUED.1);
            let config = client::reading(self.config.clone(), queued);
            // What is fetched at once comes on top.
            let room = self.budget / (queued + FETCHED);
            *open = Some(Arc::new(Open {
                room: usize::try_from(room).unwrap_or(usize::MAX).max(1),
                ahead: Lock::default(),
                lanes: Lock::new(HashMap::new()),
                client: client::create(&config).map_err(io::Error::other)?,
            }));
        }
        let open = open.as_ref().ok_or(Fault::NoClient)?;
        open.begin(ranges)
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
        let part = part_of(range);
        let open = self.open.lock().clone();
        let open = open.ok_or(Fault::NoClient)?;
        while open.client.poll(Duration::ZERO).is_some() {}
        let lane = open.lane(&part)?;
        open.go_ahead(Some(&part))?;
        let mut lane = lane.lock();
        open.place(&mut lane, &part, range.from_offset)?;
        let mut read = Reading {
            reader: self,
            open: &open,
            part: &part,
            range,
            since: Instant::now(),
            silent: false,
            trouble: None,
        };
        // Until it is known where it stands, should the program's function panic.
        lane.next = None;
        read.run(&mut lane, each)?;
        // Behind an error it may stand still.
        lane.next = read.trouble.is_none().then_some(range.until_offset);
        Ok(())
    }
}

impl Open {
    fn lane(&self, part: &Part) -> io::Result<Arc<Lock<Lane>>> {
        let mut lanes = self.lanes.lock();
        if let Some(lane) = lanes.get(part) {
            return Ok(Arc::clone(lane));
        }
        let queue = Queue::of(&self.client, &part.0, part.1);
        let queue = queue.ok_or_else(|| Fault::NoQueue(part.clone()))?;
        let lane = Arc::new(Lock::new(Lane {
            held: VecDeque::new(),
            queue,
            assigned: false,
            next: None,
        }));
        lanes.insert(part.clone(), Arc::clone(&lane));
        Ok(lane)
    }

    /// Takes note of the ranges of a batch, and begins to fetch the first of them.
    fn begin(&self, ranges: &[OffsetRange]) -> io::Result<()> {
        let mut waiting = VecDeque::new();
        for range in ranges {
            let lane = self.lane(&part_of(range))?;
            // One that is being read at the moment is fetched.
            if lane.try_lock().is_some_and(|lane| !lane.assigned) {
                waiting.push_back(range.clone());
            }
        }
        *self.ahead.lock() = Ahead::of(waiting, self.room);
        self.go_ahead(None)
    }

    /// Begins to fetch further partitions, one of which may have its turn now.
    fn go_ahead(&self, begun: Option<&Part>) -> io::Result<()> {
        // Nobody may take the turn of a partition meanwhile.
        let mut ahead = self.ahead.lock();
        if let Some(part) = begun {
            ahead.begin(part);
        }
        let ranges = ahead.more();
        let Some(first) = ranges.first() else {
            return Ok(());
        };
        let mut new = TopicPartitionList::with_capacity(ranges.len());
        for range in &ranges {
            let from = Offset::Offset(range.from_offset);
            new.add_partition_offset(&range.topic, range.partition, from)
                .map_err(|error| Fault::Assign(part_of(range), error))?;
        }
        let assigned = self.client.incremental_assign(&new);
        assigned.map_err(|error| Fault::Assign(part_of(first), error))?;
        for range in &ranges {
            let lane = self.lane(&part_of(range))?;
            let mut lane = lane.lock();
            (lane.assigned, lane.next) = (true, Some(range.from_offset));
        }
        Ok(())
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
            .map_err(|error| Fault::Assign(part.clone(), error))?;
        lane.assigned = true;
        Ok(())
    }
}

/// A range while it is read.
struct Reading<'a> {
    reader: &'a Reader,
    open: &'a Open,
    part: &'a Part,
    range: &'a OffsetRange,
    /// When something has come last.
    since: Instant,
    /// Set once it was said that nothing comes.
    silent: bool,
    trouble: Option<String>,
}

impl Reading<'_> {
    fn run(&mut self, lane: &mut Lane, each: &mut dyn FnMut(&Message)) -> io::Result<()> {
        let mut next = self.range.from_offset;
        loop {
            let before = next;
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
            // An error is no record, however often it comes.
            self.look(next > before, next)?;
            lane.queue.take(LOOK, &mut lane.held);
        }
    }

    /// The offset at which records go on when the one that comes next is gone.
    fn lost(&self, next: i64) -> io::Result<i64> {
        let (topic, partition) = self.part;
        let ends = self.open.client.fetch_watermarks(topic, *partition, ANSWER);
        let ends = ends.map(|(low, high)| Ends { low, high });
        let on = match &ends {
            Ok(ends) if ends.low > next => self.reader.loss.goes_on(*ends),
            // Of the range there is nothing any more.
            Ok(ends) if ends.high < next => {
                let on = self.reader.loss.goes_on(*ends);
                on.map(|_| self.range.until_offset)
            }
            _ => None,
        };
        let lost = Lost {
            part: self.part.clone(),
            next,
            until: Some(self.range.until_offset),
            ends,
        };
        let Some(on) = on else {
            return Err(Fault::Lost(lost).into());
        };
        let line = format_args!("records were lost: {lost}; it goes on at {on}");
        self.reader.voice.say("lost", line);
        Ok(on)
    }

    /// Says when nothing has come for long and when something comes again; gives up in the end.
    fn look(&mut self, came: bool, next: i64) -> io::Result<()> {
        if came {
            if std::mem::take(&mut self.silent) {
                let what = subject(self.part);
                let line = format_args!("{what}: records come again");
                self.reader.voice.say("come again", line);
            }
            self.since = Instant::now();
            return Ok(());
        }
        while self.open.client.poll(Duration::ZERO).is_some() {}
        let waited = self.since.elapsed();
        self.give_up(waited, next)?;
        if waited < SILENCE {
            return Ok(());
        }
        let missing = self.missing(waited, next);
        if waited >= self.reader.patience {
            return Err(Fault::Missing(missing).into());
        }
        if !std::mem::replace(&mut self.silent, true) {
            let line = format_args!("the batch waits: {missing}");
            self.reader.voice.say("waits", line);
        }
        Ok(())
    }

    fn missing(&mut self, waited: Duration, next: i64) -> Missing {
        if let Some(reason) = self.open.client.context().take_reason() {
            self.trouble = Some(reason);
        }
        Missing {
            part: self.part.clone(),
            next,
            until: self.range.until_offset,
            waited,
            trouble: self.trouble.clone(),
        }
    }

    /// Ends the reading if the run is to end and nothing comes: at once when it has to be quick, or
    /// when another partition has been given up before.
    fn give_up(&mut self, waited: Duration, next: i64) -> io::Result<()> {
        let stop = self.reader.stop.get().filter(|stop| stop.is_asked());
        let Some(stop) = stop else {
            return Ok(());
        };
        let given_up = self.reader.given_up.load(Ordering::Acquire);
        let patience = if stop.is_urgent() { HURRY } else { SILENCE };
        if waited < patience && !given_up {
            return Ok(());
        }
        let missing = self.missing(waited, next);
        let what = format!(
            "{missing}; the run stops without it, and a run that goes on from the checkpoint has it"
        );
        // A stop without grace shows no error.
        if !self.reader.given_up.swap(true, Ordering::AcqRel) && stop.is_urgent() {
            self.reader.voice.say("given up", &what);
        }
        Err(RunStop::unfinished(what))
    }
}
