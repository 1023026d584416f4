//! Records that are there: an [`Rdd`](super::Rdd) over vectors.

use std::sync::Arc;

use crate::exec::Executor;

use super::{Rdd, RddSource};

/// Partitions of records, shared by whoever reads them.
pub(crate) struct Held<T> {
    partitions: Arc<Vec<Vec<T>>>,
}

impl<T> Held<T> {
    pub(crate) fn new(partitions: Vec<Vec<T>>) -> Held<T> {
        Held {
            partitions: Arc::new(partitions),
        }
    }
}

impl<T: Clone + Send + Sync + 'static> RddSource<T> for Held<T> {
    fn partitions(&self) -> usize {
        self.partitions.len()
    }

    fn visit(&self, partition: usize, _piece: usize, each: &mut dyn FnMut(T)) {
        self.partitions[partition].iter().cloned().for_each(each);
    }

    fn is_materialized(&self) -> bool {
        true
    }

    fn take(&self, count: usize) -> Vec<T> {
        self.partitions
            .iter()
            .flatten()
            .take(count)
            .cloned()
            .collect()
    }

    fn known_count(&self) -> Option<u64> {
        Some(
            self.partitions
                .iter()
                .map(|records| records.len() as u64)
                .sum(),
        )
    }
}

impl<T: Clone + Send + Sync + 'static> Rdd<T> {
    /// An `Rdd` of records that are there.
    #[doc(hidden)]
    pub fn of_partitions(partitions: Vec<Vec<T>>, executor: &Executor) -> Rdd<T> {
        Rdd::new(Held::new(partitions), executor.clone())
    }

    /// An `Rdd` of a list, cut into partitions of about equal length by Spark's rule: partition
    /// `i` of `n` has the records from `len * i / n` up to `len * (i + 1) / n`.
    #[doc(hidden)]
    pub fn sliced(records: Vec<T>, partitions: usize, executor: &Executor) -> Rdd<T> {
        let (len, count) = (records.len(), partitions.max(1));
        let mut records = records.into_iter();
        let slice = |index: usize| {
            let (start, end) = (len * index / count, len * (index + 1) / count);
            records.by_ref().take(end - start).collect()
        };
        Rdd::of_partitions((0..count).map(slice).collect(), executor)
    }

    /// An `Rdd` of records that tasks have dealt out among partitions: of every task, in order,
    /// its records by partition. Nothing is copied.
    pub(super) fn dealt_out(
        tasks: Vec<Vec<Vec<T>>>,
        partitions: usize,
        executor: &Executor,
    ) -> Rdd<T> {
        let mut pieces: Vec<Vec<Vec<T>>> = (0..partitions).map(|_| Vec::new()).collect();
        for task in tasks {
            for (partition, records) in pieces.iter_mut().zip(task) {
                if !records.is_empty() {
                    partition.push(records);
                }
            }
        }
        let held = HeldPieces {
            partitions: pieces,
            detached: false,
        };
        Rdd::new(held, executor.clone())
    }

    /// The same records, computed once and kept: this one if it is so already.
    #[doc(hidden)]
    pub fn materialize(&self) -> Rdd<T> {
        if self.source().is_materialized() {
            return self.clone();
        }
        self.read_into_pieces(self.source().is_detached(), |records| records)
    }

    /// The same records, computed once and kept for longer than their batch: none of them keeps
    /// the block of a received text (law 6).
    #[doc(hidden)]
    pub fn materialize_detached(&self) -> Rdd<T> {
        if self.source().is_detached() || !millrace_text::can_hold_text::<T>() {
            return self.materialize();
        }
        self.read_into_pieces(true, |records| self.detach_records(records))
    }

    fn read_into_pieces(&self, detached: bool, each: impl Fn(Vec<T>) -> Vec<T> + Sync) -> Rdd<T> {
        let pieces = self.pieces();
        let read = self.on_pieces(pieces.clone(), |partition, piece| {
            let mut records = Vec::new();
            self.visit(partition, piece, &mut |record| records.push(record));
            each(records)
        });
        let mut partitions: Vec<Vec<Vec<T>>> = (0..self.partitions()).map(|_| Vec::new()).collect();
        for ((partition, _), records) in pieces.into_iter().zip(read) {
            partitions[partition].push(records);
        }
        let held = HeldPieces {
            partitions,
            detached,
        };
        Rdd::new(held, self.executor().clone())
    }

    /// An `Rdd` of records that were read back from a checkpoint, in the pieces of their
    /// partitions.
    pub(crate) fn of_pieces(partitions: Vec<Vec<Vec<T>>>, executor: &Executor) -> Rdd<T> {
        let held = HeldPieces {
            partitions,
            detached: true,
        };
        Rdd::new(held, executor.clone())
    }
}

/// Pieces that many tasks read, and that can be read again as they were.
struct HeldPieces<T> {
    partitions: Vec<Vec<Vec<T>>>,
    detached: bool,
}

impl<T: Clone + Send + Sync + 'static> RddSource<T> for HeldPieces<T> {
    fn partitions(&self) -> usize {
        self.partitions.len()
    }

    fn pieces(&self, partition: usize) -> usize {
        self.partitions[partition].len()
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(T)) {
        self.partitions[partition][piece]
            .iter()
            .cloned()
            .for_each(each);
    }

    fn is_materialized(&self) -> bool {
        true
    }

    fn is_detached(&self) -> bool {
        self.detached
    }

    fn take(&self, count: usize) -> Vec<T> {
        let records = self.partitions.iter().flatten().flatten();
        records.take(count).cloned().collect()
    }

    fn known_count(&self) -> Option<u64> {
        let pieces = self.partitions.iter().flatten();
        Some(pieces.map(|records| records.len() as u64).sum())
    }
}
