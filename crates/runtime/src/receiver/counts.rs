//! Counts of the input of a run that was cut, dropped or queued.

use std::sync::atomic::{AtomicU64, Ordering};

/// Figures of a run's input that no batch has; see
/// `input_counts`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputCounts {
    /// Lines, of sockets and of files, that were longer than `millrace.receiver.maxLineBytes` and
    /// were cut, each time they were.
    pub lines_cut: u64,
    /// Lines and other records that were dropped, because the connection broke within them.
    pub unfinished_dropped: u64,
    /// Bytes of those that had come.
    pub unfinished_bytes: u64,
    /// Records that batches took from queues. Spark 3.5 counts none of them as input.
    pub queue_records: u64,
    /// Records of committed batches that were skipped, because a function of the program panicked
    /// at them (`millrace.onRecordError`).
    pub records_skipped: u64,
}

/// Counts while the run goes on.
#[derive(Debug, Default)]
pub struct InputCounters {
    lines_cut: AtomicU64,
    unfinished_dropped: AtomicU64,
    unfinished_bytes: AtomicU64,
    queue_records: AtomicU64,
    records_skipped: AtomicU64,
}

impl InputCounters {
    /// The counts as they are now.
    pub fn get(&self) -> InputCounts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        InputCounts {
            lines_cut: get(&self.lines_cut),
            unfinished_dropped: get(&self.unfinished_dropped),
            unfinished_bytes: get(&self.unfinished_bytes),
            queue_records: get(&self.queue_records),
            records_skipped: get(&self.records_skipped),
        }
    }

    /// Notes that lines were cut so many times.
    pub(crate) fn lines_cut(&self, count: u64) {
        self.lines_cut.fetch_add(count, Ordering::Relaxed);
    }

    /// Notes that a record was dropped of which so many bytes had come.
    pub(crate) fn unfinished_dropped(&self, bytes: usize) {
        self.unfinished_dropped.fetch_add(1, Ordering::Relaxed);
        self.unfinished_bytes
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Notes that a batch skipped records, and gives how many all have.
    pub(crate) fn records_skipped(&self, count: usize) -> u64 {
        let count = count as u64;
        self.records_skipped.fetch_add(count, Ordering::Relaxed) + count
    }

    /// Notes that a batch took records from a queue.
    pub(crate) fn queue_records(&self, count: usize) {
        self.queue_records
            .fetch_add(count as u64, Ordering::Relaxed);
    }
}
