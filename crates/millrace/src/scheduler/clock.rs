//! The one place that knows what time it is. Tests own a clock that stands still.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use millrace_types::BatchTime;

/// Tells and awaits batch times.
pub(crate) trait Clock: Send + Sync {
    /// The time in milliseconds since the Unix epoch.
    fn now(&self) -> i64;

    /// Waits until `time` has come or `interrupted` holds; says whether the time has come.
    fn wait_until(&self, time: BatchTime, interrupted: &dyn Fn() -> bool) -> bool;

    /// Makes everybody who waits look at its condition again.
    fn wake(&self);
}

/// The wall clock.
#[derive(Default)]
pub(crate) struct SystemClock {
    lock: Mutex<()>,
    woken: Condvar,
}

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn wait_until(&self, time: BatchTime, interrupted: &dyn Fn() -> bool) -> bool {
        let mut guard = lock(&self.lock);
        loop {
            if interrupted() {
                return false;
            }
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let due = Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(0));
            let Some(left) = due.checked_sub(since).filter(|left| !left.is_zero()) else {
                return true;
            };
            let waited = self.woken.wait_timeout(guard, left);
            guard = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn wake(&self) {
        // Under the lock, so that nobody is between looking and waiting.
        let _guard = lock(&self.lock);
        self.woken.notify_all();
    }
}

/// A clock that moves when a test says so. It starts at the Unix epoch.
#[derive(Clone, Default)]
pub struct ManualClock {
    inner: Arc<Manual>,
}

#[derive(Default)]
struct Manual {
    now: Mutex<i64>,
    moved: Condvar,
}

impl ManualClock {
    /// A clock that shows zero.
    pub fn new() -> ManualClock {
        ManualClock::default()
    }

    /// Moves the clock forward. Every tick that is passed on the way happens, in order, with
    /// its own time.
    pub fn advance(&self, by: millrace_types::Duration) {
        *lock(&self.inner.now) += by.as_millis();
        self.inner.moved.notify_all();
    }
}

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        *lock(&self.inner.now)
    }

    fn wait_until(&self, time: BatchTime, interrupted: &dyn Fn() -> bool) -> bool {
        let mut now = lock(&self.inner.now);
        loop {
            if *now >= time.as_millis() {
                return true;
            }
            if interrupted() {
                return false;
            }
            now = self
                .inner
                .moved
                .wait(now)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn wake(&self) {
        let _now = lock(&self.inner.now);
        self.inner.moved.notify_all();
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock")
            .field("now", &self.now())
            .finish()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
