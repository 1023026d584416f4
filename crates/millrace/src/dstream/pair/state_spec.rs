//! The specification that `map_with_state` takes: the function, and how the state is kept.

use std::fmt;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::partition::Partitions;
use millrace_engine::rdd::Rdd;
use millrace_engine::state::{Mapping, State};
use millrace_types::{BatchTime, Duration};

/// The function that [`map_with_state`](crate::DStream::map_with_state) calls with every record,
/// and its options (Spark: `StateSpec`).
///
/// `K` and `V` are the stream's keys and values, `S` is what is kept for a key, `M` what the
/// mapped stream consists of.
///
/// ```
/// use millrace::{State, StateSpec};
/// let sum = |key: &i64, new: Option<i64>, state: &mut State<i64>| {
///     let sum = state.get().copied().unwrap_or(0) + new.unwrap_or(0);
///     state.update(sum);
///     (*key, sum)
/// };
/// let printed = millrace::testing::run_context(1, |ssc| {
///     let known = ssc.parallelize(vec![(7_i64, 100_i64)]);
///     let numbers = ssc.queue_stream(vec![vec![(7, 1), (8, 1)]]);
///     let by_rdd = StateSpec::function(sum).initial_rdd(&known).partitions(1);
///     let by_list = StateSpec::function(sum).initial_state([(8, 200)]);
///     numbers.map_with_state(by_rdd).stream().print();
///     numbers.map_with_state(by_list).stream().print();
/// });
/// let records: Vec<&str> = printed.lines().filter(|line| line.starts_with('(')).collect();
/// assert_eq!(records, ["(7, 101)", "(8, 1)", "(7, 1)", "(8, 201)"]);
/// ```
#[must_use = "a specification has an effect only where it is given to `map_with_state`"]
pub struct StateSpec<K, V, S, M> {
    pub(super) mapping: Mapping<K, V, S, M>,
    pub(super) initial: Vec<(K, S)>,
    pub(super) partitions: Option<Partitions<K>>,
    pub(super) timeout: Option<Duration>,
}

impl<K: Key, V: 'static, S: Data, M: 'static> StateSpec<K, V, S, M> {
    /// Maps every record to one by a function of the key, the value, and the key's [`State`]
    /// (Spark: `StateSpec.function` with `(K, Option[V], State[S]) => Mapped`). There is no value
    /// when the key times out.
    ///
    /// ```
    /// use millrace::{State, StateSpec, Text};
    /// let spec = StateSpec::function(|word: &Text, one: Option<i64>, state: &mut State<i64>| {
    ///     let sum = state.get().copied().unwrap_or(0) + one.unwrap_or(0);
    ///     state.update(sum);
    ///     (word.clone(), sum)
    /// });
    /// let batches = millrace::testing::run_batches(&["a b\n", "a a\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1_i64));
    ///     words.map_with_state(spec).stream()
    /// });
    /// let counts: Vec<_> = batches[1].iter().map(|(word, count)| (word.as_str(), *count)).collect();
    /// assert_eq!(counts, [("a", 2), ("a", 3)]);
    /// ```
    pub fn function<F>(function: F) -> StateSpec<K, V, S, M>
    where
        F: Fn(&K, Option<V>, &mut State<S>) -> M + Send + Sync + 'static,
    {
        StateSpec::of(Arc::new(move |_, key, value, state| {
            Some(function(key, value, state))
        }))
    }

    /// Maps every record to one or none by a function that sees the batch time too (Spark:
    /// `StateSpec.function` with `(Time, K, Option[V], State[S]) => Option[Mapped]`).
    ///
    /// ```
    /// use millrace::{BatchTime, State, StateSpec, Text};
    /// // Every word once: when it was seen first.
    /// let spec = StateSpec::function_with_time(
    ///     |time: BatchTime, word: &Text, _: Option<()>, state: &mut State<()>| {
    ///         let new = !state.exists();
    ///         state.update(());
    ///         new.then(|| (word.clone(), time.as_millis()))
    ///     },
    /// );
    /// let batches = millrace::testing::run_batches(&["a\n", "b\na\n"], |lines| {
    ///     lines.map(|word| (word, ())).map_with_state(spec).stream()
    /// });
    /// assert_eq!(batches[1], [(Text::from("b"), 2000)]);
    /// ```
    pub fn function_with_time<F>(function: F) -> StateSpec<K, V, S, M>
    where
        F: Fn(BatchTime, &K, Option<V>, &mut State<S>) -> Option<M> + Send + Sync + 'static,
    {
        StateSpec::of(Arc::new(function))
    }

    fn of(mapping: Mapping<K, V, S, M>) -> StateSpec<K, V, S, M> {
        StateSpec {
            mapping,
            initial: Vec::new(),
            partitions: None,
            timeout: None,
        }
    }

    /// The state before the first batch (Spark: `initialState`). Of two states for one key the
    /// last counts, as in Spark. With a timeout they count as updated by the first batch.
    pub fn initial_state(mut self, initial: impl IntoIterator<Item = (K, S)>) -> Self {
        self.initial = initial.into_iter().collect();
        self
    }

    /// [`initial_state`](StateSpec::initial_state) from a dataset, which is read at once.
    pub fn initial_rdd(self, initial: &Rdd<(K, S)>) -> Self {
        self.initial_state(initial.collect())
    }

    /// The number of partitions of the state and of the mapped stream, or their partitioner
    /// (Spark: `numPartitions`, `partitioner`); by default `spark.default.parallelism`, else as
    /// many as workers.
    pub fn partitions(mut self, partitions: impl Into<Partitions<K>>) -> Self {
        self.partitions = Some(partitions.into());
        self
    }

    /// Drops the state of a key that had no record for longer than `idle` (Spark: `timeout`).
    ///
    /// A key is due in the first batch whose time is more than `idle` after that of the batch
    /// that had the key's last record, unless that batch has a record for it. The function is
    /// then called once more, without a value and with [`State::is_timing_out`].
    ///
    /// Spark drops keys only in every tenth batch or so. A negative time is an error that
    /// `start` reports.
    ///
    /// ```
    /// use millrace::{Duration, State, StateSpec, Text};
    /// let spec = StateSpec::function(|word: &Text, one: Option<i64>, state: &mut State<i64>| {
    ///     if state.is_timing_out() {
    ///         return format!("{word} is gone");
    ///     }
    ///     state.update(one.unwrap_or(0));
    ///     format!("{word} is there")
    /// });
    /// let spec = spec.timeout(Duration::seconds(1));
    /// let batches = millrace::testing::run_batches(&["a\n", "", ""], |lines| {
    ///     lines.map(|word| (word, 1_i64)).map_with_state(spec).stream()
    /// });
    /// assert_eq!(batches.concat(), ["a is there", "a is gone"]);
    /// assert_eq!(batches[2].len(), 1);
    /// ```
    pub fn timeout(mut self, idle: Duration) -> Self {
        self.timeout = Some(idle);
        self
    }
}

impl<K: Clone, V, S: Clone, M> Clone for StateSpec<K, V, S, M> {
    fn clone(&self) -> Self {
        StateSpec {
            mapping: Arc::clone(&self.mapping),
            initial: self.initial.clone(),
            partitions: self.partitions.clone(),
            timeout: self.timeout,
        }
    }
}

impl<K, V, S, M> fmt::Debug for StateSpec<K, V, S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateSpec")
            .field("initial", &self.initial.len())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
