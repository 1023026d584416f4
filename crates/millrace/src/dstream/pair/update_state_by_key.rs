//! `update_state_by_key`: a value a key that lives from batch to batch.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::durable::Durable;
use millrace_engine::error::Result;
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::poison::know;
use millrace_engine::rdd::Rdd;
use millrace_engine::shuffle::{Group, Values};
use millrace_engine::stage::EagerStage;
use millrace_engine::state::{StateStore, state_view};
use millrace_runtime::graph::{BatchRun, Dataset, Node};
use millrace_types::BatchTime;

use super::super::{Computed, DStream, named};
use super::state_options::StateOptions;
use super::{Shuffling, partitioner_of_state};

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
        let node = StateNode {
            shuffling,
            store: Arc::new(store),
            function,
            every: !options.idle_keeps,
            name: name.clone(),
        };
        self.of_node(name, node)
    }
}

struct StateNode<P, K: Key, V: Data, S, F> {
    shuffling: Shuffling<P, K, V, Group>,
    store: Arc<StateStore<K, S>>,
    function: F,
    every: bool,
    name: String,
}

impl<P, K, V, S, F> Node for StateNode<P, K, V, S, F>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    S: Data,
    F: Fn(BatchTime, &K, &Values<V>, Option<S>) -> Option<S> + Send + Sync + 'static,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.shuffling.inputs.clone()
    }

    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.shuffling.eager()
    }

    fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
        vec![("state", Arc::clone(&self.store) as _)]
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let delta = self.shuffling.shards(batch)?;
        let (executor, time) = (batch.executor(), batch.time());
        let update = |key: &K, values: &Values<V>, state| (self.function)(time, key, values, state);
        let spent = self
            .store
            .update(delta, &update, self.every, batch.number(), executor)
            .map_err(|message| batch.failed(&self.name, &message))?;
        for mut shard in spent {
            shard.recycle();
            self.shuffling.stage.spare_shards().push(shard);
        }
        let view = state_view(Arc::clone(&self.store), executor.clone());
        Ok(Dataset::of(Rdd::new(view, executor.clone())))
    }
}
