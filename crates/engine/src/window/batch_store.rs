//! The batches of a window as they are, with their checkpoint.
//!
//! A batch is written down once, as it was taken: its records by partition and by the pieces
//! that tasks read, so that what is read again is cut as it was. The workers write it.

use std::collections::VecDeque;

use millrace_types::Lock;

use crate::data::Data;
use crate::durable::{Durable, EntryReader, Origin, Recorder, StoreError, put};
use crate::exec::Executor;
use crate::rdd::Rdd;

use super::frame::{SlideStep, WindowSpec};

/// The batches that windows from now on have.
pub struct BatchStore<T> {
    frame: WindowSpec,
    executor: Executor,
    kept: Lock<KeptBatches<T>>,
    recorder: Recorder,
}

/// Batches with their numbers among the parent's, oldest first.
type KeptBatches<T> = VecDeque<(u64, Rdd<T>)>;

/// Records of a batch, by partition and piece.
type Pieces<T> = Vec<Vec<Vec<T>>>;

impl<T: Data> BatchStore<T> {
    /// A window of `frame` that has seen no batch.
    #[must_use]
    pub fn new(frame: WindowSpec, executor: &Executor) -> BatchStore<T> {
        BatchStore {
            frame,
            executor: executor.clone(),
            kept: Lock::new(VecDeque::new()),
            recorder: Recorder::new(1),
        }
    }

    /// Lets go of what no window has from `step` on.
    pub fn leave(&self, step: SlideStep) {
        leave(&mut self.kept.lock(), step.forgotten);
    }

    /// Takes what the parent has in a batch; it must last.
    ///
    /// # Errors
    /// If a record cannot be written down for the checkpoint.
    pub fn enter(&self, step: SlideStep, held: Rdd<T>) -> Result<(), StoreError> {
        let written = if self.recorder.is_on() {
            let workers = |pieces, task: &WritePiece<'_>| held.on_pieces(pieces, task);
            written(step.number, &held, &workers)
                .map_err(|error| StoreError::unwritable("a record of the window", error))?
        } else {
            Vec::new()
        };
        let mut kept = self.kept.lock();
        kept.push_back((step.batch, held));
        self.recorder.begin(0, step.number).extend(&written);
        Ok(())
    }

    /// The batches of the window, oldest first.
    pub fn batches(&self) -> Vec<Rdd<T>> {
        let kept = self.kept.lock();
        kept.iter().map(|(_, rdd)| rdd.clone()).collect()
    }
}

fn leave<T>(kept: &mut KeptBatches<T>, forgotten: u64) {
    while kept
        .pop_front_if(|(batch, _)| *batch <= forgotten)
        .is_some()
    {}
}

/// Does a task for every piece and gives what they gave, in order.
type Each<'a> =
    &'a dyn Fn(Vec<(usize, usize)>, &WritePiece<'_>) -> Vec<Result<Vec<u8>, StoreError>>;

/// Writes down one piece of one partition.
type WritePiece<'a> = dyn Fn(usize, usize) -> Result<Vec<u8>, StoreError> + Sync + 'a;

/// The entries of a batch: its number, then its pieces. A dataset without a partition has none.
fn written<T: Data>(number: u64, held: &Rdd<T>, each: Each<'_>) -> Result<Vec<u8>, StoreError> {
    let (mut entries, none) = (Vec::new(), Vec::<T>::new());
    if held.partitions() == 0 {
        return Ok(entries);
    }
    put(&mut entries, &None::<u32>, number, &none)?;
    let pieces = held.pieces();
    let written = each(pieces.clone(), &|partition, piece| {
        let (mut records, mut entry) = (Vec::new(), Vec::new());
        held.visit(partition, piece, &mut |record| records.push(record));
        put(&mut entry, &Some(partition as u32), piece as u64, &records)?;
        Ok(entry)
    });
    let mut next = 0;
    for ((partition, _), entry) in pieces.into_iter().zip(written) {
        // A partition without a piece is one all the same.
        for empty in next..partition {
            put(&mut entries, &Some(empty as u32), 0, &none)?;
        }
        entries.extend(entry?);
        next = partition + 1;
    }
    for empty in next..held.partitions() {
        put(&mut entries, &Some(empty as u32), 0, &none)?;
    }
    Ok(entries)
}

/// Reads the batches of some entries: each one's number and pieces.
fn read<T: Data>(entries: &[u8]) -> Result<Vec<(u64, Pieces<T>)>, StoreError> {
    let mut batches: Vec<(u64, Pieces<T>)> = Vec::new();
    let mut reader = EntryReader::new(entries);
    while let Some(entry) = reader.next::<Option<u32>, Vec<T>>() {
        let (partition, kept) = entry?;
        let nothing = "a window holds an entry that removes a batch";
        let (at, records) = kept.ok_or(StoreError::Malformed(nothing))?;
        let Some(partition) = partition else {
            batches.push((at, Vec::new()));
            continue;
        };
        let (_, partitions) = batches
            .last_mut()
            .ok_or(StoreError::Malformed("a window has records of no batch"))?;
        let partition = partition as usize;
        if partition > partitions.len() {
            return Err(StoreError::Malformed("a window has lost a partition"));
        }
        if partition == partitions.len() {
            partitions.push(Vec::new());
        }
        partitions[partition].push(records);
    }
    Ok(batches)
}

impl<T: Data> Durable for BatchStore<T> {
    fn record(&self) {
        self.recorder.start();
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        self.recorder.take()
    }

    fn shards(&self) -> u32 {
        1
    }

    fn snapshot(&self, _shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let (batches, as_of) = {
            let kept = self.kept.lock();
            (kept.clone(), self.recorder.as_of(0))
        };
        let here = |pieces: Vec<(usize, usize)>, task: &WritePiece<'_>| {
            let pieces = pieces.into_iter();
            pieces
                .map(|(partition, piece)| task(partition, piece))
                .collect()
        };
        let mut entries = Vec::new();
        for (batch, rdd) in &batches {
            entries.extend(written(self.frame.number(*batch), rdd, &here)?);
        }
        Ok((entries, as_of))
    }

    fn load(&self, _origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        let mut kept = self.kept.lock();
        for (number, pieces) in read(entries)? {
            let step = self.frame.step(number);
            leave(&mut kept, step.forgotten);
            // Skipped if no window of the new length covers this batch.
            if step.taken {
                let rdd = Rdd::of_pieces(pieces, &self.executor);
                kept.push_back((step.batch, rdd));
            }
        }
        Ok(())
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        let mut kept = self.kept.lock();
        leave(&mut kept, self.frame.step(number).forgotten);
        self.recorder.loaded(number);
        Ok(())
    }
}
