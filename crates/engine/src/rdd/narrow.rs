//! Record by record: the operators of an [`Rdd`] that read nothing before they are read.

use std::fmt;
use std::sync::Arc;

use crate::panics::caught;
use crate::poison::{At, Operator, Skipping, next_reader, shown};

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
        let narrow = Narrow {
            parent,
            each: Arc::new(each),
            reader: next_reader(),
            operator: Operator::running(),
        };
        Rdd::new(narrow, self.executor().clone())
    }
}

/// Pieces and partitions are the parent's.
struct Narrow<T, F> {
    parent: Rdd<T>,
    each: Arc<F>,
    /// The number of this reader among all, and the operator that it was made in.
    reader: u64,
    operator: Arc<str>,
}

impl<T: Send + 'static, F> Narrow<T, F> {
    /// The rule for records that the function panics at, if they are skipped.
    fn skipping(&self) -> Option<Skipping<'_>> {
        let executor = self.parent.executor();
        executor.skipping(self.reader, &self.operator)
    }

    /// Passes a record through, or passes over it if the function panics at it.
    fn pass_or_skip<U>(
        &self,
        record: T,
        (skipping, at, index): (&Skipping<'_>, (At, bool), u64),
        sink: &mut dyn FnMut(U),
    ) where
        F: Fn(T, &mut dyn FnMut(U)),
    {
        let (record_shown, mut made) = (shown(&record), Vec::new());
        // What was made until a panic is not looked at.
        match caught(|| (self.each)(record, &mut |record| made.push(record))) {
            Ok(()) => made.into_iter().for_each(sink),
            Err(panicked) => skipping.skip(at, index, panicked.message, record_shown),
        }
    }
}

impl<T, U, F> RddSource<U> for Narrow<T, F>
where
    T: Send + 'static,
    F: Fn(T, &mut dyn FnMut(U)) + Send + Sync + 'static,
{
    fn partitions(&self) -> usize {
        self.parent.partitions()
    }

    fn pieces(&self, partition: usize) -> usize {
        self.parent.source().pieces(partition)
    }

    fn visit(&self, partition: usize, piece: usize, sink: &mut dyn FnMut(U)) {
        let Some(skipping) = self.skipping() else {
            let mut pass = |record| (self.each)(record, sink);
            return self.parent.visit(partition, piece, &mut pass);
        };
        let mut made = Vec::new();
        let mut pass = |record| (self.each)(record, &mut |record| made.push(record));
        // What was made until a panic is not looked at.
        if caught(|| self.parent.visit(partition, piece, &mut pass)).is_ok() {
            return made.into_iter().for_each(sink);
        }
        drop(made);
        let at = At {
            part: partition,
            run: 0,
            piece,
        };
        let mut index = 0;
        self.parent.visit(partition, piece, &mut |record| {
            self.pass_or_skip(record, (&skipping, (at, false), index), sink);
            index += 1;
        });
    }

    fn prepare(&self) {
        self.parent.source().prepare();
    }

    fn keep(&self) {
        self.parent.source().keep();
    }

    /// Passes through no more than are needed, if the parent finds its first few.
    fn take(&self, count: usize) -> Vec<U> {
        if !self.takes_few() {
            return by_pieces(self, count);
        }
        let (mut taken, mut index) = (Vec::new(), 0);
        let skipping = self.skipping();
        self.parent.in_growing_lists(count, &mut |records| {
            for record in records {
                if taken.len() >= count {
                    break;
                }
                let take: &mut dyn FnMut(U) = &mut |made| {
                    if taken.len() < count {
                        taken.push(made);
                    }
                };
                match &skipping {
                    None => (self.each)(record, take),
                    Some(skipping) => {
                        let place = (skipping, (At::default(), true), index);
                        self.pass_or_skip(record, place, take);
                    }
                }
                index += 1;
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

    /// Records that are passed over are told by their places.
    fn unordered(self: Arc<Self>) -> Option<Arc<dyn RddSource<U>>> {
        if self.skipping().is_some() {
            return None;
        }
        Some(Arc::new(Narrow {
            parent: self.parent.unordered()?,
            each: Arc::clone(&self.each),
            reader: self.reader,
            operator: Arc::clone(&self.operator),
        }))
    }
}

impl<T, F> fmt::Debug for Narrow<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Narrow").finish_non_exhaustive()
    }
}
