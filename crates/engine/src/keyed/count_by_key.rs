//! `count_by_key` of an [`Rdd`].

use crate::data::Key;
use crate::rdd::Rdd;

impl<K: Key, V: Send + 'static> Rdd<(K, V)> {
    /// Counts the pairs of each key (Spark's `countByKey`, as a dataset), ordered by partition
    /// and by first arrival.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let counts = parallelize(vec![('a', 5), ('b', 6), ('a', 7)], 1).count_by_key();
    /// assert_eq!(counts.collect(), [('a', 2), ('b', 1)]);
    /// ```
    pub fn count_by_key(&self) -> Rdd<(K, i64)> {
        self.keys().count_by_value()
    }
}
