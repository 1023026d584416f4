//! Cuts stored records into blocks.
//!
//! The counterpart of [`BlockGenerator`](super::BlockGenerator) for receivers that store records
//! and not bytes. Any number of threads store; the receiver's own thread cuts at every block
//! interval, the generator's at the tick, and whoever stores the record that fills a block cuts
//! then. A record is in exactly one block, and blocks reach the tracker in the order in which
//! they were cut (law 1), because both happen under the one lock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::data::Data;
use crate::pipeline::RecordBlock;

use super::budget::{BLOCK_BYTES, Budget, Reserved};
use super::tracker::InputTracker;
use super::weight::Weight;

/// What a block may take, by estimate, before it is cut.
const FULL: u64 = BLOCK_BYTES as u64;

/// The open block of a receiver that stores records.
pub(crate) struct RecordGenerator<T> {
    open: Mutex<Open<T>>,
    budget: Arc<Budget>,
    tracker: Arc<InputTracker>,
    /// The receiver's index with the tracker.
    receiver: usize,
    /// Whether anything was stored since somebody asked.
    stored: AtomicBool,
}

struct Open<T> {
    records: Vec<T>,
    bytes: u64,
    /// A whole block's part of the budget, taken with its first record.
    reserved: Option<Reserved>,
    weight: Weight<T>,
    closed: bool,
}

impl<T: Data> RecordGenerator<T> {
    pub(crate) fn new(
        budget: Arc<Budget>,
        tracker: Arc<InputTracker>,
        receiver: usize,
    ) -> RecordGenerator<T> {
        let open = Open {
            records: Vec::new(),
            bytes: 0,
            reserved: None,
            weight: Weight::new(),
            closed: false,
        };
        RecordGenerator {
            open: Mutex::new(open),
            budget,
            tracker,
            receiver,
            stored: AtomicBool::new(false),
        }
    }

    fn open(&self) -> MutexGuard<'_, Open<T>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anything was stored since the last call.
    pub(crate) fn take_stored(&self) -> bool {
        self.stored.swap(false, Ordering::Relaxed)
    }

    /// Stores a record, when the budget allows it; says whether it did, which it does until it
    /// is closed.
    pub(crate) fn store(&self, record: T) -> bool {
        let mut fresh = None;
        loop {
            let mut open = self.open();
            if open.closed {
                return false;
            }
            if open.reserved.is_none() {
                open.reserved = fresh.take();
            }
            if open.reserved.is_some() {
                let bytes = open.weight.of(&record);
                open.records.push(record);
                open.bytes += bytes;
                if open.bytes >= FULL {
                    self.seal_open(&mut open);
                }
                break;
            }
            // Never waits under the lock, which the tick needs.
            drop(open);
            fresh = Some(self.budget.wait_for_bytes(FULL));
        }
        self.stored.store(true, Ordering::Relaxed);
        true
    }

    /// Stores records as one block of their own, behind what was stored before. Waits for room
    /// for a usual block; what a larger one takes beyond that counts, but does not wait.
    pub(crate) fn store_block(&self, records: Vec<T>) -> bool {
        let mut weight = Weight::new();
        let bytes = records.iter().map(|record| weight.of(record)).sum::<u64>();
        if bytes == 0 {
            return !self.open().closed;
        }
        let mut reserved = self.budget.wait_for_bytes(bytes.min(FULL));
        reserved.resize(bytes);
        let mut open = self.open();
        if open.closed {
            return false;
        }
        self.seal_open(&mut open);
        let block = RecordBlock::new(records, bytes, Box::new(reserved));
        self.tracker.add_records(self.receiver, block);
        self.stored.store(true, Ordering::Relaxed);
        true
    }

    /// Takes a block that an earlier run has written down.
    pub(crate) fn restore(&self, written: &[u8]) -> Result<(), String> {
        let records: Vec<T> = super::logged::records(written)?;
        let mut weight = Weight::new();
        let bytes = records.iter().map(|record| weight.of(record)).sum::<u64>();
        let reserved = self.budget.bytes_now(bytes);
        let block = RecordBlock::new(records, bytes, Box::new(reserved));
        self.tracker.add_records_now(self.receiver, block);
        Ok(())
    }

    /// Cuts the open block.
    pub(crate) fn seal(&self) {
        self.seal_open(&mut self.open());
    }

    /// Cuts the last block; from now on nothing is stored.
    pub(crate) fn close(&self) {
        let mut open = self.open();
        self.seal_open(&mut open);
        open.closed = true;
    }

    fn seal_open(&self, open: &mut Open<T>) {
        if open.records.is_empty() {
            return;
        }
        let records = std::mem::take(&mut open.records);
        let bytes = std::mem::take(&mut open.bytes);
        let reserved = open.reserved.take().map(|mut reserved| {
            reserved.resize(bytes);
            reserved
        });
        let block = RecordBlock::new(records, bytes, Box::new(reserved));
        self.tracker.add_records(self.receiver, block);
    }
}
