//! The reduce partitions of an operator: given by a number, or by a partitioner.

use std::fmt;
use std::num::NonZeroU32;
use std::panic::Location;
use std::sync::Arc;

use millrace_types::counted;

use crate::data::Key;
use crate::error::Result;

use super::{HashPartitioner, Partitioner, check_count};

/// The reduce partitions of an operator (Spark: `numPartitions` or `partitioner`).
///
/// A number stands for PySpark's default partitioner over so many partitions;
/// [`Partitions::by`] takes a partitioner of the program's own. Zero partitions, and more than
/// 65,536, are an error that `start` reports.
///
/// ```
/// use millrace::partition::{HashPartitioner, Partitioner, Partitions};
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
    /// Or a number that is none, or too large.
    partitioner: std::result::Result<Arc<dyn Partitioner<K>>, usize>,
}

impl<K: 'static> Partitions<K> {
    /// The partitions of a partitioner. It is asked for their number here and once.
    ///
    /// A partitioner that then gives a partition that there is not (the number or more) fails the
    /// batch, with a message that names the line of this call.
    #[track_caller]
    pub fn by(partitioner: impl Partitioner<K>) -> Partitions<K> {
        let checked = Checked {
            partitions: partitioner.partitions(),
            partitioner,
            given: Location::caller(),
        };
        Partitions {
            partitioner: match check_count(checked.partitions) {
                Ok(()) => Ok(Arc::new(checked)),
                Err(_) => Err(checked.partitions),
            },
        }
    }

    /// No partitions, for what is made of no record.
    #[doc(hidden)]
    #[must_use]
    pub fn nowhere() -> Partitions<K> {
        Partitions {
            partitioner: Ok(Arc::new(Nowhere)),
        }
    }

    /// # Errors
    /// If there are none, or too many.
    #[doc(hidden)]
    pub fn partitioner(self) -> Result<Arc<dyn Partitioner<K>>> {
        match self.partitioner {
            Ok(partitioner) => Ok(partitioner),
            Err(count) => check_count(count).map(|()| Arc::new(Nowhere) as _),
        }
    }
}

/// A partitioner of the program's own, whose word is not taken for it: what it gives is an index.
struct Checked<P> {
    partitioner: P,
    partitions: usize,
    given: &'static Location<'static>,
}

impl<K, P: Partitioner<K>> Partitioner<K> for Checked<P> {
    fn partitions(&self) -> usize {
        self.partitions
    }

    fn partition(&self, key: &K) -> usize {
        let partition = self.partitioner.partition(key);
        if partition >= self.partitions {
            let (given, partitions) = (self.given, self.partitions);
            panic!(
                "the partitioner given at {given} put a key into partition {partition}, but has \
                 {}: a partition is counted from 0 and below their number",
                counted(partitions, "partition")
            );
        }
        partition
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
        let count = partitions as usize;
        let counted = NonZeroU32::new(partitions).filter(|_| check_count(count).is_ok());
        Partitions {
            partitioner: match counted {
                Some(counted) => Ok(Arc::new(HashPartitioner::new(counted))),
                None => Err(count),
            },
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
        let partitions = match &self.partitioner {
            Ok(own) => own.partitions(),
            Err(count) => *count,
        };
        f.debug_tuple("Partitions").field(&partitions).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn no_partitions_and_too_many_are_refused_and_named() {
        let refused = |count: u32| {
            let partitions: Partitions<i64> = count.into();
            partitions
                .partitioner()
                .err()
                .map(|error| error.to_string())
        };
        assert_eq!(refused(1), None);
        assert_eq!(refused(1 << 16), None);
        let most = "65537 partitions are too many: at most 65536";
        assert_eq!(refused((1 << 16) + 1).as_deref(), Some(most));
        let none = "the number of partitions must be positive";
        assert_eq!(refused(0).as_deref(), Some(none));
    }

    #[test]
    fn the_number_is_asked_for_once() {
        struct Growing(Arc<Mutex<usize>>);
        impl Partitioner<i64> for Growing {
            fn partitions(&self) -> usize {
                *self.0.lock().unwrap() += 1;
                *self.0.lock().unwrap()
            }
            fn partition(&self, _key: &i64) -> usize {
                0
            }
        }
        let asked = Arc::new(Mutex::new(0));
        let own = Partitions::by(Growing(Arc::clone(&asked)))
            .partitioner()
            .unwrap();
        assert_eq!((own.partitions(), own.partitions()), (1, 1));
        assert_eq!(*asked.lock().unwrap(), 1);
    }
}
