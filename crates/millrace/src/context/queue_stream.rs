//! `queue_stream`: a queue of datasets, one per batch.

use std::sync::Arc;

use millrace_engine::data::Data;
use millrace_engine::pipeline::Output;
use millrace_engine::poison::know;
use millrace_runtime::source::{QueueNode, QueueOptions, RddQueue};

use crate::dstream::Computed;

use super::StreamingContext;

impl StreamingContext {
    /// A stream whose batches come from a queue, one item per batch (Spark: `queueStream`).
    ///
    /// The queue is live: a program that keeps a clone of it may push from any thread. A batch
    /// that finds no item has one empty partition (Spark 3.5). Records of a queue are not counted
    /// as input of a batch, as in Spark; [`input_counts`](StreamingContext::input_counts) has them.
    ///
    /// ```
    /// let printed = millrace::testing::run_context(3, |ssc| {
    ///     let numbers = ssc.queue_stream(vec![vec![1, 2], vec![3, 4]]);
    ///     numbers.map(|number| number * 10).print();
    /// });
    /// let records: Vec<&str> = printed.lines().filter(|line| line.ends_with('0')).collect();
    /// assert_eq!(records, ["10", "20", "30", "40"]);
    /// ```
    pub fn queue_stream<T: Data>(&self, queue: impl Into<RddQueue<T>>) -> Computed<T> {
        self.queue_stream_with(queue, QueueOptions::new())
    }

    /// [`queue_stream`](StreamingContext::queue_stream) that takes all items at once, or has
    /// something else than nothing when there is none.
    ///
    /// ```
    /// use millrace::source::{QueueOptions, RddQueue};
    ///
    /// let printed = millrace::testing::run_context(2, |ssc| {
    ///     let queue = RddQueue::new();
    ///     queue.push(vec!["one"; 1].into_iter().map(String::from).collect());
    ///     queue.push(vec!["two".to_owned()]);
    ///     let idle = vec!["idle".to_owned()];
    ///     let options = QueueOptions::new().all_at_once().default_records(idle);
    ///     ssc.queue_stream_with(queue, options).print();
    /// });
    /// let words = |line: &&str| line.starts_with(['o', 't', 'i']);
    /// assert_eq!(printed.lines().filter(words).collect::<Vec<_>>(), ["one", "two", "idle"]);
    /// ```
    pub fn queue_stream_with<T: Data>(
        &self,
        queue: impl Into<RddQueue<T>>,
        options: QueueOptions<T>,
    ) -> Computed<T> {
        know::<T>();
        let (executor, ends) = (&self.builder.executor, Arc::clone(&self.ends));
        let counters = Arc::clone(&self.counters);
        let node = QueueNode::new(queue.into(), options, executor, ends, counters);
        let (node, _) = self
            .builder
            .read("queue stream".to_owned(), |_| Box::new(node));
        self.parts.lock().reads.push(node);
        self.described(Output::of(node))
    }
}
