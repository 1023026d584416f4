//! `union`: the partitions of one [`Rdd`], then those of another.

use std::sync::Arc;

use super::{Rdd, RddSource};

impl<T: Send + 'static> Rdd<T> {
    /// The partitions of this dataset, then those of `other` (Spark: `union`). Reads nothing.
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let (some, more) = (ssc.parallelize(vec![1, 2]), ssc.parallelize(vec![2, 3]));
    ///     assert_eq!(some.union(&more).collect(), [1, 2, 2, 3]);
    /// });
    /// ```
    pub fn union(&self, other: &Rdd<T>) -> Rdd<T> {
        Rdd::concatenated(vec![self.clone(), other.clone()], self.executor())
    }

    /// The partitions of all parts, in order.
    #[doc(hidden)]
    pub fn concatenated(parts: Vec<Rdd<T>>, executor: &crate::exec::Executor) -> Rdd<T> {
        Rdd::new(Concatenated::new(parts), executor.clone())
    }
}

struct Concatenated<T> {
    parts: Vec<Rdd<T>>,
    /// For every partition the part that has it, and its number in that part.
    index: Vec<(usize, usize)>,
}

impl<T: Send + 'static> Concatenated<T> {
    fn new(parts: Vec<Rdd<T>>) -> Concatenated<T> {
        let of_part = |(part, rdd): (usize, &Rdd<T>)| {
            (0..rdd.partitions()).map(move |partition| (part, partition))
        };
        let index = parts.iter().enumerate().flat_map(of_part).collect();
        Concatenated { parts, index }
    }
}

impl<T: Send + 'static> RddSource<T> for Concatenated<T> {
    fn partitions(&self) -> usize {
        self.index.len()
    }

    fn pieces(&self, partition: usize) -> usize {
        let (part, partition) = self.index[partition];
        self.parts[part].source().pieces(partition)
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(T)) {
        let (part, partition) = self.index[partition];
        self.parts[part].visit(partition, piece, each);
    }

    fn prepare(&self) {
        self.parts.iter().for_each(|part| part.source().prepare());
    }

    fn keep(&self) {
        self.parts.iter().for_each(|part| part.source().keep());
    }

    fn is_materialized(&self) -> bool {
        self.parts
            .iter()
            .all(|part| part.source().is_materialized())
    }

    fn take(&self, count: usize) -> Vec<T> {
        let mut taken = Vec::new();
        for part in &self.parts {
            taken.extend(part.read_first(count - taken.len()));
        }
        taken
    }

    fn is_detached(&self) -> bool {
        self.parts.iter().all(|part| part.source().is_detached())
    }

    fn takes_few(&self) -> bool {
        self.parts.iter().all(|part| part.source().takes_few())
    }

    fn known_count(&self) -> Option<u64> {
        self.parts
            .iter()
            .map(|part| part.source().known_count())
            .sum()
    }

    fn unordered(self: Arc<Self>) -> Option<Arc<dyn RddSource<T>>> {
        let unordered: Vec<Option<Rdd<T>>> = self.parts.iter().map(Rdd::unordered).collect();
        if unordered.iter().all(Option::is_none) {
            return None;
        }
        let parts = unordered.into_iter().zip(&self.parts);
        let parts = parts.map(|(unordered, part)| unordered.unwrap_or_else(|| part.clone()));
        Some(Arc::new(Concatenated::new(parts.collect())))
    }
}
