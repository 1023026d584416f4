//! `flat_map_values` of an [`Rdd`].

use crate::rdd::Rdd;

impl<K: Clone + Send + 'static, V: Send + 'static> Rdd<(K, V)> {
    /// Replaces every pair by the pairs of its key with what `function` makes of its value, in
    /// order (Spark: `flatMapValues`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let pairs = parallelize(vec![('a', 2), ('b', 0)], 1).flat_map_values(|n| 0..n);
    /// assert_eq!(pairs.collect(), [('a', 0), ('a', 1)]);
    /// ```
    pub fn flat_map_values<I, F>(&self, function: F) -> Rdd<(K, I::Item)>
    where
        I: IntoIterator<Item: Send + 'static>,
        F: Fn(V) -> I + Send + Sync + 'static,
    {
        self.flat_map(move |(key, value)| {
            let values = function(value).into_iter();
            values.map(move |value| (key.clone(), value))
        })
    }
}
