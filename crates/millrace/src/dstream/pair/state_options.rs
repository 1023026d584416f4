//! Options of the operators that update a state.

use std::fmt;

use millrace_engine::partition::Partitions;
use millrace_engine::rdd::Rdd;

/// Options of [`update_state_by_key_with`](crate::DStream::update_state_by_key_with) and its
/// kin.
///
/// ```
/// use millrace::{StateOptions, Text, Values};
/// let batches = millrace::testing::run_batches(&["a\n", "b\n"], |lines| {
///     let options = StateOptions::new()
///         .initial_state([(Text::from("b"), 10_i64)])
///         .partitions(1)
///         .idle_keeps_state();
///     let count = |new: &Values<i64>, old: Option<i64>| {
///         Some(new.iter().sum::<i64>() + old.unwrap_or(0))
///     };
///     lines.map(|word| (word, 1_i64)).update_state_by_key_with(count, options)
/// });
/// assert_eq!(batches[1], [(Text::from("b"), 11), (Text::from("a"), 1)]);
/// ```
#[must_use = "options have an effect only where they are given to an operator"]
pub struct StateOptions<K, S> {
    pub(super) initial: Vec<(K, S)>,
    pub(super) idle_keeps: bool,
    pub(super) partitions: Option<Partitions<K>>,
}

impl<K, S> StateOptions<K, S> {
    /// No initial state; the default partitions; the function sees every key in every batch.
    pub fn new() -> StateOptions<K, S> {
        StateOptions {
            initial: Vec::new(),
            idle_keeps: false,
            partitions: None,
        }
    }

    /// The state before the first batch (Spark: `initialRDD`). Of two states for one key the
    /// first counts, as in PySpark. The function sees these keys from the first batch on.
    pub fn initial_state(mut self, initial: impl IntoIterator<Item = (K, S)>) -> Self {
        self.initial = initial.into_iter().collect();
        self
    }

    /// [`initial_state`](StateOptions::initial_state) from a dataset, which is read at once.
    ///
    /// ```
    /// use millrace::StateOptions;
    /// use millrace::testing::parallelize;
    /// let initial = parallelize(vec![("hello".to_owned(), 1), ("world".to_owned(), 1)], 2);
    /// let options = StateOptions::new().initial_rdd(&initial);
    /// # drop(options);
    /// ```
    pub fn initial_rdd(self, initial: &Rdd<(K, S)>) -> Self
    where
        K: Send + 'static,
        S: Send + 'static,
    {
        self.initial_state(initial.read_all())
    }

    /// The number of partitions of the state, or its partitioner (Spark: `numPartitions`,
    /// `partitioner`); by default `spark.default.parallelism`, else as many as workers.
    pub fn partitions(mut self, partitions: impl Into<Partitions<K>>) -> Self {
        self.partitions = Some(partitions.into());
        self
    }

    /// Declares that a key without new values keeps its state: `f(&[], Some(s)) == Some(s)`.
    /// The function is then called only for keys that a batch brings, and a batch costs what it
    /// brings and not what the state holds.
    ///
    /// Builds with debug assertions check it for some keys of every batch, by calling the
    /// function for them without values; a batch in which it does not hold fails.
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

impl<K: Clone, S: Clone> Clone for StateOptions<K, S> {
    fn clone(&self) -> Self {
        StateOptions {
            initial: self.initial.clone(),
            idle_keeps: self.idle_keeps,
            partitions: self.partitions.clone(),
        }
    }
}

impl<K, S> fmt::Debug for StateOptions<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateOptions")
            .field("initial", &self.initial.len())
            .field("idle_keeps", &self.idle_keeps)
            .finish_non_exhaustive()
    }
}
