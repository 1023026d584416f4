//! `persist`: every batch is computed once, whoever reads it.

use std::panic::Location;

use millrace_engine::data::Data;
use millrace_engine::error::Error;
use millrace_engine::pipeline::Pipeline;
use millrace_runtime::graph::Lifecycle;

use super::{Computed, DStream, named};

impl<T: Data, P: Pipeline<Item = T>> DStream<T, P> {
    /// The same stream, every batch of which is computed once and kept in memory while the batch
    /// runs (Spark: `persist`, `cache`).
    ///
    /// Narrow operators run again for everything that reads them, and functions of `transform`
    /// or `map_partitions` too; behind `persist` they do not. It is the stream that is returned
    /// that is kept, not the one it is called on. The result of a shuffle is kept anyway and costs
    /// nothing more; of a state all keys are copied.
    ///
    /// Memory: the records of a batch. Its input is held until the tick.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// let calls = Arc::new(AtomicU32::new(0));
    /// let counter = Arc::clone(&calls);
    /// millrace::testing::run_outputs(&["a\nb\n"], move |lines| {
    ///     let parsed = lines.map(move |line| {
    ///         counter.fetch_add(1, Ordering::Relaxed);
    ///         line.len()
    ///     });
    ///     let parsed = parsed.persist();
    ///     parsed.foreach_rdd(|rdd| assert_eq!(rdd.collect(), [1, 1]));
    ///     parsed.foreach_rdd(|rdd| assert_eq!(rdd.count(), 2));
    /// });
    /// assert_eq!(calls.load(Ordering::Relaxed), 2);
    /// ```
    #[track_caller]
    pub fn persist(&self) -> Computed<P::Item> {
        self.persist_as(named("persist", Location::caller()))
    }

    /// [`persist`](DStream::persist) under its other name (Spark: `cache`).
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a\n"], |lines| lines.cache());
    /// assert_eq!(batches, [["a"]]);
    /// ```
    #[track_caller]
    pub fn cache(&self) -> Computed<P::Item> {
        self.persist_as(named("cache", Location::caller()))
    }

    fn persist_as(&self, name: String) -> Computed<P::Item> {
        if self.builder.lifecycle() != Lifecycle::Initialized {
            // Spark 3.5: UnsupportedOperationException.
            self.builder.record_error(Error::illegal(
                "Cannot change storage level of a DStream after streaming context has started",
            ));
        }
        self.transformed(name, |rdd, _| rdd.materialize())
    }
}
