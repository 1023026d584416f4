//! `update_state_by_key`: a value a key that lives from batch to batch.

use std::panic::Location;
use std::sync::Arc;

use crate::data::{Data, Key};
use crate::error::Result;
use crate::graph::{BatchRun, Made, Node};
use crate::pipeline::{NodeId, Output, Pipeline};
use crate::rdd::Rdd;
use crate::shuffle::{Group, Values};
use crate::stage::EagerStage;
use crate::state::{StateStore, StateView, Update};

use super::super::{DStream, named};
use super::{Shuffling, default_partitioner};

/// What [`update_state_by_key_with`](DStream::update_state_by_key_with) can be told.
#[derive(Debug, Clone)]
pub struct StateOptions<K, S> {
    initial: Vec<(K, S)>,
    idle_keeps: bool,
}

impl<K, S> StateOptions<K, S> {
    /// No initial state; the function sees every key in every batch.
    pub fn new() -> StateOptions<K, S> {
        StateOptions {
            initial: Vec::new(),
            idle_keeps: false,
        }
    }

    /// The state before the first batch (Spark: `initialRDD`). Of two states for one key the
    /// first counts, as in PySpark. The function sees these keys from the first batch on.
    #[must_use]
    pub fn initial_state(mut self, initial: impl IntoIterator<Item = (K, S)>) -> Self {
        self.initial = initial.into_iter().collect();
        self
    }

    /// Declares that a key without new values keeps its state: `f(&[], Some(s)) == Some(s)`.
    /// The function is then called only for keys that a batch brings, and a batch costs what it
    /// brings and not what the state holds.
    #[must_use]
    pub fn idle_keeps_state(mut self) -> Self {
        self.idle_keeps = true;
        self
    }
}

impl<K, S> Default for StateOptions<K, S> {
    fn default() -> Self {
        StateOptions::new()
    }
}

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<P> {
    /// Keeps a state for every key (Spark: `updateStateByKey`).
    ///
    /// In every batch `function` is called once for every key that has a state or new values,
    /// with the new values in arrival order and the state; what it returns is the state from
    /// then on, and `None` removes the key. The stream is the whole state, ordered by partition
    /// and by the batch and arrival that brought the key; a key that returns comes last.
    ///
    /// Cost: every key of the state in every batch, unless
    /// [`StateOptions::idle_keeps_state`] says otherwise; reading costs what is read.
    ///
    /// ```
    /// use millrace::Values;
    /// let batches = millrace::testing::run_batches(&["a b\n", "a\n"], |lines| {
    ///     lines
    ///         .flat_map(|line| line.split(" "))
    ///         .map(|word| (word, 1_i64))
    ///         .update_state_by_key(|new: &Values<i64>, last: Option<i64>| {
    ///             Some(new.iter().sum::<i64>() + last.unwrap_or(0))
    ///         })
    /// });
    /// let counts: Vec<_> = batches[1].iter().map(|(word, count)| (word.as_str(), *count)).collect();
    /// assert_eq!(counts, [("a", 2), ("b", 1)]);
    /// ```
    #[track_caller]
    pub fn update_state_by_key<S, F>(&self, function: F) -> DStream<Output<(K, S)>>
    where
        S: Data,
        F: Fn(&Values<V>, Option<S>) -> Option<S> + Send + Sync + 'static,
    {
        self.update_state_by_key_with(function, StateOptions::new())
    }

    /// [`update_state_by_key`](DStream::update_state_by_key) with an initial state, or with a
    /// promise about idle keys.
    ///
    /// ```
    /// use millrace::{StateOptions, Text, Values};
    /// let batches = millrace::testing::run_batches(&["a\n"], |lines| {
    ///     lines.map(|word| (word, 1_i64)).update_state_by_key_with(
    ///         |new: &Values<i64>, last: Option<i64>| {
    ///             Some(new.iter().sum::<i64>() + last.unwrap_or(0))
    ///         },
    ///         StateOptions::new().initial_state([(Text::from("hello"), 1)]),
    ///     )
    /// });
    /// let counts: Vec<_> = batches[0].iter().map(|(word, count)| (word.as_str(), *count)).collect();
    /// assert_eq!(counts, [("hello", 1), ("a", 1)]);
    /// ```
    #[track_caller]
    pub fn update_state_by_key_with<S, F>(
        &self,
        function: F,
        options: StateOptions<K, S>,
    ) -> DStream<Output<(K, S)>>
    where
        S: Data,
        F: Fn(&Values<V>, Option<S>) -> Option<S> + Send + Sync + 'static,
    {
        let name = named("update_state_by_key", Location::caller());
        let shuffling = Shuffling::new(&self.pipeline, Group, &self.builder, &name);
        let partitioner = default_partitioner(&self.builder);
        let store = StateStore::new(shuffling.stage.hasher().clone(), partitioner);
        store.seed(options.initial);
        self.builder.keeps_state();
        let (store, update) = (Arc::new(store), Arc::new(function));
        self.of_node(
            name,
            StateNode {
                shuffling,
                store,
                update,
                every: !options.idle_keeps,
            },
        )
    }
}

struct StateNode<P, K: Key, V: Data, S> {
    shuffling: Shuffling<P, K, V, Group>,
    store: Arc<StateStore<K, S>>,
    update: Update<V, S>,
    every: bool,
}

impl<P, K, V, S> Node for StateNode<P, K, V, S>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    S: Data,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.shuffling.inputs.clone()
    }

    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.shuffling.eager()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Made> {
        let delta = self.shuffling.shards(batch)?;
        let executor = batch.executor();
        for mut shard in self.store.update(delta, &self.update, self.every, executor) {
            shard.recycle();
            self.shuffling.stage.spare_shards().push(shard);
        }
        let view = StateView::new(Arc::clone(&self.store));
        Ok(Made::of(Rdd::new(view, executor.clone())))
    }
}
