//! A lock that a panic does not close, and a way to wake those who wait for what it guards.

use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration as StdDuration;

/// A mutex that ignores poison.
///
/// The standard library's mutex refuses everybody after a thread has panicked while it held the
/// lock. Here that would be a second failure behind the first: a panic of a program's function is
/// caught and reported where it happens, its batch fails, and what it left half done is never used
/// again. Those who take the lock later want to end the run in good order, or to go on without the
/// batch.
///
/// ```
/// use millrace_types::Lock;
/// static COUNT: Lock<u32> = Lock::new(1);
/// let panicked = std::thread::spawn(|| {
///     let _count = COUNT.lock();
///     panic!("with the lock in its hands");
/// });
/// assert!(panicked.join().is_err());
/// *COUNT.lock() += 1;
/// assert_eq!(*COUNT.lock(), 2);
/// ```
#[derive(Default)]
pub struct Lock<T: ?Sized>(Mutex<T>);

impl<T> Lock<T> {
    /// A lock around `value`.
    pub const fn new(value: T) -> Lock<T> {
        Lock(Mutex::new(value))
    }

    /// The value, of which nobody else knows any more.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized> Lock<T> {
    /// Waits for the lock and takes it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock, unless somebody has it, or has panicked while holding it: a caller that only
    /// tries can leave alone what may be half done.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok()
    }

    /// The value, which is nobody else's for as long.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Tells threads that what a [`Lock`] guards has changed.
///
/// ```
/// use millrace_types::{Lock, Wakeup};
/// let (done, told) = (Lock::new(false), Wakeup::default());
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         *done.lock() = true;
///         told.notify_all();
///     });
///     assert!(*told.wait_while(done.lock(), |done| !*done));
/// });
/// ```
#[derive(Debug, Default)]
pub struct Wakeup(Condvar);

impl Wakeup {
    /// Wakes one thread that waits.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all threads that wait.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    /// Waits until it is woken, or for no reason.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let waited = self.0.wait(guard);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is woken, or for no reason, but no longer than `patience`.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        patience: StdDuration,
    ) -> MutexGuard<'a, T> {
        let waited = self.0.wait_timeout(guard, patience);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits while `waits` holds.
    pub fn wait_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        waits: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T> {
        let waited = self.0.wait_while(guard, waits);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while `waits` holds, but no longer than `patience`; the second value is true if it
    /// took as long.
    pub fn wait_timeout_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        patience: StdDuration,
        waits: impl FnMut(&mut T) -> bool,
    ) -> (MutexGuard<'a, T>, bool) {
        let waited = self.0.wait_timeout_while(guard, patience, waits);
        let (guard, result) = waited.unwrap_or_else(PoisonError::into_inner);
        (guard, result.timed_out())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_taken_after_a_panic_by_those_who_wait_for_it() {
        let lock = Lock::new(1);
        let panicked = std::thread::scope(|scope| {
            let panics = scope.spawn(|| {
                let _guard = lock.lock();
                panic!("with the lock held");
            });
            panics.join().is_err()
        });
        assert!(panicked && lock.try_lock().is_none());
        *lock.lock() += 1;
        assert_eq!(lock.into_inner(), 2);
    }

    #[test]
    fn a_lock_that_is_held_is_not_had_by_trying() {
        let lock = Lock::new(());
        let guard = lock.lock();
        assert!(lock.try_lock().is_none());
        drop(guard);
        assert!(lock.try_lock().is_some());
    }

    #[test]
    fn who_waits_longer_than_its_patience_is_told_so() {
        let (lock, wakeup) = (Lock::new(false), Wakeup::default());
        let patience = StdDuration::from_millis(1);
        let waited = wakeup.wait_timeout_while(lock.lock(), patience, |done| !*done);
        assert!(waited.1);
        drop(waited);
        *lock.lock() = true;
        let waited = wakeup.wait_timeout_while(lock.lock(), patience, |done| !*done);
        assert!(!waited.1);
    }
}
