//! `top` and `take_ordered`: the first few records of an [`Rdd`] by some order, without a sort of
//! the rest.

use std::cmp::Ordering;

use super::Rdd;

/// Records that a task collects before it drops those that cannot be among the first.
const WORTH_CUTTING: usize = 1 << 10;

impl<T: Send + 'static> Rdd<T> {
    /// The greatest `count` records, greatest first (Spark: `top`).
    ///
    /// Every task keeps about as many as are asked for; of equal ones the first are taken.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![3, 1, 4, 1, 5], 2).top(2), [5, 4]);
    /// ```
    #[must_use]
    pub fn top(&self, count: usize) -> Vec<T>
    where
        T: Clone + Ord,
    {
        self.first_by(count, |one, other| other.cmp(one))
    }

    /// [`top`](Rdd::top) in the order of what `key` says of a record.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let counts = parallelize(vec![("a", 2), ("b", 7), ("c", 5)], 2);
    /// assert_eq!(counts.top_by(2, |(_, count)| *count), [("b", 7), ("c", 5)]);
    /// ```
    #[must_use]
    pub fn top_by<O, F>(&self, count: usize, key: F) -> Vec<T>
    where
        T: Clone,
        O: Ord,
        F: Fn(&T) -> O + Send + Sync,
    {
        self.first_by(count, |one, other| key(other).cmp(&key(one)))
    }

    /// The smallest `count` records, smallest first (Spark: `takeOrdered`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![3, 1, 4, 1, 5], 2).take_ordered(3), [1, 1, 3]);
    /// ```
    #[must_use]
    pub fn take_ordered(&self, count: usize) -> Vec<T>
    where
        T: Clone + Ord,
    {
        self.first_by(count, T::cmp)
    }

    /// [`take_ordered`](Rdd::take_ordered) in the order of what `key` says of a record.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let words = parallelize(vec!["ccc", "a", "bb"], 2);
    /// assert_eq!(words.take_ordered_by(2, |word| word.len()), ["a", "bb"]);
    /// ```
    #[must_use]
    pub fn take_ordered_by<O, F>(&self, count: usize, key: F) -> Vec<T>
    where
        T: Clone,
        O: Ord,
        F: Fn(&T) -> O + Send + Sync,
    {
        self.first_by(count, |one, other| key(one).cmp(&key(other)))
    }

    fn first_by(&self, count: usize, order: impl Fn(&T, &T) -> Ordering + Sync) -> Vec<T>
    where
        T: Clone,
    {
        let cut = |records: &mut Vec<T>| {
            records.sort_by(&order);
            records.truncate(count);
        };
        let firsts = self.on_pieces(self.pieces(), |partition, piece| {
            let mut first = Vec::new();
            self.visit(partition, piece, &mut |record| {
                first.push(record);
                if first.len() / 2 >= count.max(WORTH_CUTTING) {
                    cut(&mut first);
                }
            });
            cut(&mut first);
            first
        });
        let mut first: Vec<T> = firsts.into_iter().flatten().collect();
        cut(&mut first);
        self.detach_records(first)
    }
}
