//! A queue of datasets as a stream (Spark: `queueStream`), for tests and for programs that make
//! their own input.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_engine::error::Result;
use millrace_engine::exec::Executor;
use millrace_engine::pipeline::NodeId;
use millrace_engine::rdd::Rdd;
use millrace_types::Lock;

use crate::graph::{BatchRun, Dataset, Node};
use crate::receiver::InputCounters;

use super::OpenSources;

/// The items of a `queue stream`, in order, of which
/// batches are made: any thread may push while the stream runs.
///
/// A handle on one queue, cheap to clone. The queue has ended for `millrace.stopAtEof` when it is
/// empty and the stream's is the only handle left: nobody can push any more.
///
/// ```
/// use millrace::source::RddQueue;
/// let queue = RddQueue::new();
/// assert!(queue.is_empty());
/// queue.push(vec![1, 2]);
/// queue.push_partitions(vec![vec![3], vec![4, 5]]);
/// assert_eq!(queue.len(), 2);
/// let printed = millrace::testing::run_context(2, |ssc| {
///     ssc.queue_stream(queue).glom().print();
/// });
/// let lists: Vec<&str> = printed.lines().filter(|line| line.starts_with('[')).collect();
/// assert_eq!(lists, ["[1, 2]", "[3]", "[4, 5]"]);
/// ```
pub struct RddQueue<T> {
    items: Arc<Lock<VecDeque<Item<T>>>>,
}

enum Item<T> {
    /// To be sliced.
    Records(Vec<T>),
    Partitions(Vec<Vec<T>>),
}

impl<T> RddQueue<T> {
    /// An empty queue.
    #[must_use]
    pub fn new() -> RddQueue<T> {
        RddQueue {
            items: Arc::default(),
        }
    }

    /// Adds records as one item. They are sliced into as many partitions as
    /// `spark.default.parallelism` says (Spark's `parallelize`): of `n` partitions, partition `i`
    /// has the records from `len * i / n` up to `len * (i + 1) / n`.
    pub fn push(&self, records: Vec<T>) {
        self.items.lock().push_back(Item::Records(records));
    }

    /// Adds records as one item that has these partitions.
    pub fn push_partitions(&self, partitions: Vec<Vec<T>>) {
        self.items.lock().push_back(Item::Partitions(partitions));
    }

    /// The number of items that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.lock().len()
    }

    /// True if no item waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Default for RddQueue<T> {
    fn default() -> RddQueue<T> {
        RddQueue::new()
    }
}

impl<T> Clone for RddQueue<T> {
    fn clone(&self) -> RddQueue<T> {
        RddQueue {
            items: Arc::clone(&self.items),
        }
    }
}

/// A queue of these items, each sliced as by [`push`](RddQueue::push).
impl<T> From<Vec<Vec<T>>> for RddQueue<T> {
    fn from(items: Vec<Vec<T>>) -> RddQueue<T> {
        let queue = RddQueue::new();
        items.into_iter().for_each(|records| queue.push(records));
        queue
    }
}

impl<T> fmt::Debug for RddQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RddQueue")
            .field("items", &self.len())
            .finish()
    }
}

/// Options of a queue stream; see
/// `queue_stream_with`.
///
/// ```
/// use millrace::source::QueueOptions;
/// let options = || QueueOptions::new().all_at_once();
/// let printed = millrace::testing::run_context(2, |ssc| {
///     let sliced = options().default_records(vec![8, 9]);
///     ssc.queue_stream_with(vec![vec![1], vec![2]], sliced).glom().print();
///     let parted = options().default_partitions(vec![vec![8], vec![9]]);
///     ssc.queue_stream_with(vec![vec![1], vec![2]], parted).glom().print();
/// });
/// let lists: Vec<&str> = printed.lines().filter(|line| line.starts_with('[')).collect();
/// assert_eq!(lists, ["[1]", "[2]", "[1]", "[2]", "[8, 9]", "[8]", "[9]"]);
/// ```
#[must_use = "options have an effect only where they are given to an operator"]
pub struct QueueOptions<T> {
    all_at_once: bool,
    default: Option<Item<T>>,
}

impl<T> QueueOptions<T> {
    /// One item per batch; a batch without one has one empty partition.
    pub fn new() -> QueueOptions<T> {
        QueueOptions {
            all_at_once: false,
            default: None,
        }
    }

    /// A batch takes all items that wait, partitions behind each other (Spark:
    /// `oneAtATime = false`).
    pub fn all_at_once(mut self) -> QueueOptions<T> {
        self.all_at_once = true;
        self
    }

    /// Sets the batch that is made when no item waits, sliced as an item is (Spark:
    /// `defaultRDD`).
    pub fn default_records(mut self, records: Vec<T>) -> QueueOptions<T> {
        self.default = Some(Item::Records(records));
        self
    }

    /// Sets the batch that is made when no item waits, with these partitions; none at all are
    /// possible.
    pub fn default_partitions(mut self, partitions: Vec<Vec<T>>) -> QueueOptions<T> {
        self.default = Some(Item::Partitions(partitions));
        self
    }
}

impl<T> Default for QueueOptions<T> {
    fn default() -> QueueOptions<T> {
        QueueOptions::new()
    }
}

impl<T> fmt::Debug for QueueOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueOptions")
            .field("all_at_once", &self.all_at_once)
            .field("has_default", &self.default.is_some())
            .finish()
    }
}

/// The node of a queue.
pub struct QueueNode<T> {
    queue: RddQueue<T>,
    all_at_once: bool,
    default: Rdd<T>,
    ends: Arc<OpenSources>,
    ended: AtomicBool,
    counters: Arc<InputCounters>,
}

impl<T: Clone + Send + Sync + 'static> QueueNode<T> {
    /// The node that takes from `queue` as `options` say; `ends` hears when the queue has ended.
    pub fn new(
        queue: RddQueue<T>,
        options: QueueOptions<T>,
        executor: &Executor,
        ends: Arc<OpenSources>,
        counters: Arc<InputCounters>,
    ) -> QueueNode<T> {
        let nothing = || Item::Partitions(vec![Vec::new()]);
        QueueNode {
            queue,
            all_at_once: options.all_at_once,
            default: options.default.unwrap_or_else(nothing).into_rdd(executor),
            ends,
            ended: AtomicBool::new(false),
            counters,
        }
    }

    /// The dataset of the next batch.
    fn next(&self, executor: &Executor) -> Rdd<T> {
        let mut taken: Vec<Item<T>> = {
            let mut items = self.queue.items.lock();
            let most = if self.all_at_once { items.len() } else { 1 };
            let count = most.min(items.len());
            items.drain(..count).collect()
        };
        // Handles before items: who pushes, and lets go then, is seen.
        let alone = Arc::strong_count(&self.queue.items) == 1;
        if alone && self.queue.is_empty() && !self.ended.swap(true, Ordering::AcqRel) {
            self.ends.close_one();
        }
        self.counters
            .queue_records(taken.iter().map(Item::len).sum());
        match taken.len() {
            0 => self.default.clone(),
            1 => taken.swap_remove(0).into_rdd(executor),
            _ => {
                let parts = taken.into_iter().map(|item| item.into_rdd(executor));
                Rdd::concatenated(parts.collect(), executor)
            }
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Node for QueueNode<T> {
    fn inputs(&self) -> Vec<NodeId> {
        Vec::new()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        // Spark reports no input of a batch for a queue; the summary has its records.
        Ok(Dataset::of(self.next(batch.executor())))
    }
}

impl<T> Item<T> {
    /// The number of records of the item.
    fn len(&self) -> usize {
        match self {
            Item::Partitions(partitions) => partitions.iter().map(Vec::len).sum(),
            Item::Records(records) => records.len(),
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Item<T> {
    fn into_rdd(self, executor: &Executor) -> Rdd<T> {
        match self {
            Item::Partitions(partitions) => Rdd::of_partitions(partitions, executor),
            Item::Records(records) => Rdd::sliced(records, executor.default_partitions(), executor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_has_ended_when_it_is_empty_and_nobody_can_push() {
        let ended = Arc::new(AtomicBool::new(false));
        let ends = Arc::new(OpenSources::default());
        let noted = Arc::clone(&ended);
        ends.expect(1);
        ends.on_all_closed(move || assert!(!noted.swap(true, Ordering::SeqCst), "once"));
        let executor = Executor::new(1).unwrap();
        let queue = RddQueue::from(vec![vec![1], vec![2]]);
        let node = QueueNode::new(
            queue.clone(),
            QueueOptions::new(),
            &executor,
            ends,
            Arc::default(),
        );
        let next = || {
            let records = node.next(&executor).collect_partitions();
            (records, ended.load(Ordering::SeqCst))
        };
        assert_eq!(next(), (vec![vec![1]], false));
        assert_eq!(next(), (vec![vec![2]], false), "its owner may push");
        assert_eq!(next(), (vec![vec![]], false));
        queue.push(vec![3]);
        drop(queue);
        assert_eq!(next(), (vec![vec![3]], true));
        assert_eq!(next(), (vec![vec![]], true));
    }
}
