//! `map_with_state`: every record meets the state of its key.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::durable::Durable;
use millrace_engine::error::{Error, Result};
use millrace_engine::pipeline::{NodeId, Output, Pipeline};
use millrace_engine::rdd::Rdd;
use millrace_engine::state::{MappedStore, Mapping};
use millrace_runtime::graph::{BatchRun, Dataset, Node};

use super::super::{Computed, DStream, named};
use super::partitioner_of_state;
use super::state_spec::StateSpec;

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Maps every record by a function that sees and changes the state of its key (Spark:
    /// `mapWithState`).
    ///
    /// The function is called once for every record, those of a key in arrival order; keys do
    /// not wait for each other. Its results stand in the partition of the key, in the order
    /// of the records; behind that come those of the keys that timed out, in the order of their
    /// places. [`State`](crate::State) says what the function may do with it; what it may
    /// not do fails the batch.
    ///
    /// Cost: the records of the batch and the keys that are due, whatever the state holds. What
    /// feeds it is held until the tick.
    ///
    /// ```
    /// use millrace::{State, StateSpec, Text};
    /// let batches = millrace::testing::run_batches(&["a\nb\na\n"], |lines| {
    ///     let spec = StateSpec::function(|key: &Text, new: Option<i64>, state: &mut State<i64>| {
    ///         let sum = state.get().copied().unwrap_or(0) + new.unwrap_or(0);
    ///         state.update(sum);
    ///         format!("{key} {sum}")
    ///     });
    ///     let mapped = lines.map(|word| (word, 1_i64)).map_with_state(spec);
    ///     mapped.print();
    ///     mapped.state_snapshots().print();
    ///     mapped.stream()
    /// });
    /// assert_eq!(batches, [["a 1", "b 1", "a 2"]]);
    /// ```
    #[track_caller]
    pub fn map_with_state<S, M>(&self, spec: StateSpec<K, V, S, M>) -> MapWithStateDStream<K, S, M>
    where
        S: Data,
        M: Clone + Send + Sync + 'static,
    {
        let name = named("map_with_state", Location::caller());
        if spec.timeout.is_some_and(|idle| idle.as_millis() < 0) {
            self.builder.record_error(Error::illegal(format!(
                "{name}: the timeout must not be negative"
            )));
        }
        let partitioner = partitioner_of_state(&self.builder, spec.partitions, &name);
        let store = Arc::new(MappedStore::new(partitioner, spec.timeout, spec.initial));
        self.builder.keeps_state();
        let node = MapWithState {
            pipeline: Arc::clone(&self.pipeline),
            store: Arc::clone(&store),
            mapping: spec.mapping,
            name: name.clone(),
        };
        let mapped = self.of_node(name, node);
        MapWithStateDStream { mapped, store }
    }
}

/// The result of [`map_with_state`](DStream::map_with_state): the mapped stream, which it can be
/// used as, and the states behind it (Spark: `MapWithStateDStream`).
#[must_use = "a stream is a description: nothing of it runs before an output, such as `print`, reads it"]
pub struct MapWithStateDStream<K: Key, S, M> {
    mapped: Computed<M>,
    store: Arc<MappedStore<K, S>>,
}

impl<K: Key, S: Data, M: Clone + Send + Sync + 'static> MapWithStateDStream<K, S, M> {
    /// The mapped stream by itself, for whoever needs it as one.
    ///
    /// ```
    /// use millrace::{State, StateSpec, Text};
    /// let batches = millrace::testing::run_batches(&["a\na\n", "a\n"], |lines| {
    ///     let count = |_: &Text, _: Option<()>, state: &mut State<u32>| {
    ///         let count = state.get().copied().unwrap_or(0) + 1;
    ///         state.update(count);
    ///         count
    ///     };
    ///     lines.map(|word| (word, ())).map_with_state(StateSpec::function(count)).stream()
    /// });
    /// assert_eq!(batches, [vec![1, 2], vec![3]]);
    /// ```
    pub fn stream(&self) -> Computed<M> {
        self.mapped.clone()
    }

    /// All keys with their states, in every batch (Spark: `stateSnapshots`), ordered by
    /// partition and by the record that brought the key; a key that returns comes last.
    ///
    /// Costs what is read of it: it is a view of the state, not a copy.
    ///
    /// ```
    /// use millrace::{State, StateSpec, Text};
    /// let batches = millrace::testing::run_batches(&["a\nb\n", "b\n"], |lines| {
    ///     let spec = StateSpec::function(|_: &Text, one: Option<i64>, state: &mut State<i64>| {
    ///         state.update(state.get().copied().unwrap_or(0) + one.unwrap_or(0));
    ///     });
    ///     lines.map(|word| (word, 1_i64)).map_with_state(spec).state_snapshots()
    /// });
    /// assert_eq!(batches[1], [(Text::from("a"), 1), (Text::from("b"), 2)]);
    /// ```
    #[track_caller]
    pub fn state_snapshots(&self) -> Computed<(K, S)> {
        let node = Snapshots {
            mapped: Arc::clone(&self.mapped.pipeline),
            store: Arc::clone(&self.store),
        };
        let name = named("state_snapshots", Location::caller());
        self.mapped.of_node(name, node)
    }
}

impl<K: Key, S, M> Deref for MapWithStateDStream<K, S, M> {
    type Target = Computed<M>;

    fn deref(&self) -> &Computed<M> {
        &self.mapped
    }
}

impl<K: Key, S, M> Clone for MapWithStateDStream<K, S, M> {
    fn clone(&self) -> Self {
        MapWithStateDStream {
            mapped: self.mapped.clone(),
            store: Arc::clone(&self.store),
        }
    }
}

impl<K: Key, S, M> fmt::Debug for MapWithStateDStream<K, S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapWithStateDStream")
            .finish_non_exhaustive()
    }
}

struct MapWithState<P, K: Key, V, S, M> {
    pipeline: Arc<P>,
    store: Arc<MappedStore<K, S>>,
    mapping: Mapping<K, V, S, M>,
    name: String,
}

impl<P, K, V, S, M> Node for MapWithState<P, K, V, S, M>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    S: Data,
    M: Clone + Send + Sync + 'static,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.pipeline.inputs()
    }

    fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
        vec![("state", Arc::clone(&self.store) as _)]
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let rdd = batch.rdd(&self.pipeline)?;
        let (time, number) = (batch.time(), batch.number());
        let mapped = self
            .store
            .map(&rdd, &self.mapping, time, number, batch.executor())
            .map_err(|message| batch.failed(&self.name, &message))?;
        Ok(Dataset::of(mapped))
    }
}

/// The states behind a mapped stream.
struct Snapshots<K: Key, S, M> {
    mapped: Arc<Output<M>>,
    store: Arc<MappedStore<K, S>>,
}

impl<K: Key, S: Data, M: Clone + Send + Sync + 'static> Node for Snapshots<K, S, M> {
    fn inputs(&self) -> Vec<NodeId> {
        self.mapped.inputs()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        // The batch has to be folded in before its states can be seen.
        let _ = batch.rdd(&self.mapped)?;
        let view = self.store.view(batch.executor().clone());
        Ok(Dataset::of(Rdd::new(view, batch.executor().clone())))
    }
}
