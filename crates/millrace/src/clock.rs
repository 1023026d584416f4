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
pub(crate) struct ManualClock {
    inner: Arc<Manual>,
}

#[derive(Default)]
struct Manual {
    now: Mutex<i64>,
    moved: Condvar,
}

impl ManualClock {
    /// A clock that shows zero.
    pub(crate) fn new() -> ManualClock {
        ManualClock::default()
    }

    /// Moves the clock forward. Every tick that is passed on the way happens, in order, with
    /// its own time.
    pub(crate) fn advance(&self, by: millrace_types::Duration) {
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    fn at(millis: i64) -> BatchTime {
        BatchTime::from_millis(millis)
    }

    #[test]
    fn a_manual_clock_moves_when_it_is_told_to() {
        let clock = ManualClock::new();
        assert_eq!(clock.now(), 0);
        assert!(clock.wait_until(at(0), &|| false));
        clock.advance(millrace_types::Duration::seconds(3));
        assert_eq!(clock.now(), 3000);
        for time in [1000, 2000, 3000] {
            assert!(
                clock.wait_until(at(time), &|| true),
                "what has come has come"
            );
        }
        assert!(!clock.wait_until(at(3001), &|| true));
    }

    #[test]
    fn whoever_waits_goes_on_when_time_has_come() {
        let clock = ManualClock::new();
        let (tell, told) = channel();
        let own = clock.clone();
        let waiting = thread::spawn(move || {
            for time in [10, 20, 30] {
                assert!(own.wait_until(at(time), &|| false));
                tell.send((time, own.now())).unwrap();
            }
        });
        for _ in 0..6 {
            clock.advance(millrace_types::Duration::milliseconds(5));
        }
        waiting.join().unwrap();
        let told: Vec<(i64, i64)> = told.iter().collect();
        assert_eq!(told.len(), 3);
        assert!(told.iter().all(|(time, now)| now >= time), "{told:?}");
    }

    fn is_interrupted(clock: Arc<dyn Clock>) {
        let stop = Arc::new(AtomicBool::new(false));
        let (looks, looked) = channel();
        let (own, asked) = (Arc::clone(&clock), Arc::clone(&stop));
        let waiting = thread::spawn(move || {
            let interrupted = || {
                // Nobody counts the looks after the first one.
                let _ = looks.send(());
                asked.load(Ordering::SeqCst)
            };
            own.wait_until(at(i64::MAX), &interrupted)
        });
        looked.recv().unwrap();
        stop.store(true, Ordering::SeqCst);
        clock.wake();
        assert!(!waiting.join().unwrap(), "the end of time has not come");
    }

    #[test]
    fn whoever_waits_can_be_interrupted() {
        is_interrupted(Arc::new(ManualClock::new()));
        is_interrupted(Arc::new(SystemClock::default()));
    }

    #[test]
    fn the_system_clock_does_not_wait_for_what_has_been() {
        let clock = SystemClock::default();
        let now = clock.now();
        assert!(clock.wait_until(at(now), &|| false));
        assert!(clock.wait_until(at(-5), &|| false));
        assert!(clock.wait_until(at(now + 2), &|| false));
        assert!(clock.now() >= now + 2);
    }
}
