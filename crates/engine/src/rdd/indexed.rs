//! `zip_with_index` and `zip_with_unique_id`: every record with a number of its own.

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

    /// Every record with a number that no other has, without reading first (Spark:
    /// `zipWithUniqueId`): of `n` partitions the records of the `k`th get `k`, `n + k`, `2 * n + k`
    /// and so on.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let numbered = parallelize(vec!["a", "b", "c"], 2).zip_with_unique_id();
    /// assert_eq!(numbered.collect(), [("a", 0), ("b", 1), ("c", 3)]);
    /// ```
    pub fn zip_with_unique_id(&self) -> Rdd<(T, u64)> {
        let partitions = self.partitions();
        self.map_partitions_with_index(move |partition, records| {
            let numbers = (partition as u64..).step_by(partitions);
            records.zip(numbers)
        })
    }
}
