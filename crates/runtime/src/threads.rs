//! The threads of a run: its receivers, its listeners, its batches.

use std::io;
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

use millrace_engine::role::Role;
use millrace_engine::thread_group::ThreadGroup;

/// The time that the end of a run waits for what a program has started (Spark 3.5: so long
/// are receivers waited for).
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Starts a thread that plays the part `role` and counts among `threads` until it has dropped `body`
/// and has ended, so that nothing of the run is left in it.
///
/// # Errors
/// If the system gives no thread.
pub fn spawn(
    threads: &Arc<ThreadGroup>,
    name: &str,
    role: Role,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let body = threads.register().during(body);
    let thread = Builder::new().name(name.to_owned());
    let started = thread.spawn(move || {
        role.take();
        body();
    });
    started.map(drop)
}
