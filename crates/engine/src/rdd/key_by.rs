//! `key_by`: every record behind what a function says of it.

use super::Rdd;

impl<T: Send + 'static> Rdd<T> {
    /// Puts in front of every record what `function` says of it, as its key (Spark: `keyBy`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let words = parallelize(vec!["a", "bcd"], 1).key_by(|word| word.len());
    /// assert_eq!(words.collect(), [(1, "a"), (3, "bcd")]);
    /// ```
    pub fn key_by<K, F>(&self, function: F) -> Rdd<(K, T)>
    where
        K: Send + 'static,
        F: Fn(&T) -> K + Send + Sync + 'static,
    {
        self.map(move |record| (function(&record), record))
    }
}
