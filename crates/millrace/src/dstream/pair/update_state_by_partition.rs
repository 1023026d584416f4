//! `update_state_by_partition`: the state of a whole partition at once.

use std::panic::Location;
use std::sync::Arc;
use std::vec::IntoIter;

use millrace_engine::data::{Data, Key};
use millrace_engine::error::Error;
use millrace_engine::pipeline::Pipeline;
use millrace_engine::shuffle::{Group, Values};
use millrace_engine::state::{PartitionStore, PartitionUpdate};
use millrace_runtime::graph::BatchRun;

use super::super::{Computed, DStream, named};
use super::state_node::StateNode;
use super::state_options::StateOptions;
use super::{Shards, Shuffling, partitioner_of_state};

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Keeps a state for every key with a function that sees a whole partition at once (Spark:
    /// `updateStateByKey` with `Iterator[(K, Seq[V], Option[S])] => Iterator[(K, S)]`).
    ///
    /// In every batch `function` is called once for every partition of the state, with all its
    /// keys: those that have a state in their order, then the new ones in the order of their
    /// first arrival, each with its new values and its state. The pairs that it gives are the
    /// state from then on, in the order in which it gives them; a key that it does not give is
    /// removed. It may make up keys, but only of the partition that it was given: another fails
    /// the batch. If it gives a key twice the first counts.
    ///
    /// Cost: every key of the state in every batch, and a clone of it. Partitions are updated
    /// side by side, so more of them than workers help if they differ in size.
    ///
    /// ```
    /// use millrace::StateOptions;
    /// // Only the two words that have been there the longest are counted.
    /// let batches = millrace::testing::run_batches(&["a b c\n", "c b a\n"], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .map(|word| (word, 1_i64))
    ///         .update_state_by_partition(
    ///             |keys| {
    ///                 keys.take(2).map(|(word, new, last): (_, _, Option<i64>)| {
    ///                     (word, last.unwrap_or(0) + new.iter().sum::<i64>())
    ///                 })
    ///             },
    ///             StateOptions::new(),
    ///         )
    /// });
    /// let counts: Vec<_> = batches[1].iter().map(|(word, count)| (word.as_str(), *count)).collect();
    /// assert_eq!(counts, [("a", 2), ("b", 2)]);
    /// ```
    #[track_caller]
    pub fn update_state_by_partition<S, I, F>(
        &self,
        function: F,
        options: StateOptions<K, S>,
    ) -> Computed<(K, S)>
    where
        S: Data,
        I: IntoIterator<Item = (K, S)>,
        F: Fn(IntoIter<(K, Values<V>, Option<S>)>) -> I + Send + Sync + 'static,
    {
        let name = named("update_state_by_partition", Location::caller());
        if options.idle_keeps {
            self.builder.record_error(Error::illegal(format!(
                "{name}: the function is given all keys of a partition, so none can be left out; \
                 drop idle_keeps_state, or use update_state_by_key"
            )));
        }
        let shuffling = Shuffling::new(&self.pipeline, Group, &self.builder, &name);
        let partitioner = partitioner_of_state(&self.builder, options.partitions, &name);
        let hasher = shuffling.stage.hasher().clone();
        let store = Arc::new(PartitionStore::new(hasher, partitioner, options.initial));
        self.builder.keeps_state();
        let function: PartitionUpdate<K, V, S> =
            Arc::new(move |keys| function(keys.into_iter()).into_iter().collect());
        let node = StateNode {
            shuffling,
            store: Arc::clone(&store) as _,
            update: move |delta: Shards<K, Values<V>>, batch: &BatchRun<'_>| {
                store.update(delta, &function, batch.number(), batch.executor())
            },
            name: name.clone(),
        };
        self.of_node(name, node)
    }
}
