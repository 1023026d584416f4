//! Reading an [`Rdd`] on the driver's side: what every output needs.

use rayon::prelude::*;

use super::Rdd;

impl<T: Send + 'static> Rdd<T> {
    /// The number of partitions (Spark: `getNumPartitions`). An idle socket's batch has none
    /// (Spark 3.5).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     assert_eq!(ssc.parallelize_in(vec!['a', 'b', 'c'], 2).partitions(), 2);
    /// });
    /// ```
    #[must_use]
    pub fn partitions(&self) -> usize {
        self.source().partitions()
    }

    /// Runs `task` on every piece in `pieces` on the workers, and gives what they gave, in order.
    #[doc(hidden)]
    pub fn on_pieces<R: Send>(
        &self,
        pieces: Vec<(usize, usize)>,
        task: impl Fn(usize, usize) -> R + Sync,
    ) -> Vec<R> {
        self.source().prepare();
        match pieces.as_slice() {
            [] => Vec::new(),
            &[(partition, piece)] => vec![task(partition, piece)],
            _ => self.executor().run(|| {
                pieces
                    .into_par_iter()
                    .with_max_len(1)
                    .map(|(partition, piece)| task(partition, piece))
                    .collect()
            }),
        }
    }

    /// All records, partition by partition, as they are.
    #[doc(hidden)]
    #[must_use]
    pub fn collect_partitions(&self) -> Vec<Vec<T>> {
        self.collect_pieces(|records| records)
    }

    /// All records, partition by partition; a task passes those of a piece through `each`.
    fn collect_pieces(&self, each: impl Fn(Vec<T>) -> Vec<T> + Sync) -> Vec<Vec<T>> {
        let pieces = self.pieces();
        let collected = self.on_pieces(pieces.clone(), |partition, piece| {
            let mut records = Vec::new();
            self.visit(partition, piece, &mut |record| records.push(record));
            each(records)
        });
        let mut partitions: Vec<Vec<T>> = (0..self.partitions()).map(|_| Vec::new()).collect();
        for ((partition, piece), mut records) in pieces.into_iter().zip(collected) {
            if piece == 0 {
                partitions[partition] = records;
            } else {
                partitions[partition].append(&mut records);
            }
        }
        partitions
    }

    /// All records, partition after partition (Spark: `collect`); read on the workers.
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     assert_eq!(ssc.parallelize_in(vec![3, 1, 2], 2).collect(), [3, 1, 2]);
    /// });
    /// ```
    #[must_use]
    pub fn collect(&self) -> Vec<T>
    where
        T: Clone,
    {
        joined(self.collect_pieces(|records| self.detach_records(records)))
    }

    /// The result of [`collect`](Rdd::collect), not detached: for readers that do not keep it.
    #[doc(hidden)]
    #[must_use]
    pub fn read_all(&self) -> Vec<T> {
        joined(self.collect_partitions())
    }

    /// The first `count` records (Spark: `take`), in the order of [`collect`](Rdd::collect).
    /// Reads no more than it must.
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     assert_eq!(ssc.parallelize(vec![3, 1, 2]).take(2), [3, 1]);
    /// });
    /// ```
    #[must_use]
    pub fn take(&self, count: usize) -> Vec<T>
    where
        T: Clone,
    {
        self.detach_records(self.read_first(count))
    }

    /// The result of [`take`](Rdd::take), not detached: for readers that do not keep it.
    #[doc(hidden)]
    #[must_use]
    pub fn read_first(&self, count: usize) -> Vec<T> {
        self.source().take(count)
    }

    /// The first record, if there is one (Spark's `first` throws if there is none).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     assert_eq!(ssc.parallelize(vec![3, 1, 2]).first(), Some(3));
    ///     assert_eq!(ssc.parallelize(Vec::<u8>::new()).first(), None);
    /// });
    /// ```
    #[must_use]
    pub fn first(&self) -> Option<T>
    where
        T: Clone,
    {
        self.take(1).pop()
    }

    /// The number of records (Spark: `count`). Reads nothing if a shuffle, a state or `persist`
    /// knows it.
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     assert_eq!(ssc.parallelize(vec!['a', 'b', 'c']).count(), 3);
    /// });
    /// ```
    #[expect(
        clippy::must_use_candidate,
        reason = "Spark's programs count a dataset to have it computed"
    )]
    pub fn count(&self) -> u64 {
        if let Some(count) = self.source().known_count() {
            return count;
        }
        let all = self.in_any_order();
        let counts = all.on_pieces(all.pieces(), |partition, piece| {
            let mut count = 0_u64;
            all.visit(partition, piece, &mut |_| count += 1);
            count
        });
        counts.into_iter().sum()
    }

    /// True if there is no record (Spark: `isEmpty`).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     assert!(ssc.parallelize(Vec::<u8>::new()).is_empty());
    /// });
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read_first(1).is_empty()
    }
}

fn joined<T>(mut partitions: Vec<Vec<T>>) -> Vec<T> {
    if partitions.len() == 1 {
        return partitions.pop().unwrap_or_default();
    }
    partitions.into_iter().flatten().collect()
}
