//! PySpark's partitioner: `portable_hash(key) mod numPartitions`, with Python's modulo, which
//! is never negative (Spark 3.5, `pyspark/rdd.py`). Law 3 begins here.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use millrace_text::python;
use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::panics::fail;

/// Decides the reduce partition of every key of type `K`.
pub trait Partitioner<K: ?Sized>: Send + Sync + 'static {
    /// The number of partitions.
    fn partitions(&self) -> usize;

    /// The partition of `key`, below [`partitions`](Partitioner::partitions).
    fn partition(&self, key: &K) -> usize;
}

/// PySpark's default partitioner.
///
/// ```
/// use std::num::NonZeroU32;
/// use millrace::partition::{HashPartitioner, Partitioner};
/// let partitioner = HashPartitioner::new(NonZeroU32::new(2).unwrap());
/// assert_eq!(partitioner.partition("hello"), 0);
/// assert_eq!(partitioner.partition("a"), 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashPartitioner {
    partitions: NonZeroU32,
}

impl HashPartitioner {
    /// A partitioner over `partitions` partitions.
    #[must_use]
    pub fn new(partitions: NonZeroU32) -> HashPartitioner {
        HashPartitioner { partitions }
    }
}

impl fmt::Debug for HashPartitioner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HashPartitioner({})", self.partitions)
    }
}

/// The partitioner of operators that were given none. Its number of partitions is known when
/// the program starts: a checkpoint that the program goes on from may have it.
pub struct DefaultPartitioner {
    partitions: Arc<AtomicUsize>,
}

impl DefaultPartitioner {
    pub(crate) fn new(partitions: Arc<AtomicUsize>) -> DefaultPartitioner {
        DefaultPartitioner { partitions }
    }

    fn now(&self) -> HashPartitioner {
        let partitions = u32::try_from(self.partitions.load(Ordering::Relaxed));
        let partitions = partitions.ok().and_then(NonZeroU32::new);
        HashPartitioner::new(partitions.unwrap_or(NonZeroU32::MIN))
    }
}

impl<K: Serialize + ?Sized> Partitioner<K> for DefaultPartitioner {
    fn partitions(&self) -> usize {
        Partitioner::<K>::partitions(&self.now())
    }

    /// # Panics
    /// As [`HashPartitioner`].
    fn partition(&self, key: &K) -> usize {
        self.now().partition(key)
    }
}

impl<K: Serialize + ?Sized> Partitioner<K> for HashPartitioner {
    fn partitions(&self) -> usize {
        self.partitions.get() as usize
    }

    /// # Panics
    /// If the key holds a map, which has no hash in Python, or its `Serialize` gives an error; the
    /// batch fails then, as a PySpark batch does with `TypeError: unhashable type`.
    fn partition(&self, key: &K) -> usize {
        if self.partitions.get() == 1 {
            return 0;
        }
        match python::portable_hash(key) {
            Ok(hash) => python::partition_of(hash, self.partitions),
            Err(unhashable) => fail(Error::new(ErrorKind::Task, unhashable.to_string())),
        }
    }
}
