//! `group_by` of an [`Rdd`].

use crate::data::{Data, Key};
use crate::partition::Partitions;
use crate::rdd::Rdd;
use crate::shuffle::Values;

impl<T: Data> Rdd<T> {
    /// Collects the records that `function` says the same of, in order (Spark: `groupBy`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let groups = parallelize(vec![1, 2, 3, 5], 1).group_by(|n| n % 2);
    /// let groups: Vec<_> = groups.map(|(odd, all)| (odd, all.to_vec())).collect();
    /// assert_eq!(groups, [(1, vec![1, 3, 5]), (0, vec![2])]);
    /// ```
    pub fn group_by<K, F>(&self, function: F) -> Rdd<(K, Values<T>)>
    where
        K: Key,
        F: Fn(&T) -> K + Send + Sync + 'static,
    {
        self.key_by(function).group_by_key()
    }

    /// [`group_by`](Rdd::group_by) with a number of partitions or a partitioner.
    ///
    /// No partitions at all are against the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let groups = parallelize(vec!["a", "bb", "c"], 2).map(String::from).group_by_with(|word| word.len(), 1);
    /// assert_eq!(groups.map_values(|words| words.len()).collect(), [(1, 2), (2, 1)]);
    /// ```
    pub fn group_by_with<K, F>(
        &self,
        function: F,
        partitions: impl Into<Partitions<K>>,
    ) -> Rdd<(K, Values<T>)>
    where
        K: Key,
        F: Fn(&T) -> K + Send + Sync + 'static,
    {
        self.key_by(function).group_by_key_with(partitions)
    }
}
