//! `cartesian`: every record of one [`Rdd`] with every record of another.

use super::{Rdd, RddSource};

impl<T: Clone + Send + Sync + 'static> Rdd<T> {
    /// Every record with every record of `other` (Spark: `cartesian`).
    ///
    /// Partition `i * n + j` has the pairs of this side's partition `i` with the `j`th of the `n`
    /// partitions of `other`, left-major. Reads nothing yet; each task that reads a piece of this
    /// side reads a whole partition of `other` and keeps it as long.
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let (digits, letters) = (ssc.parallelize(vec![1, 2]), ssc.parallelize(vec!['a', 'b']));
    ///     let pairs = digits.cartesian(&letters);
    ///     assert_eq!(pairs.collect(), [(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]);
    /// });
    /// ```
    pub fn cartesian<U: Clone + Send + Sync + 'static>(&self, other: &Rdd<U>) -> Rdd<(T, U)> {
        let (left, right) = (self.clone(), other.clone());
        Rdd::new(Cartesian { left, right }, self.executor().clone())
    }
}

struct Cartesian<T, U> {
    left: Rdd<T>,
    right: Rdd<U>,
}

impl<T, U> RddSource<(T, U)> for Cartesian<T, U>
where
    T: Clone + Send + 'static,
    U: Clone + Send + 'static,
{
    fn partitions(&self) -> usize {
        self.left.partitions() * self.right.partitions()
    }

    fn pieces(&self, partition: usize) -> usize {
        let partition = partition / self.right.partitions();
        self.left.source().pieces(partition)
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut((T, U))) {
        let rights = self.right.partitions();
        let right = self.right.read_partition(partition % rights);
        self.left.visit(partition / rights, piece, &mut |left| {
            let rights = right.iter().cloned();
            rights.for_each(|right| each((left.clone(), right)));
        });
    }

    fn prepare(&self) {
        self.left.source().prepare();
        self.right.source().prepare();
    }

    fn keep(&self) {
        self.left.source().keep();
        self.right.source().keep();
    }

    fn is_detached(&self) -> bool {
        self.left.source().is_detached() && self.right.source().is_detached()
    }

    fn known_count(&self) -> Option<u64> {
        let (left, right) = (self.left.source(), self.right.source());
        left.known_count()?.checked_mul(right.known_count()?)
    }
}
