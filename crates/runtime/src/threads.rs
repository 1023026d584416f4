//! The threads of a run: its receivers, its listeners, its batches.

use std::io;
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

use millrace_engine::patience::Threads;
use millrace_engine::role::Role;

/// The time that the end of a run waits for what a program has started (Spark 3.5: so long
/// are receivers waited for).
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Starts a thread that plays the part `role` and counts among `threads` until it has ended, and
/// has dropped all that it was given: what it shares with its run is gone with it.
///
/// # Errors
/// If the system gives no thread.
pub fn spawn(
    threads: &Arc<Threads>,
    name: &str,
    role: Role,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let body = threads.one_more().during(body);
    let thread = Builder::new().name(name.to_owned());
    let started = thread.spawn(move || {
        role.take();
        body();
    });
    started.map(drop)
}
