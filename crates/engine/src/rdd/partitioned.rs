//! Partition by partition: operators of an [`Rdd`] whose functions see a whole partition.

use std::vec::IntoIter;

use super::{Rdd, RddSource};

impl<T: Send + 'static> Rdd<T> {
    /// Makes every partition what `function` makes of its records (Spark: `mapPartitions`).
    ///
    /// A receiver's input of a batch is one partition.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let sums = parallelize(vec![1, 2, 3, 4, 5], 2).map_partitions(|records| [records.sum::<i32>()]);
    /// assert_eq!(sums.collect(), [3, 12]);
    /// ```
    pub fn map_partitions<I, F>(&self, function: F) -> Rdd<I::Item>
    where
        I: IntoIterator<Item: Send + 'static>,
        F: Fn(IntoIter<T>) -> I + Send + Sync + 'static,
    {
        self.map_partitions_with_index(move |_, records| function(records))
    }

    /// [`map_partitions`](Rdd::map_partitions) with the number of the partition, from zero
    /// (Spark: `mapPartitionsWithIndex`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let sizes = parallelize(vec!["a", "b", "c"], 2)
    ///     .map_partitions_with_index(|index, records| [(index, records.len())]);
    /// assert_eq!(sizes.collect(), [(0, 1), (1, 2)]);
    /// ```
    pub fn map_partitions_with_index<I, F>(&self, function: F) -> Rdd<I::Item>
    where
        I: IntoIterator<Item: Send + 'static>,
        F: Fn(usize, IntoIter<T>) -> I + Send + Sync + 'static,
    {
        let source = Partitioned {
            parent: self.clone(),
            function: move |partition, records, sink: &mut dyn FnMut(I::Item)| {
                function(partition, records).into_iter().for_each(sink);
            },
        };
        Rdd::new(source, self.executor().clone())
    }

    /// Makes every partition one record, the list of its records (Spark: `glom`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![1, 2, 3], 2).glom().collect(), [vec![1], vec![2, 3]]);
    /// ```
    pub fn glom(&self) -> Rdd<Vec<T>> {
        self.map_partitions(|records| [records.collect()])
    }

    /// Reads a whole partition.
    pub(crate) fn read_partition(&self, partition: usize) -> Vec<T> {
        let mut records = Vec::new();
        for piece in 0..self.source().pieces(partition) {
            self.visit(partition, piece, &mut |record| records.push(record));
        }
        records
    }
}

struct Partitioned<T, F> {
    parent: Rdd<T>,
    function: F,
}

impl<T, U, F> RddSource<U> for Partitioned<T, F>
where
    T: Send + 'static,
    F: Fn(usize, IntoIter<T>, &mut dyn FnMut(U)) + Send + Sync,
{
    fn partitions(&self) -> usize {
        self.parent.partitions()
    }

    fn visit(&self, partition: usize, _piece: usize, sink: &mut dyn FnMut(U)) {
        let records = self.parent.read_partition(partition);
        (self.function)(partition, records.into_iter(), sink);
    }

    fn prepare(&self) {
        self.parent.source().prepare();
    }

    fn keep(&self) {
        self.parent.source().keep();
    }

    fn is_detached(&self) -> bool {
        self.parent.source().is_detached()
    }
}
