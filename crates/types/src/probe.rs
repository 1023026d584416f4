//! Questions that a running program answers, besides what it tells its listeners.
//!
//! Events say what has happened; how much is kept, and of which key what, is too much to be told
//! after every batch. The page that watches a run asks for it. No question makes a batch wait for longer
//! than it takes to look at a thousand keys.

use std::time::Duration;

use crate::batch_time::BatchTime;
use crate::ids::StreamId;

/// A running program, as those see it who watch it.
///
/// Before the start of the run there is nothing to be seen, and every answer is empty. Answers are
/// of the moment: a key is as the newest batch left it, and others may be a batch behind.
pub trait RunProbe: Send + Sync {
    /// The input streams with what they read from, for instance `file stream of /data`.
    fn streams(&self) -> Vec<(StreamId, String)>;

    /// The amounts that are kept now.
    fn figures(&self) -> RunFigures;

    /// The last records that each output has printed.
    fn last_records(&self) -> Vec<LastRecords>;

    /// The record of a key in store number `store`; the key is given as text or as JSON.
    fn find(&self, store: usize, key: &str) -> Option<KeptRecord>;

    /// Looks through a store; `None` if there is none of this number.
    fn search(&self, store: usize, search: &StateSearch) -> Option<StateFound>;
}

/// The amounts that a run keeps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunFigures {
    /// The stores in the order of the operators that have them.
    pub stores: Vec<StoreFigures>,
    /// Bytes that were received and not yet combined.
    pub in_flight: u64,
    /// The bytes that these may be (`millrace.receiver.maxBytesInFlight`).
    pub in_flight_limit: u64,
    /// The time that receivers have waited for these bytes to become less, or for batches to be run,
    /// since the start: the time for which senders were slowed.
    pub waited: Duration,
    /// Lines, of sockets and of files, that were too long and were cut, each time they were.
    pub lines_cut: u64,
    /// Lines and other records that were dropped, because the connection broke within them.
    pub unfinished_dropped: u64,
    /// Records that were skipped, because a function of the program panicked at them.
    pub records_skipped: u64,
}

/// The amounts that one store keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFigures {
    /// The operator that has it and the line that calls it.
    pub operator: String,
    /// `state` or `window`.
    pub name: String,
    /// The number of keys.
    pub keys: u64,
    /// The bytes of keys and values as they are written down; an estimate from some of them.
    pub bytes: u64,
}

/// The lines that an output has printed of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRecords {
    /// The output's place in the order of registration, from 0.
    pub output: u32,
    /// The batch.
    pub batch_time: BatchTime,
    /// The first lines, each cut to a bounded length.
    pub lines: Vec<String>,
}

/// One key with what is kept for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecord {
    /// The key as JSON text.
    pub key: String,
    /// The value as JSON text.
    pub value: String,
}

/// Which keys are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateSearch {
    /// The beginning of the key: of a text its letters, of any other key its JSON.
    pub prefix: String,
    /// True if the greatest values are wanted, the greatest first; otherwise keys in order.
    pub top: bool,
    /// The most keys that are given.
    pub limit: usize,
    /// The time after which the search gives what it has found.
    pub within: Duration,
}

/// The outcome of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateFound {
    /// The keys, in the order that was asked for.
    pub records: Vec<KeptRecord>,
    /// Keys that were looked at.
    pub looked_at: u64,
    /// True if these were all of them.
    pub complete: bool,
}
