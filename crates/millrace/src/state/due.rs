//! Which keys have been idle for too long, without looking at the others.
//!
//! A key stands in the queue of its shard once, under the time when it was put there. A record
//! for it moves nothing: only when its turn comes is the key looked at, and queued again under
//! the time of its last update if it was not idle. So a key costs one look a timeout, however
//! often it is touched, and memory does not grow with touches. A key is known by the hash and the
//! place of its entry, which no two keys share; that of a key that was removed finds nothing.

use std::collections::BTreeMap;

/// A key: its hash and its place.
pub(super) type Ticket = (u64, u64);

/// The keys of one shard, by the time in milliseconds under which they wait.
#[derive(Debug, Default)]
pub(super) struct Due {
    waiting: BTreeMap<i64, Vec<Ticket>>,
}

impl Due {
    pub(super) fn push(&mut self, time: i64, ticket: Ticket) {
        self.waiting.entry(time).or_default().push(ticket);
    }

    /// Takes the keys that wait under a time before `threshold`.
    pub(super) fn before(&mut self, threshold: i64) -> Vec<Ticket> {
        let rest = self.waiting.split_off(&threshold);
        let due = std::mem::replace(&mut self.waiting, rest);
        due.into_values().flatten().collect()
    }

    /// Gives back the memory that the keys of `time` will not need: later ones come under later
    /// times.
    pub(super) fn close(&mut self, time: i64) {
        if let Some(tickets) = self.waiting.get_mut(&time) {
            tickets.shrink_to_fit();
        }
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Bytes that the queue holds.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let tickets = self.waiting.values().map(Vec::capacity).sum::<usize>();
        tickets * size_of::<Ticket>() + self.waiting.len() * 2 * size_of::<(i64, Vec<Ticket>)>()
    }
}
