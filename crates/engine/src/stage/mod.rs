//! A stage: a fused pipeline up to its shuffle, run over blocks as they come in.
//!
//! A block's batch is known when it is sealed, so its map task does not wait for the tick: the
//! cores work through the whole interval and raw text is freed at once. A worker takes a *run*,
//! the oldest blocks that follow each other in one batch, as many as `queue` says.

mod queue;
mod shuffled;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam::queue::SegQueue;
use millrace_types::{BatchTime, Lock};

use crate::data::{Data, Key};
use crate::exec::{Early, Executor};
use crate::panics::{Fault, caught};
use crate::pipeline::{Partition, Pipeline, drive_carefully};
use crate::poison::{At, Skipping, next_reader};
use crate::shuffle::{
    Aggregator, Combiner, Exchange, KeyHasher, LocalTable, Partials, Shard, SpareLists, Unmerged,
};

use queue::{BlockQueue, BlockRun, Limits, Offered};
pub use shuffled::Shuffled;

/// A stage that takes blocks before their batch is due.
pub trait EagerStage: Send + Sync {
    /// Takes a block of input number `lane`, of the batch that is open.
    fn offer(self: Arc<Self>, lane: usize, block: &Partition, bytes: u64);

    /// Ends the open batch: it is that of `time`, and what is offered from now on is the next's.
    fn close_batch(self: Arc<Self>, time: BatchTime);

    /// Lets go of the batch of `time`, which nobody will ask for.
    fn leave(&self, time: BatchTime);

    /// True if blocks wait that a map task would take.
    fn is_behind(&self) -> bool;
}

/// The shards of a batch, `None` if it had no input; or what a panic of user code had to say.
pub(crate) type Finished<K, C> = Result<Option<Vec<Shard<K, C>>>, Fault>;

/// The same, of which entries may not be merged.
pub(crate) type FinishedUnmerged<K, C> = Result<Option<Vec<Unmerged<K, C>>>, Fault>;

type Acc<V, A> = <A as Aggregator<V>>::Acc;

/// The shuffle of a pipeline: what `reduce_by_key` and its kin run.
pub struct ShuffleStage<P, K, V, A: Aggregator<V>> {
    pipeline: Arc<P>,
    aggregator: A,
    hasher: KeyHasher,
    executor: Executor,
    queue: Lock<BlockQueue<K, Acc<V, A>>>,
    /// Tables that no map task has; the one that was put back last is warm, and taken first.
    local_tables: Lock<Vec<LocalTable<K, Acc<V, A>>>>,
    shards: Arc<SegQueue<Shard<K, Acc<V, A>>>>,
    lists: Arc<SpareLists<K, Acc<V, A>>>,
    /// The number of this reader among all, and its name in error messages.
    reader: u64,
    name: Arc<str>,
}

impl<P, K, V, A> ShuffleStage<P, K, V, A>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    A: Aggregator<V>,
{
    /// The shuffle of what `pipeline` gives, combined by `aggregator` and placed by `hasher`; `name`
    /// is the operator's in error messages.
    pub fn new(
        pipeline: Arc<P>,
        aggregator: A,
        hasher: KeyHasher,
        executor: Executor,
        name: Arc<str>,
    ) -> ShuffleStage<P, K, V, A> {
        let lanes = pipeline.inputs().len();
        let lists = Arc::new(SpareLists::new());
        ShuffleStage {
            pipeline,
            aggregator,
            hasher,
            executor,
            queue: Lock::new(BlockQueue::new(Exchange::new(lanes, &lists))),
            local_tables: Lock::default(),
            shards: Arc::new(SegQueue::new()),
            lists,
            reader: next_reader(),
            name,
        }
    }

    /// The hasher that places the keys.
    pub fn hasher(&self) -> &KeyHasher {
        &self.hasher
    }

    /// The queue of shards that their batches no longer read, to be used again.
    pub fn spare_shards(&self) -> &Arc<SegQueue<Shard<K, Acc<V, A>>>> {
        &self.shards
    }

    /// The shards of the batch that was closed at `time`, all its blocks combined and merged;
    /// `None` if it had none.
    ///
    /// # Errors
    /// The fault of user code, or of what a run read.
    pub fn finish(&self, time: BatchTime) -> Finished<K, Acc<V, A>> {
        self.take_closed(time)
            .map_or(Ok(None), |exchange| self.merged(&exchange))
    }

    /// [`finish`](ShuffleStage::finish) for a store that looks for every key in its own table, and
    /// combines the entries of a key by itself.
    ///
    /// # Errors
    /// As [`finish`](ShuffleStage::finish).
    pub fn finish_unmerged(&self, time: BatchTime) -> FinishedUnmerged<K, Acc<V, A>> {
        self.take_closed(time)
            .map_or(Ok(None), |exchange| self.unmerged(&exchange))
    }

    /// The shards of a batch whose partitions are all there, lane by lane.
    ///
    /// # Errors
    /// As [`finish`](ShuffleStage::finish).
    pub fn run(self: &Arc<Self>, inputs: Vec<Vec<Partition>>) -> Finished<K, Acc<V, A>> {
        self.merged(&self.mapped(inputs))
    }

    /// [`run`](ShuffleStage::run) for a store, as [`finish_unmerged`](ShuffleStage::finish_unmerged).
    ///
    /// # Errors
    /// As [`finish`](ShuffleStage::finish).
    pub fn run_unmerged(
        self: &Arc<Self>,
        inputs: Vec<Vec<Partition>>,
    ) -> FinishedUnmerged<K, Acc<V, A>> {
        self.unmerged(&self.mapped(inputs))
    }

    /// Takes the batch that was closed at `time`; `None` if it had no block.
    fn take_closed(&self, time: BatchTime) -> Option<Arc<Exchange<K, Acc<V, A>>>> {
        self.queue.lock().take_closed(time)
    }

    /// Combines partitions, lane by lane, each in a run of its own.
    fn mapped(self: &Arc<Self>, inputs: Vec<Vec<Partition>>) -> Arc<Exchange<K, Acc<V, A>>> {
        let exchange = Arc::new(Exchange::new(inputs.len(), &self.lists));
        self.executor.run(|| {
            rayon::scope_fifo(|scope| {
                for (lane, partitions) in inputs.into_iter().enumerate() {
                    let claimed = partitions.into_iter().map(|block| {
                        exchange.expect(lane);
                        (exchange.claim(lane, 1), block)
                    });
                    let mut claimed: Vec<(u64, Partition)> = claimed.collect();
                    // What stands side by side in the partitions of a store lies side by side in its
                    // shards: it is read at the same time.
                    claimed.sort_by_key(|(_, block)| block.piece);
                    for (number, block) in claimed {
                        let run = BlockRun {
                            exchange: Arc::clone(&exchange),
                            epoch: 0,
                            lane,
                            number,
                            blocks: vec![block],
                        };
                        scope.spawn_fifo(move |_| self.map(run));
                    }
                }
            });
        });
        exchange
    }

    fn merged(&self, exchange: &Exchange<K, Acc<V, A>>) -> Finished<K, Acc<V, A>> {
        self.finished(|share| {
            exchange.finish(&self.aggregator, &self.hasher, || self.shard(), share)
        })
    }

    fn unmerged(&self, exchange: &Exchange<K, Acc<V, A>>) -> FinishedUnmerged<K, Acc<V, A>> {
        self.finished(|share| {
            exchange.finish_unmerged(&self.aggregator, &self.hasher, || self.shard(), share)
        })
    }

    /// Ends a batch by `finish`, which is handed a way to share work among the workers. A panic of user
    /// code fails the batch.
    fn finished<T>(
        &self,
        finish: impl FnOnce(&dyn Fn(&(dyn Fn() + Sync))) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let share = |work: &(dyn Fn() + Sync)| self.executor.run(work);
        let finished = catch_unwind(AssertUnwindSafe(|| finish(&share)));
        self.lists.end_batch();
        finished.unwrap_or_else(|payload| Err(Fault::of(payload)))
    }

    /// One map task: a run, then the next if there is one.
    fn work(self: Arc<Self>) {
        let Some(run) = self.queue.lock().next_run(self.limits()) else {
            return;
        };
        self.map(run);
        let executor = self.executor.clone();
        executor.spawn_again(move || self.work());
    }

    fn limits(&self) -> Limits {
        Limits {
            tasks: self.executor.most_map_tasks(),
            waiting_bytes: self.executor.most_waiting_bytes(),
        }
    }

    /// Starts as many map tasks.
    fn start_tasks(self: &Arc<Self>, tasks: usize) {
        for _ in 0..tasks {
            let stage = Arc::clone(self);
            self.executor.spawn(move || stage.work());
        }
    }

    /// Combines a run and publishes it. A panic of user code fails the batch.
    fn map(&self, run: BlockRun<K, Acc<V, A>>) {
        let BlockRun {
            exchange,
            epoch,
            lane,
            number,
            blocks,
        } = run;
        let _batch = Early::of(epoch);
        let combined = catch_unwind(AssertUnwindSafe(|| {
            let skipping = self.executor.skipping(self.reader, &self.name);
            let flushed = match skipping.filter(|_| self.pipeline.has_functions()) {
                None => self.combined(lane, blocks),
                // The run is combined again without the records that a function panicked at.
                Some(skipping) => caught(|| self.combined(lane, blocks.clone()))
                    .unwrap_or_else(|_| self.combined_without(&skipping, (lane, number), &blocks)),
            };
            exchange.publish(lane, number, flushed, &self.aggregator, || self.shard());
        }));
        if let Err(payload) = combined {
            exchange.fail(lane, Fault::of(payload));
        }
    }
}

impl<P, K, V, A> ShuffleStage<P, K, V, A>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    A: Aggregator<V>,
{
    /// An empty shard, with the memory of one that was used before if there is any.
    fn shard(&self) -> Shard<K, Acc<V, A>> {
        self.shards.pop().unwrap_or_else(Shard::new)
    }

    /// An empty local table, with the memory of one that was used before if there is any.
    fn local_table(&self) -> LocalTable<K, Acc<V, A>> {
        let kept = self.local_tables.lock().pop();
        let mut table = kept.unwrap_or_else(LocalTable::new);
        table.take_lists(&self.lists);
        table
    }

    /// Keeps a local table for the next run, unless there is one for each map task already.
    fn keep(&self, table: LocalTable<K, Acc<V, A>>) {
        let mut kept = self.local_tables.lock();
        if kept.len() < self.executor.most_map_tasks() {
            kept.push(table);
            return;
        }
        // Freed when the lock is.
        drop(kept);
        drop(table);
    }

    /// Combines a run.
    fn combined(&self, lane: usize, blocks: Vec<Partition>) -> Partials<K, Acc<V, A>> {
        let mut combiner = Combiner::new(&self.aggregator, &self.hasher, self.local_table());
        for block in blocks {
            self.pipeline
                .drive(lane, &block, |record| combiner.push(record));
        }
        let (flushed, table) = combiner.finish();
        self.keep(table);
        flushed
    }

    /// The same, without the records that a function panics at. The function that combines fails
    /// the batch all the same.
    fn combined_without(
        &self,
        skipping: &Skipping<'_>,
        (lane, number): (usize, u64),
        blocks: &[Partition],
    ) -> Partials<K, Acc<V, A>> {
        let mut combiner = Combiner::new(&self.aggregator, &self.hasher, self.local_table());
        for (piece, block) in blocks.iter().enumerate() {
            let at = At {
                part: lane,
                run: number,
                piece,
            };
            let push = &mut |record| combiner.push(record);
            drive_carefully(&*self.pipeline, (lane, block), skipping, (at, false), push);
        }
        combiner.finish().0
    }
}

impl<P, K, V, A> EagerStage for ShuffleStage<P, K, V, A>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    A: Aggregator<V>,
{
    fn offer(self: Arc<Self>, lane: usize, block: &Partition, bytes: u64) {
        let offered = Offered {
            lane,
            block: block.clone(),
            bytes,
        };
        let tasks = self.queue.lock().offer(offered, self.limits());
        self.start_tasks(tasks);
    }

    fn close_batch(self: Arc<Self>, time: BatchTime) {
        let next = Exchange::new(self.pipeline.inputs().len(), &self.lists);
        let tasks = self.queue.lock().close_batch(time, next, self.limits());
        self.start_tasks(tasks);
    }

    fn leave(&self, time: BatchTime) {
        let left = self.take_closed(time);
        // Freed when the lock is.
        drop(left);
    }

    fn is_behind(&self) -> bool {
        self.queue.lock().is_behind(self.limits())
    }
}

impl<P, K, V, A: Aggregator<V>> std::fmt::Debug for ShuffleStage<P, K, V, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShuffleStage")
            .field("executor", &self.executor)
            .finish_non_exhaustive()
    }
}

/// The dataset of a node, erased.
pub type AnyRdd = Arc<dyn Any + Send + Sync>;
