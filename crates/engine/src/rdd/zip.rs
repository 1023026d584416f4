//! `zip`: the records of two [`Rdd`]s in pairs.

use std::iter;

use crate::error::{Error, ErrorKind};
use crate::panics::fail;

use super::sides::Sides;
use super::{Rdd, RddSource};

impl<T: Send + 'static> Rdd<T> {
    /// Every record with the one that stands at its place in `other` (Spark: `zip`). Reads nothing
    /// yet; a task reads a partition of both sides.
    ///
    /// Both sides must have as many partitions; otherwise a rule is broken, which fails a batch and
    /// is reported elsewhere by `start` or the next wait. Partitions must have as many records;
    /// otherwise reading fails with PySpark's words for it.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let numbers = parallelize(vec![1, 2, 3], 2);
    /// let pairs = numbers.zip(&numbers.map(|n| n * n));
    /// assert_eq!(pairs.collect(), [(1, 1), (2, 4), (3, 9)]);
    /// ```
    pub fn zip<U: Send + 'static>(&self, other: &Rdd<U>) -> Rdd<(T, U)> {
        let together = self.partitions() == other.partitions();
        if !together {
            self.executor().refuse(Error::illegal(
                "zip: Can only zip with RDD which has the same number of partitions",
            ));
        }
        let zipped = Zipped {
            partitions: if together { self.partitions() } else { 0 },
            sides: Sides::of(self, other),
        };
        Rdd::new(zipped, self.executor().clone())
    }
}

struct Zipped<T, U> {
    partitions: usize,
    sides: Sides<T, U>,
}

impl<T: Send + 'static, U: Send + 'static> RddSource<(T, U)> for Zipped<T, U> {
    fn partitions(&self) -> usize {
        self.partitions
    }

    fn visit(&self, partition: usize, _piece: usize, each: &mut dyn FnMut((T, U))) {
        let left = self.sides.left.read_partition(partition);
        let right = self.sides.right.read_partition(partition);
        if left.len() != right.len() {
            fail(Error::new(
                ErrorKind::Task,
                "zip: Can only zip RDDs with same number of elements in each partition",
            ));
        }
        iter::zip(left, right).for_each(each);
    }

    fn prepare(&self) {
        self.sides.prepare();
    }

    fn keep(&self) {
        self.sides.keep();
    }

    fn is_detached(&self) -> bool {
        self.sides.is_detached()
    }
}
