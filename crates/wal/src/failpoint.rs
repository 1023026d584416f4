//! Named places at which a test can have the process killed.
//!
//! A kill at a random moment hardly ever falls between two steps that touch the disk; these
//! places stand there. They are in every build, so that the program that is tested is the one
//! that runs; when none is asked for, passing one costs a load and a branch.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every failpoint of this crate. Other crates keep lists of their own.
pub const FAILPOINTS: &[&str] = &[
    "atomic.before-create",
    "atomic.after-create",
    "atomic.mid-write",
    "atomic.after-write",
    "atomic.after-sync",
    "atomic.after-rename",
    "atomic.after-directory-sync",
    "cleanup.before-remove",
    "cleanup.after-remove",
    "lock.after-lock",
    "lock.after-write",
    "wal.append.before-write",
    "wal.append.mid-write",
    "wal.append.after-write",
    "wal.open.before-act",
    "wal.open.before-cut",
    "wal.open.after-cut",
    "wal.open.after-sync",
    "wal.open.after-directory-sync",
    "wal.release.before-remove",
    "wal.release.after-remove",
    "wal.roll.before-create",
    "wal.roll.after-create",
    "wal.sync.before",
    "wal.sync.after",
];

struct Armed {
    name: String,
    left: AtomicU64,
}

fn armed() -> Option<&'static Armed> {
    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    ARMED
        .get_or_init(|| {
            let wanted = std::env::var("MILLRACE_FAILPOINT").ok()?;
            let (name, passing) = match wanted.split_once(':') {
                Some((name, passing)) => (name, passing.parse().ok()?),
                None => (wanted.as_str(), 1),
            };
            Some(Armed {
                name: name.to_owned(),
                left: AtomicU64::new(passing),
            })
        })
        .as_ref()
}

/// True if `MILLRACE_FAILPOINT` names this place. For places that exist only when asked for,
/// such as the middle of a write.
#[inline]
pub fn failpoint_is_set(name: &str) -> bool {
    armed().is_some_and(|armed| armed.name == name)
}

/// Kills the process with SIGKILL if `MILLRACE_FAILPOINT` is `name` or `name:n` and this is the
/// n-th passing (the first without `:n`). The variable is read once in the life of a process.
#[inline]
pub fn failpoint(name: &str) {
    if let Some(armed) = armed()
        && armed.name == name
        && armed.left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        die();
    }
}

#[cold]
fn die() -> ! {
    use rustix::process::{Signal, getpid, kill_process};
    // Should the kill be refused, aborting is the next best: no destructor runs either way.
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}
