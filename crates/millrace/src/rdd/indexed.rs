//! `zip_with_index`: every record with its place.

use super::Rdd;

impl<T: Clone + Send + Sync + 'static> Rdd<T> {
    /// Every record with its number, counted from zero over all partitions in order (Spark:
    /// `zipWithIndex`). Partitions stay.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let numbered = parallelize(vec!["a", "b", "c"], 2).zip_with_index();
    /// assert_eq!(numbered.collect(), [("a", 0), ("b", 1), ("c", 2)]);
    /// ```
    #[must_use]
    pub fn zip_with_index(&self) -> Rdd<(T, u64)> {
        let mut next = 0;
        let numbered = self.collect_partitions().into_iter().map(|records| {
            let first = next;
            next += records.len() as u64;
            records.into_iter().zip(first..).collect()
        });
        let numbered = numbered.collect();
        Rdd::of_partitions(numbered, self.executor())
    }
}
