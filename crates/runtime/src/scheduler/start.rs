//! The threads of a run: each is started here, and ends in the order that the head of
//! [`scheduler`](super) names.

use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use millrace_engine::error::{Error, Result};
use millrace_engine::role::Role;
use millrace_engine::thread_group::ThreadGroup;

use crate::notice::notice;
use crate::source::OpenSources;
use crate::threads;

use super::generator::{generate, wait_for_jobs};
use super::jobs::run_jobs;
use super::{BatchQueue, Engine, FirstBatch};

/// Starts the threads of a run: jobs, receivers, generator. The one that is returned joins the
/// others. `replay` submits the batches that an earlier run has received, before anything new is.
/// `place` is dropped when the run has ended, before anybody is told so.
///
/// # Errors
/// If `replay` fails, or the system gives no thread.
pub fn start(
    engine: &Arc<Engine>,
    first: FirstBatch,
    ends: &Arc<OpenSources>,
    replay: impl FnOnce(&BatchQueue) -> Result<()>,
    place: impl Send + 'static,
) -> Result<JoinHandle<()>> {
    let queue = Arc::new(BatchQueue::default());
    engine.graph.begin(
        first.zero(engine.interval),
        engine.interval,
        Arc::clone(&engine.clock),
    );
    let (own, work) = (Arc::clone(engine), Arc::clone(&queue));
    let jobs = Arc::new(ThreadGroup::default());
    let name = "millrace-jobs";
    let started = threads::spawn(&jobs, name, Role::Engine, move || run_jobs(&own, &work));
    started.map_err(|error| no_thread(name, error))?;
    // Nobody else closes the queue of a run that does not begin.
    let closed = CloseUnless(Some(&queue));
    replay(&queue)?;
    let receivers = receive_on_threads(engine, ends)?;
    let (own, work) = (Arc::clone(engine), Arc::clone(&queue));
    let generator = spawn("millrace-generator", move || {
        generate(&own, first, &work, &receivers);
        wait_for_jobs(&own, &jobs);
        end(&own, place);
    })?;
    closed.never();
    Ok(generator)
}

/// Ends what has no batch left to work for, and says that the run has ended.
fn end(engine: &Engine, place: impl Send) {
    let left = engine.executor.wait_for_tasks(engine.patience);
    if left > 0 {
        notice(format_args!(
            "{left} map tasks did not end within {:?} of the end of the run and are left \
             behind: functions of the program have not returned",
            engine.patience
        ));
    }
    if let Some(log) = &engine.log {
        log.close();
    }
    if let Some(dead_letters) = &engine.dead_letters {
        dead_letters.close();
    }
    if let Some(checkpoint) = &engine.checkpoint {
        checkpoint.close();
    }
    // An error does not wait for listeners, which may be what it is about.
    if !engine.outcome.has_failed() {
        engine.listeners.close(engine.patience);
    }
    // Whoever is told of the end may start another context.
    drop(place);
    engine.outcome.finish();
    engine.listeners.close(engine.patience);
}

/// Closes a queue, unless it is told not to.
struct CloseUnless<'a>(Option<&'a BatchQueue>);

impl CloseUnless<'_> {
    fn never(mut self) {
        self.0 = None;
    }
}

impl Drop for CloseUnless<'_> {
    fn drop(&mut self) {
        if let Some(queue) = self.0 {
            queue.close();
        }
    }
}

fn receive_on_threads(
    engine: &Arc<Engine>,
    ends: &Arc<OpenSources>,
) -> Result<Vec<Arc<ThreadGroup>>> {
    let threads = engine
        .receivers
        .iter()
        .enumerate()
        .map(|(number, receiver)| {
            let ends = Arc::clone(ends);
            let receiver = Arc::clone(receiver);
            let threads = Arc::new(ThreadGroup::default());
            let name = format!("millrace-recv-{number}");
            let started = threads::spawn(&threads, &name, Role::Engine, move || {
                if receiver.run() {
                    ends.close_one();
                }
            });
            started.map_err(|error| no_thread(&name, error))?;
            Ok(threads)
        });
    threads.collect()
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let started = Builder::new().name(name.to_owned()).spawn(move || {
        Role::Engine.take();
        body();
    });
    started.map_err(|error| no_thread(name, error))
}

fn no_thread(name: &str, error: io::Error) -> Error {
    Error::io(format!("cannot start the thread {name}"), error)
}
