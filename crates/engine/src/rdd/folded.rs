//! All records into one value.

use super::Rdd;

impl<T: Send + 'static> Rdd<T> {
    /// Combines all records from left to right; nothing of nothing (Spark: `reduce`, which
    /// fails there). `function` must be associative.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![1, 2, 3], 2).reduce(|a, b| a + b), Some(6));
    /// assert_eq!(parallelize(Vec::<i32>::new(), 2).reduce(|a, b| a + b), None);
    /// ```
    #[must_use]
    pub fn reduce<F>(&self, function: F) -> Option<T>
    where
        T: Clone,
        F: Fn(T, T) -> T + Send + Sync,
    {
        let parts = self.on_pieces(self.pieces(), |partition, piece| {
            let mut reduced: Option<T> = None;
            self.visit(partition, piece, &mut |record| {
                reduced = Some(match reduced.take() {
                    None => record,
                    Some(earlier) => function(earlier, record),
                });
            });
            reduced
        });
        let reduced = parts.into_iter().flatten().reduce(function);
        reduced.map(|value| self.detach_record(value))
    }

    /// Combines all records of every partition with `zero`, then the partitions' results with
    /// `zero` (Spark: `fold`): `zero` counts once per partition and once more, so it should change
    /// nothing.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![1, 2, 3], 2).fold(0, |a, b| a + b), 6);
    /// ```
    #[must_use]
    pub fn fold<F>(&self, zero: T, function: F) -> T
    where
        T: Clone + Sync,
        F: Fn(T, T) -> T + Send + Sync,
    {
        self.aggregate(zero, &function, &function)
    }

    /// Folds every partition by `add`, beginning with `zero`, and combines the results by
    /// `merge`, beginning with `zero` (Spark: `aggregate`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let mean = parallelize(vec![1.0, 2.0, 6.0], 2).aggregate(
    ///     (0.0, 0),
    ///     |(sum, count), x| (sum + x, count + 1),
    ///     |(a, m), (b, n)| (a + b, m + n),
    /// );
    /// assert_eq!(mean, (9.0, 3));
    /// ```
    #[must_use]
    pub fn aggregate<A, F, G>(&self, zero: A, add: F, merge: G) -> A
    where
        A: Clone + Send + Sync + 'static,
        F: Fn(A, T) -> A + Send + Sync,
        G: Fn(A, A) -> A,
    {
        let partitions = (0..self.partitions())
            .map(|partition| (partition, 0))
            .collect();
        let parts = self.on_pieces(partitions, |partition, _| {
            let mut acc = Some(zero.clone());
            for piece in 0..self.source().pieces(partition) {
                self.visit(partition, piece, &mut |record| {
                    acc = acc.take().map(|acc| add(acc, record));
                });
            }
            acc.unwrap_or_else(|| zero.clone())
        });
        self.detach_record(parts.into_iter().fold(zero.clone(), merge))
    }

    /// Runs `function` on every record, on the workers and in no order (Spark: `foreach`).
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use millrace::testing::parallelize;
    /// let sum = AtomicU32::new(0);
    /// parallelize(vec![1, 2, 3], 2).for_each(|n| {
    ///     sum.fetch_add(n, Ordering::Relaxed);
    /// });
    /// assert_eq!(sum.into_inner(), 6);
    /// ```
    pub fn for_each<F>(&self, function: F)
    where
        F: Fn(T) + Send + Sync,
    {
        let all = self.in_any_order();
        all.on_pieces(all.pieces(), |partition, piece| {
            all.visit(partition, piece, &mut |record| function(record));
        });
    }

    /// Runs `function` on the records of every partition, on the workers (Spark:
    /// `foreachPartition`): what is made once per partition, a connection for instance, is made in
    /// it.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use millrace::testing::parallelize;
    /// let partitions = AtomicUsize::new(0);
    /// parallelize(vec![1, 2, 3], 2).for_each_partition(|records| {
    ///     assert!(records.len() > 0);
    ///     partitions.fetch_add(1, Ordering::Relaxed);
    /// });
    /// assert_eq!(partitions.into_inner(), 2);
    /// ```
    pub fn for_each_partition<F>(&self, function: F)
    where
        F: Fn(std::vec::IntoIter<T>) + Send + Sync,
    {
        let partitions = (0..self.partitions())
            .map(|partition| (partition, 0))
            .collect();
        self.on_pieces(partitions, |partition, _| {
            function(self.read_partition(partition).into_iter());
        });
    }
}
