//! How an operator is told its reduce partitions: by a number, or by a partitioner.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::data::Key;
use crate::error::{Error, Result};

use super::{HashPartitioner, Partitioner};

/// The reduce partitions of an operator (Spark: `numPartitions` or `partitioner`).
///
/// A number stands for PySpark's default partitioner over so many partitions;
/// [`Partitions::by`] takes a partitioner of the program's own. Zero partitions are an error
/// that `start` reports.
///
/// ```
/// use millrace::{HashPartitioner, Partitioner, Partitions};
/// struct ByLength;
/// impl Partitioner<String> for ByLength {
///     fn partitions(&self) -> usize {
///         3
///     }
///     fn partition(&self, key: &String) -> usize {
///         key.len() % 3
///     }
/// }
/// let four: Partitions<String> = 4.into();
/// let own: Partitions<String> = Partitions::by(ByLength);
/// # drop((four, own));
/// ```
pub struct Partitions<K> {
    /// `None` for a number that is none.
    partitioner: Option<Arc<dyn Partitioner<K>>>,
}

impl<K: 'static> Partitions<K> {
    /// Those of a partitioner.
    pub fn by(partitioner: impl Partitioner<K>) -> Partitions<K> {
        let some = partitioner.partitions() > 0;
        Partitions {
            partitioner: some.then(|| Arc::new(partitioner) as _),
        }
    }

    /// No partitions, for what is made of no record.
    pub(crate) fn nowhere() -> Partitions<K> {
        Partitions {
            partitioner: Some(Arc::new(Nowhere)),
        }
    }

    /// # Errors
    /// If there are none.
    pub(crate) fn partitioner(self) -> Result<Arc<dyn Partitioner<K>>> {
        self.partitioner
            .ok_or_else(|| Error::illegal("the number of partitions must be positive"))
    }
}

/// The partitioner of no key.
struct Nowhere;

impl<K> Partitioner<K> for Nowhere {
    fn partitions(&self) -> usize {
        0
    }

    fn partition(&self, _key: &K) -> usize {
        unreachable!("there is no record")
    }
}

impl<K> Clone for Partitions<K> {
    fn clone(&self) -> Partitions<K> {
        Partitions {
            partitioner: self.partitioner.clone(),
        }
    }
}

impl<K: Key> From<u32> for Partitions<K> {
    fn from(partitions: u32) -> Partitions<K> {
        let partitioner = NonZeroU32::new(partitions).map(HashPartitioner::new);
        Partitions {
            partitioner: partitioner.map(|partitioner| Arc::new(partitioner) as _),
        }
    }
}

impl<K: Key> From<HashPartitioner> for Partitions<K> {
    fn from(partitioner: HashPartitioner) -> Partitions<K> {
        Partitions::by(partitioner)
    }
}

impl<K: 'static> fmt::Debug for Partitions<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partitions = self.partitioner.as_ref().map_or(0, |own| own.partitions());
        f.debug_tuple("Partitions").field(&partitions).finish()
    }
}
