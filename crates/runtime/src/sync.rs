//! The locks, channels and threads of the hand-off from a receiver to a batch.
//!
//! They are those of the standard library and of crossbeam. A test build with `--cfg shuttle` has
//! those of a model checker in their place, which tries one schedule after the other on the same
//! code: `scripts/model_check.sh`. Code that hands blocks on takes them from here; a lock that is
//! not from here must not be held where one of these is taken.

#[cfg(not(all(test, shuttle)))]
mod machine {
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use std::thread::{Builder, JoinHandle};

    pub(crate) use crossbeam::channel::{Receiver, Sender, bounded, unbounded};

    /// Waits while `waits` holds, but no longer than `patience`; says whether it was longer.
    pub(crate) fn wait_patiently<'a, T>(
        condvar: &Condvar,
        guard: MutexGuard<'a, T>,
        patience: std::time::Duration,
        waits: impl FnMut(&mut T) -> bool,
    ) -> (MutexGuard<'a, T>, bool) {
        let waited = condvar.wait_timeout_while(guard, patience, waits);
        let (guard, result) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        (guard, result.timed_out())
    }
}

#[cfg(all(test, shuttle))]
mod machine {
    pub(crate) use shuttle::sync::mpsc::{Receiver, Sender, channel as unbounded};
    pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use shuttle::thread::{Builder, JoinHandle};

    /// Never full: what is sent through one of these is one answer.
    pub(crate) fn bounded<T>(_messages: usize) -> (Sender<T>, Receiver<T>) {
        unbounded()
    }

    /// There is no time here: nobody ever loses patience.
    pub(crate) fn wait_patiently<'a, T>(
        condvar: &Condvar,
        guard: MutexGuard<'a, T>,
        _patience: std::time::Duration,
        waits: impl FnMut(&mut T) -> bool,
    ) -> (MutexGuard<'a, T>, bool) {
        let waited = condvar.wait_while(guard, waits);
        (
            waited.unwrap_or_else(std::sync::PoisonError::into_inner),
            false,
        )
    }
}

pub(crate) use machine::{
    Builder, Condvar, JoinHandle, Mutex, MutexGuard, Receiver, Sender, bounded, unbounded,
    wait_patiently,
};
