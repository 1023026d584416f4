//! One batch of a stream as a value: what `foreach_rdd` sees.
//!
//! An [`Rdd`] is a list of partitions, read when somebody asks. How its records come about is
//! its source's business (a shuffle's shards, the state, a pipeline over blocks); reading in
//! order is all that an output needs.

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

use crate::exec::Executor;

/// Where the records of an [`Rdd`] come from.
pub(crate) trait RddSource<T>: Send + Sync {
    fn partitions(&self) -> usize;

    /// Gives every record of a partition, in order.
    fn visit(&self, partition: usize, each: &mut dyn FnMut(T));

    /// The first `count` records over all partitions. The default reads whole partitions until
    /// it has enough, as Spark's `take` does.
    fn take(&self, count: usize) -> Vec<T> {
        let mut taken = Vec::new();
        for partition in 0..self.partitions() {
            if taken.len() >= count {
                break;
            }
            self.visit(partition, &mut |record| {
                if taken.len() < count {
                    taken.push(record);
                }
            });
        }
        taken
    }

    /// How many records there are, if the source knows without reading them.
    fn known_count(&self) -> Option<u64> {
        None
    }
}

/// One batch of a stream: records in partitions, in a fixed order.
///
/// Cheap to clone. The records are computed when they are asked for, on the context's workers,
/// and must be asked for while their batch runs.
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
    pub(crate) fn new(source: impl RddSource<T> + 'static, executor: Executor) -> Rdd<T> {
        Rdd {
            source: Arc::new(source),
            executor,
        }
    }

    pub(crate) fn visit(&self, partition: usize, each: &mut dyn FnMut(T)) {
        self.source.visit(partition, each);
    }

    /// How many partitions there are. An idle socket's batch has none (Spark 3.5).
    pub fn partitions(&self) -> usize {
        self.source.partitions()
    }

    /// All records, partition after partition.
    pub fn collect(&self) -> Vec<T> {
        let collect = |partition| {
            let mut records = Vec::new();
            self.source
                .visit(partition, &mut |record| records.push(record));
            records
        };
        match self.partitions() {
            0 => Vec::new(),
            1 => collect(0),
            many => {
                let parts: Vec<Vec<T>> = self.executor.run(|| {
                    (0..many)
                        .into_par_iter()
                        .with_max_len(1)
                        .map(collect)
                        .collect()
                });
                parts.into_iter().flatten().collect()
            }
        }
    }

    /// The first `count` records.
    pub fn take(&self, count: usize) -> Vec<T> {
        self.source.take(count)
    }

    /// The first record, if there is one.
    pub fn first(&self) -> Option<T> {
        self.take(1).pop()
    }

    /// How many records there are.
    pub fn count(&self) -> u64 {
        if let Some(count) = self.source.known_count() {
            return count;
        }
        let count = |partition| {
            let mut count = 0_u64;
            self.source.visit(partition, &mut |_| count += 1);
            count
        };
        match self.partitions() {
            0 => 0,
            1 => count(0),
            many => self
                .executor
                .run(|| (0..many).into_par_iter().with_max_len(1).map(count).sum()),
        }
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.first().is_none()
    }
}

impl<T> fmt::Debug for Rdd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rdd")
            .field("partitions", &self.source.partitions())
            .finish()
    }
}
