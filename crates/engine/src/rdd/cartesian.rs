//! `cartesian`: every record of one [`Rdd`] with every record of another.

use super::sides::Sides;
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
        Rdd::new(Cartesian(Sides::of(self, other)), self.executor().clone())
    }
}

struct Cartesian<T, U>(Sides<T, U>);

impl<T, U> RddSource<(T, U)> for Cartesian<T, U>
where
    T: Clone + Send + 'static,
    U: Clone + Send + 'static,
{
    fn partitions(&self) -> usize {
        self.0.left.partitions() * self.0.right.partitions()
    }

    fn pieces(&self, partition: usize) -> usize {
        let partition = partition / self.0.right.partitions();
        self.0.left.source().pieces(partition)
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut((T, U))) {
        let rights = self.0.right.partitions();
        let right = self.0.right.read_partition(partition % rights);
        self.0.left.visit(partition / rights, piece, &mut |left| {
            let rights = right.iter().cloned();
            rights.for_each(|right| each((left.clone(), right)));
        });
    }

    fn prepare(&self) {
        self.0.prepare();
    }

    fn keep(&self) {
        self.0.keep();
    }

    fn is_detached(&self) -> bool {
        self.0.is_detached()
    }

    fn known_count(&self) -> Option<u64> {
        let (left, right) = (self.0.left.source(), self.0.right.source());
        left.known_count()?.checked_mul(right.known_count()?)
    }
}
