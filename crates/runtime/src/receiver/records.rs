//! Cuts stored records into blocks.
//!
//! The counterpart of [`BlockGenerator`](super::BlockGenerator) for receivers that store records
//! and not bytes. Any number of threads store; the receiver's own thread cuts at every block
//! interval, the generator's at the tick, and whoever stores the record that fills a block cuts
//! then. A record is in exactly one block, and blocks reach the tracker in the order in which
//! they were cut (law 1), because both happen under the one lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_engine::data::Data;
use millrace_engine::durable::StoreError;
use millrace_engine::pipeline::RecordBlock;

use crate::sync::Lock;

use super::budget::{BLOCK_BYTES, Budget, Reserved};
use super::tracker::InputTracker;
use super::weight::Weight;

/// The estimated size at which a block is cut.
const FULL: u64 = BLOCK_BYTES as u64;

/// The open block of a receiver that stores records.
pub struct RecordGenerator<T> {
    open: Lock<OpenRecords<T>>,
    budget: Arc<Budget>,
    tracker: Arc<InputTracker>,
    /// The receiver's index with the tracker.
    receiver: usize,
    /// Set when something was stored since somebody asked.
    stored: AtomicBool,
}

struct OpenRecords<T> {
    records: Vec<T>,
    bytes: u64,
    /// A whole block's part of the budget, taken with its first record.
    reserved: Option<Reserved>,
    weight: Weight<T>,
    closed: bool,
}

impl<T: Data> RecordGenerator<T> {
    /// An open block without records, for the receiver of that index.
    pub fn new(
        budget: Arc<Budget>,
        tracker: Arc<InputTracker>,
        receiver: usize,
    ) -> RecordGenerator<T> {
        let open = OpenRecords {
            records: Vec::new(),
            bytes: 0,
            reserved: None,
            weight: Weight::new(),
            closed: false,
        };
        RecordGenerator {
            open: Lock::new(open),
            budget,
            tracker,
            receiver,
            stored: AtomicBool::new(false),
        }
    }

    /// True if anything was stored since the last call.
    pub(crate) fn take_stored(&self) -> bool {
        self.stored.swap(false, Ordering::Relaxed)
    }

    /// Stores a record as soon as the budget allows; gives false, and stores nothing, once the receiver
    /// is closed.
    pub fn store(&self, record: T) -> bool {
        let mut fresh = None;
        loop {
            let mut open = self.open.lock();
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
    /// `metadata` is what the receiver says of the block.
    pub(crate) fn store_block(&self, records: Vec<T>, metadata: Option<String>) -> bool {
        let mut weight = Weight::new();
        let bytes = records.iter().map(|record| weight.of(record)).sum::<u64>();
        if bytes == 0 {
            return !self.open.lock().closed;
        }
        let mut reserved = self.budget.wait_for_bytes(bytes.min(FULL));
        reserved.resize(bytes);
        let mut open = self.open.lock();
        if open.closed {
            return false;
        }
        self.seal_open(&mut open);
        let block = RecordBlock::new(records, bytes, Box::new(reserved));
        let block = block.with_metadata(metadata);
        self.tracker.add_records(self.receiver, block);
        self.stored.store(true, Ordering::Relaxed);
        true
    }

    /// Takes a block that an earlier run has written down.
    pub fn restore(&self, written: &[u8]) -> Result<(), StoreError> {
        let (records, metadata) = super::logged::block::<T>(written)?;
        let mut weight = Weight::new();
        let bytes = records.iter().map(|record| weight.of(record)).sum::<u64>();
        let reserved = self.budget.bytes_now(bytes);
        let block = RecordBlock::new(records, bytes, Box::new(reserved));
        let block = block.with_metadata(metadata);
        self.tracker.add_records_now(self.receiver, block);
        Ok(())
    }

    /// Cuts the open block.
    pub fn seal(&self) {
        self.seal_open(&mut self.open.lock());
    }

    /// Cuts the last block; from now on nothing is stored.
    pub fn close(&self) {
        let mut open = self.open.lock();
        self.seal_open(&mut open);
        open.closed = true;
    }

    fn seal_open(&self, open: &mut OpenRecords<T>) {
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use millrace_engine::pipeline::{NodeId, Pipeline, Received};
    use millrace_types::{BatchTime, StreamId};
    use proptest::prelude::*;

    use crate::graph::Batch;
    use crate::receiver::InputSpec;

    use super::*;

    const NODE: NodeId = NodeId(0);

    fn tracker() -> Arc<InputTracker> {
        Arc::new(InputTracker::new(vec![InputSpec {
            node: NODE,
            stream: StreamId(0),
            name: String::new(),
            stages: Vec::new(),
            held: true,
        }]))
    }

    fn generator<T: Data>(budget: u64) -> (RecordGenerator<T>, Arc<InputTracker>) {
        let tracker = tracker();
        let budget = Arc::new(Budget::new(budget));
        let generator = RecordGenerator::new(budget, Arc::clone(&tracker), 0);
        (generator, tracker)
    }

    /// Ends a batch; gives its blocks.
    fn cut<T: Data>(tracker: &InputTracker) -> (Batch, Vec<Vec<T>>) {
        let batch = tracker.close_batch(BatchTime::from_millis(0), &[], 0);
        let records = |block| {
            let mut records = Vec::new();
            Received::of(NODE).drive(0, block, |record| records.push(record));
            records
        };
        let blocks = batch.blocks[&NODE].iter().map(records).collect();
        (batch, blocks)
    }

    #[derive(Debug, Clone)]
    enum Step {
        Store(Vec<u16>),
        Block(Vec<u16>),
        Seal,
        Tick,
    }

    proptest! {
        /// The batch has what was stored before the tick, in order, and it is counted; a block
        /// that was stored as one is one.
        #[test]
        fn batches_have_what_was_stored(steps in prop::collection::vec(prop_oneof![
            3 => prop::collection::vec(any::<u16>(), 0..5).prop_map(Step::Store),
            2 => prop::collection::vec(any::<u16>(), 0..5).prop_map(Step::Block),
            1 => Just(Step::Seal),
            1 => Just(Step::Tick),
        ], 0..30)) {
            let (generator, tracker) = generator::<u16>(1 << 30);
            let (mut stored, mut blocks) = (Vec::<u16>::new(), Vec::new());
            for step in steps.into_iter().chain([Step::Tick]) {
                match step {
                    Step::Store(records) => {
                        stored.extend(&records);
                        prop_assert!(records.into_iter().all(|record| generator.store(record)));
                    }
                    Step::Block(records) => {
                        stored.extend(&records);
                        blocks.push(records.clone());
                        prop_assert!(generator.store_block(records, None));
                    }
                    Step::Seal => generator.seal(),
                    Step::Tick => {
                        generator.seal();
                        let (batch, seen) = cut::<u16>(&tracker);
                        let inputs = batch.input_info();
                        prop_assert_eq!(inputs[&StreamId(0)].num_records, stored.len() as u64);
                        prop_assert_eq!(batch.has_input, !stored.is_empty());
                        prop_assert_eq!(seen.concat(), std::mem::take(&mut stored));
                        let mut seen = seen.into_iter();
                        for block in blocks.drain(..).filter(|block| !block.is_empty()) {
                            prop_assert!(seen.any(|seen| seen == block), "one block stays one");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_said_of_blocks_is_told_with_their_batch() {
        let (generator, tracker) = generator::<u8>(1 << 30);
        let told = |tracker: &InputTracker| {
            let (batch, _) = cut::<u8>(tracker);
            batch.input_info()[&StreamId(0)].block_metadata.clone()
        };
        for (block, metadata) in [
            (1, Some("offsets 0 to 1")),
            (2, None),
            (3, Some("offset 3")),
        ] {
            assert!(generator.store_block(vec![block], metadata.map(str::to_owned)));
        }
        assert_eq!(told(&tracker), ["offsets 0 to 1", "offset 3"]);
        assert!(told(&tracker).is_empty(), "told once");
        // As a run that was killed has written it down: a note of eight bytes, and a seven.
        let written = [&b"\xc9\0\0\0\x08\x4d"[..], b"offset 4", b"\x07"].concat();
        generator.restore(&written).unwrap();
        assert_eq!(told(&tracker), ["offset 4"]);
    }

    #[test]
    fn a_closed_generator_takes_nothing_more() {
        let (generator, tracker) = generator::<u8>(1 << 30);
        assert!(generator.store(1));
        generator.close();
        assert!(!generator.store(2));
        assert!(!generator.store_block(vec![3], None));
        assert!(!generator.store_block(Vec::new(), None));
        assert_eq!(cut::<u8>(&tracker).1, [[1]]);
    }

    /// Law 1 and law 6 at once: many threads, ticks at any moment, and a budget of two blocks
    /// for what is many times that.
    #[test]
    fn threads_lose_nothing_and_wait_for_the_budget() {
        const THREADS: usize = 4;
        const EACH: usize = 30_000;
        let (generator, tracker) = generator::<(usize, usize, [u64; 16])>(2 * FULL);
        let ended = AtomicUsize::new(0);
        let mut seen: Vec<Vec<usize>> = vec![Vec::new(); THREADS];
        thread::scope(|scope| {
            for number in 0..THREADS {
                let (generator, ended) = (&generator, &ended);
                scope.spawn(move || {
                    for record in 0..EACH {
                        assert!(generator.store((number, record, [0; 16])));
                    }
                    ended.fetch_add(1, Ordering::Release);
                });
            }
            let mut more = true;
            while more {
                more = ended.load(Ordering::Acquire) < THREADS;
                generator.seal();
                let (batch, blocks) = cut::<(usize, usize, [u64; 16])>(&tracker);
                let bytes = batch.input_info()[&StreamId(0)].num_bytes;
                assert!(bytes <= 2 * FULL + 144, "{bytes} bytes in a batch");
                for (thread, record, _) in blocks.into_iter().flatten() {
                    seen[thread].push(record);
                }
            }
        });
        for records in seen {
            assert!(records.into_iter().eq(0..EACH), "each thread's own order");
        }
        // Whatever was reserved has been given back.
        generator.budget.close();
        drop(generator.budget.wait_for_bytes(2 * FULL));
    }

    #[test]
    fn a_block_larger_than_the_budget_passes_alone() {
        let (generator, tracker) = generator::<[u64; 32]>(FULL);
        assert!(generator.store_block(vec![[7; 32]; 10_000], None));
        assert_eq!(cut::<[u64; 32]>(&tracker).1[0].len(), 10_000);
        assert!(generator.store([7; 32]), "what was dropped is given back");
    }
}
