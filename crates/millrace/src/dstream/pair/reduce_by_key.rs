//! `reduce_by_key`: the values of a key become one.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::Pipeline;
use millrace_engine::shuffle::Reduce;

use super::super::{Computed, DStream, named};
use super::{ShuffleNode, Shuffling, default_partitioner, partitioner_of};

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Combines the values of every key of a batch by `function`, from left to right (Spark:
    /// `reduceByKey`).
    ///
    /// `function` must be associative: a worker combines what it has read before the parts
    /// meet. It need not be commutative; the parts meet in arrival order.
    ///
    /// The result has `spark.default.parallelism` partitions, else as many as workers, and is
    /// ordered by partition and first arrival. Cost: one table operation per record, one merge per
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
    pub fn reduce_by_key<F>(&self, function: F) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let name = named("reduce_by_key", Location::caller());
        let partitioner = default_partitioner(&self.builder);
        self.reduced(name, function, partitioner)
    }

    /// [`reduce_by_key`](DStream::reduce_by_key) with a number of partitions or a partitioner.
    ///
    /// ```
    /// use millrace::testing::Setup;
    /// let batches = Setup::default().run_batches(&["a b c\n"], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .map(|word| (word, 1_i64))
    ///         .reduce_by_key_with(|a, b| a + b, 2)
    /// });
    /// let words: Vec<_> = batches[0].iter().map(|(word, _)| word.as_str()).collect();
    /// assert_eq!(words, ["b", "c", "a"]);
    /// ```
    #[track_caller]
    pub fn reduce_by_key_with<F>(
        &self,
        function: F,
        partitions: impl Into<Partitions<K>>,
    ) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let name = named("reduce_by_key", Location::caller());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.reduced(name, function, partitioner)
    }

    fn reduced<F>(
        &self,
        name: String,
        function: F,
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> Computed<(K, V)>
    where
        F: Fn(V, V) -> V + Send + Sync + 'static,
    {
        let shuffling = Shuffling::new(&self.pipeline, Reduce(function), &self.builder, &name);
        self.of_node(
            name,
            ShuffleNode {
                shuffling,
                partitioner,
            },
        )
    }
}
