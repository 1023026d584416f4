//! The batches that wait for the thread that runs them.
//!
//! A batch without input is a tick and nothing else, and ticks that follow each other are one
//! entry, however many they are: a long downtime, a clock that was set forward and an output that
//! stands still cost no memory.

use std::collections::VecDeque;

use millrace_types::{BatchTime, Duration, Lock, Wakeup};

use crate::graph::Batch;

/// The work that waits to be run.
pub(crate) enum Work {
    Batch(Batch),
    /// Batches in which nothing was received.
    Empty(Ticks),
}

/// One or more ticks that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticks {
    /// The time of the first one.
    pub time: BatchTime,
    /// Which batch the first one is.
    pub number: u64,
    /// The number of ticks.
    pub count: u64,
    /// The time between two ticks.
    pub interval: Duration,
    /// Wall-clock milliseconds when the first of them was queued.
    pub queued: i64,
}

impl Ticks {
    fn after(&self, ticks: u64) -> BatchTime {
        let ticks = i64::try_from(ticks).unwrap_or(i64::MAX);
        let length = self.interval.as_millis().saturating_mul(ticks);
        self.time + Duration::milliseconds(length)
    }

    /// The time of the last one.
    #[must_use]
    pub fn last(&self) -> BatchTime {
        self.after(self.count.saturating_sub(1))
    }

    /// The first one, and the others.
    pub(crate) fn split_first(self) -> Option<(Tick, Ticks)> {
        let count = self.count.checked_sub(1)?;
        let tick = Tick {
            time: self.time,
            number: self.number,
            queued: self.queued.max(self.time.as_millis()),
        };
        let others = Ticks {
            time: self.after(1),
            number: self.number + 1,
            count,
            ..self
        };
        Some((tick, others))
    }

    /// The last one alone.
    pub(crate) fn only_last(self) -> Ticks {
        let before = self.count.saturating_sub(1);
        Ticks {
            time: self.after(before),
            number: self.number + before,
            count: self.count - before,
            ..self
        }
    }

    fn goes_on_with(&self, next: &Ticks) -> bool {
        self.interval == next.interval
            && self.number + self.count == next.number
            && self.after(self.count) == next.time
    }
}

/// A batch in which nothing was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tick {
    pub time: BatchTime,
    pub number: u64,
    /// Wall-clock milliseconds when it was queued.
    pub queued: i64,
}

/// A queue with one reader.
#[derive(Default)]
pub struct BatchQueue {
    state: Lock<QueueState>,
    changed: Wakeup,
}

#[derive(Default)]
struct QueueState {
    work: VecDeque<Work>,
    closed: bool,
}

impl BatchQueue {
    /// Queues a batch with input.
    pub fn push(&self, batch: Batch) {
        self.state.lock().work.push_back(Work::Batch(batch));
        self.changed.notify_one();
    }

    /// Queues batches without input.
    pub fn push_empty(&self, ticks: Ticks) {
        if ticks.count == 0 {
            return;
        }
        let mut state = self.state.lock();
        match state.work.back_mut() {
            Some(Work::Empty(last)) if last.goes_on_with(&ticks) => last.count += ticks.count,
            _ => state.work.push_back(Work::Empty(ticks)),
        }
        self.changed.notify_one();
    }

    /// The next one; waits for it. `None` when the queue was closed and is empty.
    pub(crate) fn pop(&self) -> Option<Work> {
        let waits = |state: &mut QueueState| state.work.is_empty() && !state.closed;
        let mut state = self.changed.wait_while(self.state.lock(), waits);
        state.work.pop_front()
    }

    /// Nothing comes any more.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(number: u64, count: u64) -> Ticks {
        Ticks {
            time: BatchTime::from_millis(number as i64 * 1000),
            number,
            count,
            interval: Duration::seconds(1),
            queued: 0,
        }
    }

    fn empty(queue: &BatchQueue) -> Ticks {
        match queue.pop() {
            Some(Work::Empty(ticks)) => ticks,
            _ => panic!("there is a row of ticks"),
        }
    }

    #[test]
    fn ticks_that_follow_each_other_are_one_entry() {
        let queue = BatchQueue::default();
        // Ten days of seconds, one by one and in rows.
        for number in 1..=1000 {
            queue.push_empty(ticks(number, 1));
        }
        queue.push_empty(ticks(1001, 863_000));
        queue.push_empty(ticks(1, 0));
        // A gap, and another interval.
        queue.push_empty(ticks(900_000, 1));
        let other = Ticks {
            interval: Duration::seconds(2),
            ..ticks(900_001, 1)
        };
        queue.push_empty(other);
        assert_eq!(queue.state.lock().work.len(), 3);
        queue.close();
        assert_eq!(empty(&queue), ticks(1, 864_000));
        assert_eq!(empty(&queue), ticks(900_000, 1));
        assert_eq!(empty(&queue), other);
        assert!(queue.pop().is_none());
    }

    #[test]
    fn a_row_gives_its_ticks_in_order() {
        let mut row = ticks(7, 3);
        assert_eq!(row.last(), BatchTime::from_millis(9000));
        assert_eq!(row.only_last(), ticks(9, 1));
        let mut given = Vec::new();
        while let Some((tick, others)) = row.split_first() {
            given.push((tick.number, tick.time.as_millis(), tick.queued));
            row = others;
        }
        assert_eq!(given, [(7, 7000, 7000), (8, 8000, 8000), (9, 9000, 9000)]);
        let late = Ticks {
            queued: 8500,
            ..ticks(7, 3)
        };
        let (tick, _) = late.split_first().unwrap();
        assert_eq!(
            tick.queued, 8500,
            "a missed tick was queued when it was noticed"
        );
    }
}
