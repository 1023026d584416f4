//! `distinct` and `count_by_value` of an [`Rdd`].

use crate::data::Key;
use crate::rdd::Rdd;

impl<T: Key> Rdd<T> {
    /// Every record once (Spark: `distinct`), ordered by partition and first arrival.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec!['b', 'a', 'b'], 1).distinct().collect(), ['b', 'a']);
    /// ```
    pub fn distinct(&self) -> Rdd<T> {
        self.map(|record| (record, ()))
            .reduce_by_key(|(), ()| ())
            .keys()
    }

    /// Counts each record's occurrences (Spark's `countByValue`, as a dataset).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let counts = parallelize(vec!['b', 'a', 'b'], 1).count_by_value();
    /// assert_eq!(counts.collect(), [('b', 2), ('a', 1)]);
    /// ```
    pub fn count_by_value(&self) -> Rdd<(T, i64)> {
        self.map(|record| (record, 1)).reduce_by_key(|a, b| a + b)
    }
}
