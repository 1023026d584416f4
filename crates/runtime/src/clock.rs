//! The clock: the one place that is asked for the time. Tests own a clock that stands still.
//!
//! There are two times: what the clock shows, which people, daemons and sleeping machines set
//! forward and back, and how much time has passed. Batches are labelled by the first; whoever waits
//! for a length of time goes by the second.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use millrace_types::{BatchTime, Lock, Wakeup};

/// The longest time between the two readings of one moment. Readings further apart are taken again:
/// the time between them would be in one of them only.
const APART: Duration = Duration::from_millis(20);

/// Both times of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The time that the clock shows, in milliseconds since the Unix epoch.
    pub(crate) wall: i64,
    /// Milliseconds that have passed since some moment; never goes back.
    pub(crate) steady: i64,
}

/// Tells and awaits batch times.
pub trait Clock: Send + Sync {
    /// The time that the clock shows, and the time that has passed.
    fn reading(&self) -> Reading;

    /// The time in milliseconds since the Unix epoch.
    fn now(&self) -> i64 {
        self.reading().wall
    }

    /// Waits as long as it is from now to `time`, whatever the clock is set to meanwhile, or until
    /// `interrupted` holds; says whether the time has passed.
    fn wait_until(&self, time: BatchTime, interrupted: &dyn Fn() -> bool) -> bool;

    /// The same for a moment of the time that has passed, in milliseconds: a length of time that
    /// began before the clock was set is as long as it was.
    fn wait_until_steady(&self, moment: i64, interrupted: &dyn Fn() -> bool) -> bool {
        let Reading { wall, steady } = self.reading();
        let time = wall.saturating_add(moment.saturating_sub(steady));
        self.wait_until(BatchTime::from_millis(time), interrupted)
    }

    /// Makes everybody who waits look at its condition again.
    fn wake(&self);
}

/// The wall clock.
pub struct SystemClock {
    begun: Instant,
    lock: Lock<()>,
    woken: Wakeup,
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock {
            begun: Instant::now(),
            lock: Lock::default(),
            woken: Wakeup::default(),
        }
    }
}

impl Clock for SystemClock {
    fn reading(&self) -> Reading {
        let mut before = Instant::now();
        loop {
            let wall = SystemTime::now().duration_since(UNIX_EPOCH);
            let after = Instant::now();
            if after - before < APART {
                return Reading {
                    wall: millis(wall.unwrap_or_default()),
                    steady: millis(after - self.begun),
                };
            }
            before = after;
        }
    }

    fn wait_until(&self, time: BatchTime, interrupted: &dyn Fn() -> bool) -> bool {
        let left = time.as_millis().saturating_sub(self.now());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        let begun = Instant::now();
        let mut guard = self.lock.lock();
        loop {
            if interrupted() {
                return false;
            }
            let left = left.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return true;
            }
            guard = self.woken.wait_timeout(guard, left);
        }
    }

    fn wake(&self) {
        // Under the lock, so that nobody is between looking and waiting.
        let _guard = self.lock.lock();
        self.woken.notify_all();
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A clock that moves when a test says so. It starts at the Unix epoch.
#[derive(Clone, Default)]
pub struct ManualClock {
    inner: Arc<Manual>,
}

struct Manual {
    now: Lock<Reading>,
    moved: Wakeup,
}

impl Default for Manual {
    fn default() -> Manual {
        Manual {
            now: Lock::new(Reading { wall: 0, steady: 0 }),
            moved: Wakeup::default(),
        }
    }
}

impl ManualClock {
    /// A clock that shows zero.
    #[must_use]
    pub fn new() -> ManualClock {
        ManualClock::default()
    }

    /// Lets time pass. Every tick that is passed on the way happens, in order, with its own time.
    pub fn advance(&self, by: millrace_types::Duration) {
        let mut now = self.inner.now.lock();
        now.wall += by.as_millis();
        now.steady += by.as_millis();
        self.inner.moved.notify_all();
    }

    /// Sets what the clock shows forward, or back, while no time passes.
    #[cfg(test)]
    pub fn set(&self, by: millrace_types::Duration) {
        self.inner.now.lock().wall += by.as_millis();
        self.inner.moved.notify_all();
    }
}

impl Clock for ManualClock {
    fn reading(&self) -> Reading {
        *self.inner.now.lock()
    }

    fn wait_until(&self, time: BatchTime, interrupted: &dyn Fn() -> bool) -> bool {
        let mut now = self.inner.now.lock();
        let left = time.as_millis().saturating_sub(now.wall);
        let until = now.steady.saturating_add(left);
        loop {
            if now.steady >= until {
                return true;
            }
            if interrupted() {
                return false;
            }
            now = self.inner.moved.wait(now);
        }
    }

    fn wake(&self) {
        let _now = self.inner.now.lock();
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

    #[test]
    fn whoever_waits_for_a_length_of_time_does_not_mind_what_the_clock_is_set_to() {
        let clock = ManualClock::new();
        let (looks, looked) = channel();
        let own = clock.clone();
        let waiting = thread::spawn(move || {
            let look = || {
                // Nobody counts the looks at the end.
                let _ = looks.send(());
                false
            };
            own.wait_until(at(1000), &look)
        });
        looked.recv().unwrap();
        clock.set(millrace_types::Duration::seconds(-3600));
        assert_eq!(clock.now(), -3_600_000);
        clock.advance(millrace_types::Duration::seconds(1));
        assert!(waiting.join().unwrap());
        let reading = clock.reading();
        assert_eq!((reading.wall, reading.steady), (-3_599_000, 1000));
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
