//! `partition_by`: every pair in the partition of its key.

use std::panic::Location;

use millrace_engine::data::{Data, Key};
use millrace_engine::partition::Partitions;
use millrace_engine::pipeline::Pipeline;

use super::super::{Computed, DStream, named};
use super::partitioner_of;

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Puts every pair into the partition of its key (PySpark: `partitionBy`), given a number of
    /// partitions or a partitioner. A partition has its pairs in arrival order.
    ///
    /// The input is held until the tick. Nothing is gained for keyed operators behind it, which
    /// shuffle by their own rule: this is for what is seen of partitions.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b c a\n"], |lines| {
    ///     let pairs = lines.flat_map(|line| line.split(" ")).map(|word| (word, ()));
    ///     pairs.partition_by(2).map(|(word, ())| word).glom()
    /// });
    /// assert_eq!(batches, [[vec!["b", "c"], vec!["a", "a"]]]);
    /// ```
    #[track_caller]
    pub fn partition_by(&self, partitions: impl Into<Partitions<K>>) -> Computed<(K, V)> {
        let name = named("partition_by", Location::caller());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.transformed(name, move |rdd, _| rdd.parted(&*partitioner))
    }
}
