//! `max` and `min`: the greatest and the smallest record of an [`Rdd`].

use super::Rdd;

impl<T: Clone + Send + 'static> Rdd<T> {
    /// The greatest record, the first of equal ones; nothing of nothing (Spark: `max`, which fails
    /// there).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![3, 1, 4, 1], 2).max(), Some(4));
    /// ```
    #[must_use]
    pub fn max(&self) -> Option<T>
    where
        T: Ord,
    {
        self.reduce(|one, other| if other > one { other } else { one })
    }

    /// [`max`](Rdd::max) in the order of what `key` says of a record.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let counts = parallelize(vec![("a", 2), ("b", 7), ("c", 7)], 2);
    /// assert_eq!(counts.max_by(|(_, count)| *count), Some(("b", 7)));
    /// ```
    #[must_use]
    pub fn max_by<O, F>(&self, key: F) -> Option<T>
    where
        O: Ord,
        F: Fn(&T) -> O + Send + Sync,
    {
        self.reduce(|one, other| if key(&other) > key(&one) { other } else { one })
    }

    /// The smallest record, the first of equal ones; nothing of nothing (Spark: `min`, which fails
    /// there).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![3, 1, 4, 1], 2).min(), Some(1));
    /// ```
    #[must_use]
    pub fn min(&self) -> Option<T>
    where
        T: Ord,
    {
        self.reduce(|one, other| if other < one { other } else { one })
    }

    /// [`min`](Rdd::min) in the order of what `key` says of a record.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let counts = parallelize(vec![("a", 2), ("b", 7), ("c", 2)], 2);
    /// assert_eq!(counts.min_by(|(_, count)| *count), Some(("a", 2)));
    /// ```
    #[must_use]
    pub fn min_by<O, F>(&self, key: F) -> Option<T>
    where
        O: Ord,
        F: Fn(&T) -> O + Send + Sync,
    {
        self.reduce(|one, other| if key(&other) < key(&one) { other } else { one })
    }
}
