//! `combine_by_key`: the values of a key become something else.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::Pipeline;
use millrace_engine::shuffle::CombineBy;

use super::super::{Computed, DStream, named};
use super::{ShuffleNode, Shuffling, default_partitioner, partitioner_of};

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Combines the values of every key of a batch into a combiner (Spark: `combineByKey`):
    /// `create` makes one of a first value, `merge_value` adds another value, and
    /// `merge_combiners` joins what neighbours have come to.
    ///
    /// The three must say the same thing: where one part ends and the next begins depends on
    /// timing. Values are taken from left to right, parts meet in arrival order. Partitions,
    /// order and cost are those of [`reduce_by_key`](DStream::reduce_by_key).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a1 b2 a3\n"], |lines| {
    ///     let pairs = lines.flat_map(|line| line.split(" ")).map(|word| {
    ///         (word[..1].to_owned(), word[1..].parse::<f64>().unwrap_or(0.0))
    ///     });
    ///     let sums = pairs.combine_by_key(
    ///         |x| (x, 1),
    ///         |(sum, count), x| (sum + x, count + 1),
    ///         |(a, m), (b, n)| (a + b, m + n),
    ///     );
    ///     sums.map_values(|(sum, count)| sum / f64::from(count))
    /// });
    /// assert_eq!(batches, [[("a".into(), 2.0), ("b".into(), 2.0)]]);
    /// ```
    #[track_caller]
    pub fn combine_by_key<C, F, G, H>(
        &self,
        create: F,
        merge_value: G,
        merge_combiners: H,
    ) -> Computed<(K, C)>
    where
        C: Data,
        F: Fn(V) -> C + Send + Sync + 'static,
        G: Fn(C, V) -> C + Send + Sync + 'static,
        H: Fn(C, C) -> C + Send + Sync + 'static,
    {
        let name = named("combine_by_key", Location::caller());
        let functions = combine_by(create, merge_value, merge_combiners);
        self.combined(name, functions, default_partitioner(&self.builder))
    }

    /// [`combine_by_key`](DStream::combine_by_key) with a number of partitions or a partitioner.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b c\n"], |lines| {
    ///     let pairs = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     pairs.combine_by_key_with(i64::from, |a, n| a + i64::from(n), |a, b| a + b, 2)
    /// });
    /// assert_eq!(batches, [[("b".into(), 1), ("c".into(), 1), ("a".into(), 1)]]);
    /// ```
    #[track_caller]
    pub fn combine_by_key_with<C, F, G, H>(
        &self,
        create: F,
        merge_value: G,
        merge_combiners: H,
        partitions: impl Into<Partitions<K>>,
    ) -> Computed<(K, C)>
    where
        C: Data,
        F: Fn(V) -> C + Send + Sync + 'static,
        G: Fn(C, V) -> C + Send + Sync + 'static,
        H: Fn(C, C) -> C + Send + Sync + 'static,
    {
        let name = named("combine_by_key", Location::caller());
        let functions = combine_by(create, merge_value, merge_combiners);
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.combined(name, functions, partitioner)
    }

    fn combined<C, F, G, H>(
        &self,
        name: String,
        functions: CombineBy<F, G, H>,
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> Computed<(K, C)>
    where
        C: Data,
        F: Fn(V) -> C + Send + Sync + 'static,
        G: Fn(C, V) -> C + Send + Sync + 'static,
        H: Fn(C, C) -> C + Send + Sync + 'static,
    {
        let shuffling = Shuffling::new(&self.pipeline, functions, &self.builder, &name);
        self.of_node(
            name,
            ShuffleNode {
                shuffling,
                partitioner,
            },
        )
    }
}

fn combine_by<F, G, H>(create: F, add: G, merge: H) -> CombineBy<F, G, H> {
    CombineBy { create, add, merge }
}
