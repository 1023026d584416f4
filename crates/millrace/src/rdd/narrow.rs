//! Record by record: the operators of an [`Rdd`] that read nothing before they are read.

use std::fmt;

use super::{Rdd, RddSource, by_pieces};

impl<T: Send + 'static> Rdd<T> {
    /// Passes every record through `function` (Spark: `map`). Reads nothing yet; a record is
    /// passed through again whenever it is read again.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let squares = parallelize(vec![1, 2, 3], 2).map(|n| n * n);
    /// assert_eq!(squares.collect(), [1, 4, 9]);
    /// ```
    #[must_use]
    pub fn map<U, F>(&self, function: F) -> Rdd<U>
    where
        U: Send + 'static,
        F: Fn(T) -> U + Send + Sync + 'static,
    {
        self.narrow(move |record, sink| sink(function(record)))
    }

    /// Keeps the records that `predicate` holds for (Spark: `filter`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let even = parallelize(vec![1, 2, 3, 4], 2).filter(|n| n % 2 == 0);
    /// assert_eq!(even.collect(), [2, 4]);
    /// ```
    #[must_use]
    pub fn filter<F>(&self, predicate: F) -> Rdd<T>
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        self.narrow(move |record, sink| {
            if predicate(&record) {
                sink(record);
            }
        })
    }

    /// Makes any number of records of each (Spark: `flatMap`).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let twice = parallelize(vec!["a", "b"], 2).flat_map(|word| [word, word]);
    /// assert_eq!(twice.collect(), ["a", "a", "b", "b"]);
    /// ```
    #[must_use]
    pub fn flat_map<I, F>(&self, function: F) -> Rdd<I::Item>
    where
        I: IntoIterator<Item: Send + 'static>,
        F: Fn(T) -> I + Send + Sync + 'static,
    {
        self.narrow(move |record, sink| function(record).into_iter().for_each(sink))
    }

    fn narrow<U, F>(&self, each: F) -> Rdd<U>
    where
        U: Send + 'static,
        F: Fn(T, &mut dyn FnMut(U)) + Send + Sync + 'static,
    {
        let parent = self.clone();
        Rdd::new(Narrow { parent, each }, self.executor().clone())
    }
}

/// Pieces and partitions are the parent's.
struct Narrow<T, F> {
    parent: Rdd<T>,
    each: F,
}

impl<T, U, F> RddSource<U> for Narrow<T, F>
where
    T: Send + 'static,
    F: Fn(T, &mut dyn FnMut(U)) + Send + Sync,
{
    fn partitions(&self) -> usize {
        self.parent.partitions()
    }

    fn pieces(&self, partition: usize) -> usize {
        self.parent.source().pieces(partition)
    }

    fn visit(&self, partition: usize, piece: usize, sink: &mut dyn FnMut(U)) {
        self.parent
            .visit(partition, piece, &mut |record| (self.each)(record, sink));
    }

    fn prepare(&self) {
        self.parent.source().prepare();
    }

    /// Passes through no more than are needed, if the parent finds its first few.
    fn take(&self, count: usize) -> Vec<U> {
        if !self.takes_few() {
            return by_pieces(self, count);
        }
        let mut taken = Vec::new();
        self.parent.in_growing_lists(count, &mut |records| {
            for record in records {
                if taken.len() >= count {
                    break;
                }
                (self.each)(record, &mut |made| {
                    if taken.len() < count {
                        taken.push(made);
                    }
                });
            }
            taken.len() >= count
        });
        taken
    }

    fn takes_few(&self) -> bool {
        self.parent.source().takes_few()
    }

    /// Texts that are made of detached ones share no received block.
    fn is_detached(&self) -> bool {
        self.parent.source().is_detached()
    }
}

impl<T, F> fmt::Debug for Narrow<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Narrow").finish_non_exhaustive()
    }
}
