//! `coalesce`: fewer partitions, without moving a record from its neighbours.

use super::repartition::some_partitions;
use super::{Rdd, RddSource};

impl<T: Send + 'static> Rdd<T> {
    /// Puts neighbouring partitions together until there are `partitions` (Spark: `coalesce`
    /// without a shuffle, which is [`repartition`](Rdd::repartition)). More than there are change
    /// nothing. Reads nothing.
    ///
    /// Of `n` partitions the `i`th of `m` has those from `n * i / m` up to `n * (i + 1) / m`, as
    /// Spark puts them together where records have no place of their own. None at all are against
    /// the rules, as with [`repartition`](Rdd::repartition).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let four = parallelize(vec!['a', 'b', 'c', 'd'], 4);
    /// assert_eq!(four.coalesce(3).glom().collect(), [vec!['a'], vec!['b'], vec!['c', 'd']]);
    /// assert_eq!(four.coalesce(9).partitions(), 4);
    /// ```
    pub fn coalesce(&self, partitions: u32) -> Rdd<T> {
        let partitions = some_partitions("coalesce", partitions, self.executor()) as usize;
        if partitions >= self.partitions() {
            return self.clone();
        }
        let parents = self.partitions();
        let pieces_of = |partition| {
            let (start, end) = (
                parents * partition / partitions,
                parents * (partition + 1) / partitions,
            );
            let pieces = (start..end)
                .map(|parent| (0..self.source().pieces(parent)).map(move |piece| (parent, piece)));
            pieces.flatten().collect()
        };
        let source = Coalesced {
            parent: self.clone(),
            pieces: (0..partitions).map(pieces_of).collect(),
        };
        Rdd::new(source, self.executor().clone())
    }
}

struct Coalesced<T> {
    parent: Rdd<T>,
    /// Of every partition the parent's partitions and pieces.
    pieces: Vec<Vec<(usize, usize)>>,
}

impl<T: Send + 'static> RddSource<T> for Coalesced<T> {
    fn partitions(&self) -> usize {
        self.pieces.len()
    }

    fn pieces(&self, partition: usize) -> usize {
        self.pieces[partition].len()
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(T)) {
        let (partition, piece) = self.pieces[partition][piece];
        self.parent.visit(partition, piece, each);
    }

    fn prepare(&self) {
        self.parent.source().prepare();
    }

    fn keep(&self) {
        self.parent.source().keep();
    }

    fn is_materialized(&self) -> bool {
        self.parent.source().is_materialized()
    }

    fn take(&self, count: usize) -> Vec<T> {
        self.parent.read_first(count)
    }

    fn takes_few(&self) -> bool {
        self.parent.source().takes_few()
    }

    fn is_detached(&self) -> bool {
        self.parent.source().is_detached()
    }

    fn known_count(&self) -> Option<u64> {
        self.parent.source().known_count()
    }
}
