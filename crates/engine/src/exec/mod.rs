//! The worker threads: one owned pool per context, `local[N]` threads in it, never the global one.
//!
//! Two kinds of work meet here. Map tasks run whenever blocks come in, for as long as they do;
//! the work of a batch that is due (merging, folding, reading) is *urgent*: a sender that never
//! pauses must not keep a finished batch waiting. A worker looks into its own queue before it
//! takes what others ask of the pool, so a map task that comes back for more does not queue
//! itself while urgent work is under way: it is parked, and goes on when that is done.

mod epochs;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use millrace_types::Lock;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, ErrorKind, Result};
use crate::panics::fail;
use crate::partition::DefaultPartitioner;
use crate::poison::{Letter, Poison, Skipping};
use crate::role::Role;
use crate::thread_group::ThreadGroup;

pub(crate) use epochs::{Early, Epochs};

type Task = Box<dyn FnOnce() + Send>;

/// Is told of a call that broke a rule.
type Refusal = Box<dyn Fn(Error) + Send + Sync>;

/// A handle on the workers; the last one to go joins them.
#[derive(Clone)]
pub struct Executor {
    inner: Arc<Workers>,
}

struct Workers {
    pool: Option<ThreadPool>,
    threads: Vec<JoinHandle<()>>,
    workers: usize,
    /// The default number of partitions of a keyed dataset.
    partitions: Arc<AtomicUsize>,
    /// Set if the program's settings give that number.
    partitions_given: AtomicBool,
    epochs: Arc<Epochs>,
    /// The most map tasks of a stage at a time.
    most_map_tasks: AtomicUsize,
    /// The most bytes of blocks that may wait at a stage for others.
    most_waiting_bytes: AtomicU64,
    urgent: AtomicUsize,
    parked: Lock<Vec<Task>>,
    /// Map tasks that are queued, parked or running.
    tasks: Arc<ThreadGroup>,
    /// The place where the context notes a broken rule; nobody does without a context.
    refusal: OnceLock<Refusal>,
    /// The records that are passed over; a panic ends the batch if there is none.
    poison: OnceLock<Poison>,
}

impl Executor {
    /// Starts `workers` threads named `millrace-worker-0` and so on.
    ///
    /// # Errors
    /// If the system does not give that many threads.
    pub fn new(workers: usize) -> Result<Executor> {
        let mut threads = Vec::new();
        let pool = ThreadPoolBuilder::new()
            .num_threads(workers)
            .thread_name(|index| format!("millrace-worker-{index}"))
            .spawn_handler(|thread| {
                let name = thread.name().unwrap_or("millrace-worker").to_owned();
                threads.push(std::thread::Builder::new().name(name).spawn(|| {
                    Role::Engine.take();
                    thread.run();
                })?);
                Ok(())
            })
            .build()
            .map_err(|refused| {
                Error::io(
                    format!("cannot start {workers} worker threads"),
                    std::io::Error::other(refused),
                )
            })?;
        let workers = pool.current_num_threads();
        Ok(Executor {
            inner: Arc::new(Workers {
                pool: Some(pool),
                threads,
                workers,
                partitions: Arc::new(AtomicUsize::new(workers)),
                partitions_given: AtomicBool::new(false),
                epochs: Arc::default(),
                most_map_tasks: AtomicUsize::new(workers),
                most_waiting_bytes: AtomicU64::new(0),
                urgent: AtomicUsize::new(0),
                parked: Lock::new(Vec::new()),
                tasks: Arc::default(),
                refusal: OnceLock::new(),
                poison: OnceLock::new(),
            }),
        })
    }

    /// The batch that is open, and the batch that runs.
    #[must_use]
    pub fn epochs(&self) -> &Arc<Epochs> {
        &self.inner.epochs
    }

    /// The number of workers.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.inner.workers
    }

    /// The most map tasks that a stage may have at a time: at first the number of workers.
    #[must_use]
    pub fn most_map_tasks(&self) -> usize {
        self.inner.most_map_tasks.load(Ordering::Relaxed)
    }

    /// Sets that number, to at least one and at most the number of workers. Tasks that are too many
    /// end with the run that they are at; what waits is left to the others.
    pub fn limit_map_tasks(&self, most: usize) {
        let most = most.clamp(1, self.inner.workers);
        self.inner.most_map_tasks.store(most, Ordering::Relaxed);
    }

    /// The most bytes of blocks that may wait at a stage, with no map task for them, until others make
    /// their run longer: at first none.
    #[must_use]
    pub fn most_waiting_bytes(&self) -> u64 {
        self.inner.most_waiting_bytes.load(Ordering::Relaxed)
    }

    /// Sets that number. Receivers must have room for more than all stages let wait: what waits for
    /// others does not make room.
    pub fn let_bytes_wait(&self, most: u64) {
        let inner = &self.inner;
        inner.most_waiting_bytes.store(most, Ordering::Relaxed);
    }

    /// The default number of partitions of a stream's keyed dataset, and of slices that records
    /// are cut into: `spark.default.parallelism` if that is set, else N of `local[N]`.
    #[must_use]
    pub fn default_partitions(&self) -> usize {
        self.inner.partitions.load(Ordering::Relaxed)
    }

    /// Sets the default number of partitions.
    pub fn set_default_partitions(&self, partitions: usize) {
        self.inner.partitions.store(partitions, Ordering::Relaxed);
    }

    /// The partitioner over the default number of partitions, whatever that is when it is asked.
    #[must_use]
    pub fn default_partitioner(&self) -> DefaultPartitioner {
        DefaultPartitioner::new(Arc::clone(&self.inner.partitions))
    }

    /// The default number of partitions of a dataset that was made of one with `parents`
    /// partitions: `spark.default.parallelism` if that is set, else as many (PySpark's
    /// `_defaultReducePartitions`).
    pub(crate) fn partitions_after(&self, parents: usize) -> usize {
        if self.inner.partitions_given.load(Ordering::Relaxed) {
            self.default_partitions()
        } else {
            parents
        }
    }

    /// Declares that the default number of partitions is what `spark.default.parallelism` says.
    pub fn partitions_are_given(&self) {
        self.inner.partitions_given.store(true, Ordering::Relaxed);
    }

    /// Says who is told of a call that broke a rule outside a batch.
    pub fn on_refusal(&self, told: impl Fn(Error) + Send + Sync + 'static) {
        // A context does it once.
        drop(self.inner.refusal.set(Box::new(told)));
    }

    /// Passes over records that functions of the program panic at, but no more than `limit`.
    pub fn skip_records(&self, limit: u64) {
        crate::panics::make_quiet();
        // A context does it once.
        drop(self.inner.poison.set(Poison::new(limit)));
    }

    /// The rule by which reader number `reader`, which works for `operator`, passes over records
    /// for the batch that this thread works for; `None` if it does not.
    #[must_use]
    pub fn skipping<'a>(&'a self, reader: u64, operator: &'a Arc<str>) -> Option<Skipping<'a>> {
        let poison = self.inner.poison.get()?;
        Some(Skipping {
            poison,
            epoch: self.epochs().current(),
            reader,
            operator,
        })
    }

    /// Takes what is known of the records that were passed over in the batch that runs.
    pub fn take_letters(&self) -> Vec<Letter> {
        let poison = self.inner.poison.get();
        poison.map_or_else(Vec::new, |poison| poison.take(self.epochs().running()))
    }

    /// A call broke a rule. In a batch that fails the batch, which names the operator; elsewhere
    /// the context is told, and the caller goes on with something legal.
    ///
    /// # Panics
    /// With the error in a batch, and if there is no context.
    pub fn refuse(&self, error: Error) {
        let is_own = Role::of_this_thread().is_engine();
        match self.inner.refusal.get() {
            Some(told) if !is_own => told(error),
            Some(_) => fail(Error::new(ErrorKind::Task, error.to_string())),
            None => panic!("{error}"),
        }
    }

    /// Runs a map task when a worker is free. The task must not panic.
    pub fn spawn(&self, task: impl FnOnce() + Send + 'static) {
        let task = self.inner.tasks.register().during(task);
        self.inner.pool().spawn_fifo(task);
    }

    /// Runs a task before map tasks that are not running yet, and does not wait for it. The task must
    /// not panic.
    pub fn spawn_urgent(&self, task: impl FnOnce() + Send + 'static) {
        let urgent = Urgent::new(&self.inner);
        self.spawn(move || {
            task();
            drop(urgent);
        });
    }

    /// Waits until no map task is left, and none holds anything of its run; but no longer than
    /// `patience`. Gives how many are left behind then.
    #[must_use]
    pub fn wait_for_tasks(&self, patience: Duration) -> usize {
        self.inner.tasks.wait(patience)
    }

    /// Queues a task that has just done a part of its work and wants to go on: behind the work
    /// of a batch that is due.
    pub(crate) fn spawn_again(&self, task: impl FnOnce() + Send + 'static) {
        let mut parked = self.inner.parked.lock();
        if self.inner.urgent.load(Ordering::SeqCst) > 0 {
            let running = self.inner.tasks.register();
            parked.push(Box::new(running.during(task)));
            return;
        }
        drop(parked);
        self.spawn(task);
    }

    /// Runs `work` on the pool, before map tasks that are not running yet, and waits for it.
    /// Passes a panic of the work on to the caller. Not to be called while holding a lock that
    /// a task may want.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let _urgent = Urgent::new(&self.inner);
        self.inner.pool().install(work)
    }
}

/// While it is there, map tasks that come back are parked; they go on when the last one has gone.
struct Urgent(Arc<Workers>);

impl Urgent {
    fn new(workers: &Arc<Workers>) -> Urgent {
        workers.urgent.fetch_add(1, Ordering::SeqCst);
        Urgent(Arc::clone(workers))
    }
}

impl Drop for Urgent {
    fn drop(&mut self) {
        let Urgent(workers) = self;
        let resumed = {
            let mut parked = workers.parked.lock();
            let last = workers.urgent.fetch_sub(1, Ordering::SeqCst) == 1;
            if last {
                std::mem::take(&mut *parked)
            } else {
                Vec::new()
            }
        };
        resumed
            .into_iter()
            .for_each(|task| workers.pool().spawn_fifo(task));
    }
}

impl Workers {
    fn pool(&self) -> &ThreadPool {
        self.pool
            .as_ref()
            .expect("the pool is there until the last handle is gone")
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.pool = None;
        let own = std::thread::current().id();
        for thread in self.threads.drain(..) {
            // The last handle may go on a worker, which cannot wait for itself.
            if thread.thread().id() != own {
                // A worker that panicked has nothing to tell: its task's panic was reported.
                drop(thread.join());
            }
        }
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("workers", &self.inner.workers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crossbeam::channel::{Receiver, Sender, unbounded as channel};
    use rayon::prelude::*;
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn executor(workers: usize) -> Executor {
        Executor::new(workers).unwrap()
    }

    #[test]
    fn workers_are_named_and_as_many_as_asked_for() {
        let executor = executor(3);
        assert_eq!(executor.workers(), 3);
        let mut names = executor
            .run(|| rayon::broadcast(|_| std::thread::current().name().unwrap().to_owned()));
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "millrace-worker-0",
                "millrace-worker-1",
                "millrace-worker-2"
            ]
        );
    }

    #[test]
    fn work_is_done_on_the_pool_and_its_panic_is_the_callers() {
        let executor = executor(2);
        let sum: u64 = executor.run(|| (0..1000_u64).into_par_iter().sum());
        assert_eq!(sum, 499_500);
        let work = || executor.run(|| panic!("no work today"));
        let panicked: Result<(), _> = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"no work today"));
        // Nothing counts as urgent any more: a task that comes back is not parked.
        let (send, done) = channel();
        executor.spawn_again(move || send.send(()).unwrap());
        done.recv().unwrap();
    }

    /// A task that comes back `left` times, and tells each time.
    fn come_back(executor: &Executor, left: u32, tell: Sender<u32>) {
        tell.send(left).unwrap();
        if left > 0 {
            let next = executor.clone();
            executor.spawn_again(move || come_back(&next, left - 1, tell));
        }
    }

    #[test]
    fn tasks_that_come_back_all_end_whatever_is_urgent_meanwhile() {
        for workers in 1..=3 {
            let executor = executor(workers);
            let done: Vec<Receiver<u32>> = (0..20)
                .map(|_| {
                    let (tell, told) = channel();
                    let own = executor.clone();
                    executor.spawn(move || come_back(&own, 50, tell));
                    told
                })
                .collect();
            for round in 0..50_u64 {
                assert_eq!(
                    executor.run(|| (0..round).into_par_iter().count() as u64),
                    round
                );
            }
            for told in done {
                assert!(told.iter().eq((0..=50).rev()));
            }
        }
    }

    #[test]
    fn a_task_that_comes_back_waits_until_nothing_is_urgent() {
        let executor = executor(2);
        let urgent = AtomicBool::new(true);
        let (send, done) = channel();
        executor.run(|| {
            // The task comes back, while this work is under way, on another worker.
            let (tell, told) = channel();
            come_back_once(&executor, tell, send);
            told.recv().unwrap();
            assert_eq!(executor.inner.parked.lock().len(), 1);
            assert!(done.try_recv().is_err());
            urgent.store(false, Ordering::SeqCst);
        });
        done.recv().unwrap();
        assert!(!urgent.load(Ordering::SeqCst));
        assert!(executor.inner.parked.lock().is_empty());
    }

    #[test]
    fn a_task_that_comes_back_waits_for_an_urgent_one_that_nobody_waits_for() {
        let executor = executor(2);
        let (go, gate) = channel::<()>();
        let (send, done) = channel();
        executor.spawn_urgent(move || gate.recv().unwrap());
        let (tell, told) = channel();
        come_back_once(&executor, tell, send);
        told.recv().unwrap();
        assert_eq!(executor.inner.parked.lock().len(), 1);
        assert!(done.try_recv().is_err());
        go.send(()).unwrap();
        done.recv().unwrap();
        assert!(executor.inner.parked.lock().is_empty());
    }

    fn come_back_once(executor: &Executor, queued: Sender<()>, done: Sender<()>) {
        let own = executor.clone();
        executor.spawn(move || {
            own.spawn_again(move || done.send(()).unwrap());
            queued.send(()).unwrap();
        });
    }

    #[test]
    fn the_last_handle_may_go_on_a_worker() {
        let executor = executor(1);
        let (go, gate) = channel::<()>();
        let (tell, told) = channel();
        let last = executor.clone();
        executor.spawn(move || {
            gate.recv().unwrap();
            drop(last);
            tell.send(()).unwrap();
        });
        drop(executor);
        go.send(()).unwrap();
        told.recv().unwrap();
    }

    #[test]
    fn tasks_are_waited_for_with_all_that_they_hold() {
        for _ in 0..200 {
            let executor = executor(2);
            let held = Arc::new(());
            // They come back, parked or not, while others run.
            for _ in 0..4 {
                let (own, held) = (executor.clone(), Arc::clone(&held));
                let task = move || {
                    let again = Arc::clone(&held);
                    own.spawn_again(move || drop(again));
                };
                executor.run(|| executor.spawn(task));
            }
            assert_eq!(executor.wait_for_tasks(Duration::from_secs(60)), 0);
            assert_eq!(Arc::strong_count(&held), 1);
        }
    }

    #[test]
    fn the_last_handle_waits_for_the_tasks_that_run() {
        let executor = executor(1);
        let ran = Arc::new(AtomicBool::new(false));
        let (tell, told) = channel();
        let running = Arc::clone(&ran);
        executor.spawn(move || {
            tell.send(()).unwrap();
            running.store(true, Ordering::SeqCst);
        });
        told.recv().unwrap();
        drop(executor);
        assert!(ran.load(Ordering::SeqCst));
    }
}
