//! One batch of a stream as a value: what `transform` and `foreach_rdd` see.
//!
//! An [`Rdd`] is a list of partitions, read when somebody asks. Its source decides how
//! records come about (a shuffle's shards, the state, a pipeline over blocks). A partition is
//! what a program sees and what decides order; a *piece* is what one task reads. The records
//! received in a batch are one partition, whose pieces are its blocks: how bytes were cut into
//! blocks must not show (law 2).

mod cartesian;
mod coalesce;
mod extremes;
mod first_few;
mod folded;
mod held;
mod histogram;
mod indexed;
mod key_by;
mod narrow;
mod ordered;
mod partitioned;
mod persist;
mod python_random;
mod read;
mod repartition;
mod sample;
mod sides;
mod sorted;
mod stats;
mod take_sample;
mod union;
mod unordered;
mod zip;

use std::fmt;
use std::sync::Arc;

use crate::exec::Executor;

pub use first_few::by_pieces;
pub use histogram::Histogram;
pub use repartition::partitioner_of;
pub use stats::{Number, StatCounter};

/// The source of the records of an [`Rdd`].
pub trait RddSource<T>: Send + Sync {
    /// The number of partitions.
    fn partitions(&self) -> usize;

    /// The number of pieces of a partition that can be read side by side.
    fn pieces(&self, _partition: usize) -> usize {
        1
    }

    /// Gives every record of a piece of a partition, in order.
    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(T));

    /// Does once what a full read needs. Called on the thread that runs the batch, before tasks
    /// read: a task must not wait for what another one makes.
    fn prepare(&self) {}

    /// Makes sure that the records can be read when later batches have run. Called when the batch
    /// is over, if it is remembered. The default relies on what a full read has made.
    fn keep(&self) {
        self.prepare();
    }

    /// True if the records can be read as well when later batches have run, and without running
    /// the program's code again.
    fn is_materialized(&self) -> bool {
        false
    }

    /// The first `count` records over all partitions. The default reads pieces until it has
    /// enough, as Spark's `take` does with partitions.
    fn take(&self, count: usize) -> Vec<T> {
        by_pieces(self, count)
    }

    /// True if [`take`](RddSource::take) of a few costs less than reading a piece, and runs none
    /// of the program's code for records that it does not give. The default is true of records
    /// that are there, which can be counted without a read.
    fn takes_few(&self) -> bool {
        self.known_count().is_some()
    }

    /// True if no record keeps the block of a received text. Records that leave the engine or
    /// stay longer than their batch are copied otherwise (law 6).
    fn is_detached(&self) -> bool {
        false
    }

    /// The number of records, if the source knows it without reading them.
    fn known_count(&self) -> Option<u64> {
        None
    }

    /// The same records for a reader that sees no order, if that costs less than a read in order.
    /// The partitions are whatever suits the source. The default has no such way.
    fn unordered(self: Arc<Self>) -> Option<Arc<dyn RddSource<T>>> {
        None
    }
}

/// One batch of a stream: records in partitions, in a fixed order.
///
/// Cheap to clone. The records are computed when they are asked for, on the context's workers,
/// and must be asked for while their batch runs.
///
/// Results of actions (`collect`, `take`, `first`, `reduce`, `fold`, `aggregate`, `top`,
/// `take_ordered`) may be kept: a [`Text`](millrace_text::Text) in them is
/// [detached](millrace_text::Text::detach) from the block that it was received in. A text that `for_each`
/// hands to a function is not, and an `Rdd` that is itself kept keeps what its batch received.
#[must_use = "a dataset is read by actions only, such as `collect` or `for_each`"]
pub struct Rdd<T> {
    source: Arc<dyn RddSource<T>>,
    executor: Executor,
}

impl<T> Clone for Rdd<T> {
    fn clone(&self) -> Rdd<T> {
        Rdd {
            source: Arc::clone(&self.source),
            executor: self.executor.clone(),
        }
    }
}

impl<T: Send + 'static> Rdd<T> {
    #[doc(hidden)]
    pub fn new(source: impl RddSource<T> + 'static, executor: Executor) -> Rdd<T> {
        Rdd {
            source: Arc::new(source),
            executor,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn source(&self) -> &Arc<dyn RddSource<T>> {
        &self.source
    }

    #[doc(hidden)]
    #[must_use]
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// A record that leaves the engine, or stays when its batch is over.
    pub(crate) fn detach_record<A: Clone + 'static>(&self, record: A) -> A {
        if self.source.is_detached() {
            record
        } else {
            millrace_text::detached(record)
        }
    }

    /// The same for a list.
    pub(crate) fn detach_records(&self, records: Vec<T>) -> Vec<T>
    where
        T: Clone,
    {
        if !millrace_text::can_hold_text::<T>() || self.source.is_detached() {
            return records;
        }
        records.into_iter().map(millrace_text::detached).collect()
    }

    #[doc(hidden)]
    pub fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(T)) {
        self.source.visit(partition, piece, each);
    }

    /// Every piece of every partition, in order, as tasks read them.
    #[doc(hidden)]
    #[must_use]
    pub fn pieces(&self) -> Vec<(usize, usize)> {
        let pieces = |partition| (0..self.source.pieces(partition)).map(move |n| (partition, n));
        (0..self.partitions()).flat_map(pieces).collect()
    }
}

impl<T> fmt::Debug for Rdd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rdd")
            .field("partitions", &self.source.partitions())
            .finish()
    }
}
