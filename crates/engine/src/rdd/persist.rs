//! `persist` of an [`Rdd`]: computed once, however often it is read.

use super::Rdd;

impl<T: Clone + Send + Sync + 'static> Rdd<T> {
    /// The same records, computed now and kept in memory as long as somebody has the dataset
    /// (Spark: `persist`, `cache`; `unpersist` is to let go of it).
    ///
    /// The returned dataset is kept, not the one that the method is called on. The result of a shuffle,
    /// and a list, is kept anyway and costs nothing more.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use millrace::testing::parallelize;
    /// let calls = Arc::new(AtomicU32::new(0));
    /// let counter = Arc::clone(&calls);
    /// let parsed = parallelize(vec!["1", "2"], 2).map(move |word| {
    ///     counter.fetch_add(1, Ordering::Relaxed);
    ///     word.len()
    /// });
    /// let kept = parsed.persist();
    /// assert_eq!((kept.collect(), kept.count()), (vec![1, 1], 2));
    /// assert_eq!(calls.load(Ordering::Relaxed), 2);
    /// ```
    pub fn persist(&self) -> Rdd<T> {
        self.materialize_detached()
    }
}
