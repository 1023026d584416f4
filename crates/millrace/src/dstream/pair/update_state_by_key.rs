//! `update_state_by_key`: a value per key that lives from batch to batch.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::pipeline::Pipeline;
use millrace_engine::poison::know;
use millrace_engine::rdd::Rdd;
use millrace_engine::shuffle::{Group, Values};
use millrace_engine::state::{StateStore, state_view};
use millrace_runtime::graph::BatchRun;
use millrace_types::BatchTime;

use super::super::{Computed, DStream, named};
use super::state_node::StateNode;
use super::state_options::StateOptions;
use super::{Shards, Shuffling, partitioner_of_state};

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
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
    pub fn update_state_by_key<S, F>(&self, function: F) -> Computed<(K, S)>
    where
        S: Data,
        F: Fn(&Values<V>, Option<S>) -> Option<S> + Send + Sync + 'static,
    {
        self.update_state_by_key_with(function, StateOptions::new())
    }

    /// [`update_state_by_key`](DStream::update_state_by_key) with an initial state, partitions,
    /// or a promise about idle keys.
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
    ) -> Computed<(K, S)>
    where
        S: Data,
        F: Fn(&Values<V>, Option<S>) -> Option<S> + Send + Sync + 'static,
    {
        let name = named("update_state_by_key", Location::caller());
        self.updated(name, options, move |_, _: &K, values, state| {
            function(values, state)
        })
    }

    /// [`update_state_by_key`](DStream::update_state_by_key) with a function that sees the batch
    /// time and the key too (Spark: `updateStateByKey` with `(Time, K, Seq[V], Option[S])`).
    ///
    /// ```
    /// use millrace::{BatchTime, StateOptions, Text, Values};
    /// // When a word was seen last; it is forgotten a second later.
    /// let batches = millrace::testing::run_batches(&["a\nb\n", "b\n", ""], |lines| {
    ///     lines.map(|word| (word, ())).update_state_by_key_with_time(
    ///         |time: BatchTime, _word: &Text, new: &Values<()>, last: Option<i64>| match last {
    ///             _ if !new.is_empty() => Some(time.as_millis()),
    ///             last => last.filter(|last| time.as_millis() - last < 1000),
    ///         },
    ///         StateOptions::new(),
    ///     )
    /// });
    /// assert_eq!(batches[1], [(Text::from("b"), 2000)]);
    /// assert_eq!(batches[2], []);
    /// ```
    #[track_caller]
    pub fn update_state_by_key_with_time<S, F>(
        &self,
        function: F,
        options: StateOptions<K, S>,
    ) -> Computed<(K, S)>
    where
        S: Data,
        F: Fn(BatchTime, &K, &Values<V>, Option<S>) -> Option<S> + Send + Sync + 'static,
    {
        let name = named("update_state_by_key", Location::caller());
        self.updated(name, options, function)
    }

    fn updated<S, F>(
        &self,
        name: String,
        options: StateOptions<K, S>,
        function: F,
    ) -> Computed<(K, S)>
    where
        S: Data,
        F: Fn(BatchTime, &K, &Values<V>, Option<S>) -> Option<S> + Send + Sync + 'static,
    {
        let shuffling = Shuffling::new(&self.pipeline, Group, &self.builder, &name);
        let partitioner = partitioner_of_state(&self.builder, options.partitions, &name);
        let store = StateStore::new(shuffling.stage.hasher().clone(), partitioner);
        for (key, state) in options.initial {
            store.seed(key, state);
        }
        self.builder.keeps_state();
        know::<(K, S)>();
        let (store, every) = (Arc::new(store), !options.idle_keeps);
        let node = StateNode {
            shuffling,
            store: Arc::clone(&store) as _,
            update: move |delta: Shards<K, Values<V>>, batch: &BatchRun<'_>| {
                let (executor, time) = (batch.executor(), batch.time());
                let update =
                    |key: &K, values: &Values<V>, state| function(time, key, values, state);
                let spent = store.update(delta, &update, every, batch.number(), executor)?;
                let view = state_view(Arc::clone(&store), executor.clone());
                Ok((spent, Rdd::new(view, executor.clone())))
            },
            name: name.clone(),
        };
        self.of_node(name, node)
    }
}
