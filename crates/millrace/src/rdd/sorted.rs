//! Order: sorting an [`Rdd`], and its first records by some order.

use rayon::prelude::*;

use super::Rdd;

impl<T: Clone + Send + Sync + 'static> Rdd<T> {
    /// The records in the order of what `key` says of them, rising or falling; equal ones stay
    /// in the order in which they were (Spark: `sortBy`).
    ///
    /// The result has the default number of partitions, each a range of about equal size; where
    /// the ranges end is not Spark's, which draws samples.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let words = parallelize(vec!["ccc", "a", "bb"], 2);
    /// assert_eq!(words.sort_by(|word| word.len(), true).collect(), ["a", "bb", "ccc"]);
    /// assert_eq!(words.sort_by(|word| word.len(), false).collect(), ["ccc", "bb", "a"]);
    /// ```
    #[must_use]
    pub fn sort_by<O, F>(&self, key: F, ascending: bool) -> Rdd<T>
    where
        O: Ord,
        F: Fn(&T) -> O + Send + Sync,
    {
        let mut records = self.collect();
        self.executor().run(|| {
            if ascending {
                records.par_sort_by(|one, other| key(one).cmp(&key(other)));
            } else {
                records.par_sort_by(|one, other| key(other).cmp(&key(one)));
            }
        });
        Rdd::sliced(
            records,
            self.executor().default_partitions(),
            self.executor(),
        )
    }

    /// The greatest `count` records, greatest first (Spark: `top`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![3, 1, 4, 1, 5], 2).top(2), [5, 4]);
    /// ```
    pub fn top(&self, count: usize) -> Vec<T>
    where
        T: Ord,
    {
        self.first_by(count, |one, other| other.cmp(one))
    }

    /// The smallest `count` records, smallest first (Spark: `takeOrdered`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![3, 1, 4, 1, 5], 2).take_ordered(3), [1, 1, 3]);
    /// ```
    pub fn take_ordered(&self, count: usize) -> Vec<T>
    where
        T: Ord,
    {
        self.first_by(count, T::cmp)
    }

    fn first_by(
        &self,
        count: usize,
        order: impl Fn(&T, &T) -> std::cmp::Ordering + Sync,
    ) -> Vec<T> {
        let firsts = self.on_pieces(self.pieces(), |partition, piece| {
            let mut first: Vec<T> = Vec::new();
            self.visit(partition, piece, &mut |record| {
                first.push(record);
                // Cut now and then: memory is that of what is asked for.
                if first.len() >= 2 * count.max(1 << 10) {
                    first.sort_by(&order);
                    first.truncate(count);
                }
            });
            first.sort_by(&order);
            first.truncate(count);
            first
        });
        let mut first = firsts.concat();
        first.sort_by(&order);
        first.truncate(count);
        first
    }
}

impl<K, V> Rdd<(K, V)>
where
    K: Ord + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The pairs in the order of their keys (Spark: `sortByKey`); see [`sort_by`](Rdd::sort_by).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let pairs = parallelize(vec![(2, 'b'), (1, 'a')], 1);
    /// assert_eq!(pairs.sort_by_key(true).collect(), [(1, 'a'), (2, 'b')]);
    /// ```
    #[must_use]
    pub fn sort_by_key(&self, ascending: bool) -> Rdd<(K, V)> {
        self.sort_by(|(key, _)| key.clone(), ascending)
    }
}
