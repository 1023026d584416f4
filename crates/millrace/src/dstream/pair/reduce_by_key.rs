//! `reduce_by_key`: the values of a key become one.

use std::panic::Location;

use crate::data::{Data, Key};
use crate::pipeline::{Output, Pipeline};
use crate::shuffle::Reduce;

use super::super::{DStream, named};
use super::{ShuffleNode, Shuffling, default_partitioner};

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<P> {
    /// Combines the values of every key of a batch by `function`, from left to right (Spark:
    /// `reduceByKey`).
    ///
    /// `function` must be associative: a worker combines what it has read before the parts
    /// meet. It need not be commutative; the parts meet in arrival order.
    ///
    /// The result has `spark.default.parallelism` partitions, else as many as workers, and is
    /// ordered by partition and first arrival. Cost: one table operation a record, one merge a
    /// distinct key and run.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["to be or not to be\n"], |lines| {
    ///     lines.flat_map(|line| line.split(" ")).map(|word| (word, 1_i64)).reduce_by_key(|a, b| a + b)
    /// });
    /// let counts: Vec<_> = batches[0].iter().map(|(word, count)| (word.as_str(), *count)).collect();
    /// assert_eq!(counts, [("to", 2), ("be", 2), ("or", 1), ("not", 1)]);
    /// ```
    #[track_caller]
    pub fn reduce_by_key<F>(&self, function: F) -> DStream<Output<(K, V)>>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let name = named("reduce_by_key", Location::caller());
        let shuffling = Shuffling::new(&self.pipeline, Reduce(function), &self.builder, &name);
        let partitioner = default_partitioner(&self.builder);
        self.of_node(
            name,
            ShuffleNode {
                shuffling,
                partitioner,
            },
        )
    }
}
