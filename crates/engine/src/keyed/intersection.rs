//! `intersection` of two [`Rdd`]s.

use crate::data::Key;
use crate::rdd::Rdd;

impl<T: Key> Rdd<T> {
    /// The records that occur on both sides, each once (Spark: `intersection`), ordered by partition
    /// and by first arrival on this side.
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let (some, more) = (ssc.parallelize(vec![1, 2, 2, 3]), ssc.parallelize(vec![3, 2, 9]));
    ///     let mut both = some.intersection(&more).collect();
    ///     both.sort();
    ///     assert_eq!(both, [2, 3]);
    /// });
    /// ```
    pub fn intersection(&self, other: &Rdd<T>) -> Rdd<T> {
        let keyed = |rdd: &Rdd<T>| rdd.map(|record| (record, ()));
        let groups = keyed(self).cogroup(&keyed(other));
        let both = groups.filter(|(_, (own, others))| !own.is_empty() && !others.is_empty());
        both.keys()
    }
}
