//! The worker threads: one owned pool a context, `local[N]` threads in it, never the global one.
//!
//! Two kinds of work meet here. Map tasks run whenever blocks come in, for as long as they do;
//! the work of a batch that is due (merging, folding, reading) is *urgent*: a sender that never
//! pauses must not keep a finished batch waiting. A worker looks into its own queue before it
//! takes what others ask of the pool, so a map task that comes back for more does not queue
//! itself while urgent work is under way: it is parked, and goes on when that is done.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};

type Task = Box<dyn FnOnce() + Send>;

/// A handle on the workers; the last one to go joins them.
#[derive(Clone)]
pub(crate) struct Executor {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Option<ThreadPool>,
    threads: Vec<JoinHandle<()>>,
    workers: usize,
    urgent: AtomicUsize,
    parked: Mutex<Vec<Task>>,
}

impl Executor {
    /// Starts `workers` threads named `millrace-worker-0` and so on.
    ///
    /// # Errors
    /// If the system does not give that many threads.
    pub(crate) fn new(workers: usize) -> Result<Executor> {
        let mut threads = Vec::new();
        let pool = ThreadPoolBuilder::new()
            .num_threads(workers)
            .thread_name(|index| format!("millrace-worker-{index}"))
            .spawn_handler(|thread| {
                let name = thread.name().unwrap_or("millrace-worker").to_owned();
                threads.push(
                    std::thread::Builder::new()
                        .name(name)
                        .spawn(|| thread.run())?,
                );
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
            inner: Arc::new(Inner {
                pool: Some(pool),
                threads,
                workers,
                urgent: AtomicUsize::new(0),
                parked: Mutex::new(Vec::new()),
            }),
        })
    }

    /// How many workers there are.
    pub(crate) fn workers(&self) -> usize {
        self.inner.workers
    }

    /// Runs a map task when a worker is free. The task must not panic.
    pub(crate) fn spawn(&self, task: impl FnOnce() + Send + 'static) {
        self.inner.pool().spawn_fifo(task);
    }

    /// Queues a task that has just done a part of its work and wants to go on: behind the work
    /// of a batch that is due.
    pub(crate) fn spawn_again(&self, task: impl FnOnce() + Send + 'static) {
        let mut parked = self.inner.parked();
        if self.inner.urgent.load(Ordering::SeqCst) > 0 {
            parked.push(Box::new(task));
            return;
        }
        drop(parked);
        self.spawn(task);
    }

    /// Runs `work` on the pool, before map tasks that are not running yet, and waits for it.
    /// Passes a panic of the work on to the caller. Not to be called while holding a lock that
    /// a task may want.
    pub(crate) fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        struct Urgent<'a>(&'a Executor);
        impl Drop for Urgent<'_> {
            fn drop(&mut self) {
                let inner = &self.0.inner;
                let resumed = {
                    let mut parked = inner.parked();
                    let last = inner.urgent.fetch_sub(1, Ordering::SeqCst) == 1;
                    if last {
                        std::mem::take(&mut *parked)
                    } else {
                        Vec::new()
                    }
                };
                resumed
                    .into_iter()
                    .for_each(|task| inner.pool().spawn_fifo(task));
            }
        }
        self.inner.urgent.fetch_add(1, Ordering::SeqCst);
        let _urgent = Urgent(self);
        self.inner.pool().install(work)
    }
}

impl Inner {
    fn pool(&self) -> &ThreadPool {
        self.pool
            .as_ref()
            .expect("the pool is there until the last handle is gone")
    }

    fn parked(&self) -> std::sync::MutexGuard<'_, Vec<Task>> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
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
