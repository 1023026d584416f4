//! `lookup`: the values of one key of an [`Rdd`].

use crate::rdd::Rdd;

impl<K, V> Rdd<(K, V)>
where
    K: PartialEq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The values of `key`, in order (Spark: `lookup`). Reads every partition.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let pairs = parallelize(vec![('a', 1), ('b', 2), ('a', 3)], 2);
    /// assert_eq!(pairs.lookup(&'a'), [1, 3]);
    /// ```
    pub fn lookup(&self, key: &K) -> Vec<V> {
        let key = key.clone();
        self.filter(move |(other, _)| *other == key)
            .values()
            .collect()
    }
}
