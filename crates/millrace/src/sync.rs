//! The locks, channels and threads of the hand-off from a receiver to a batch.
//!
//! They are those of the standard library and of crossbeam. A test build with `--cfg shuttle` has
//! those of a model checker in their place, which tries one schedule after the other on the same
//! code: `scripts/model_check.sh`. Whoever hands blocks on takes them from here; a lock that is
//! not from here must not be held where one of these is taken.

#[cfg(not(all(test, shuttle)))]
mod machine {
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use std::thread::{Builder, JoinHandle};

    pub(crate) use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
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
}

pub(crate) use machine::{
    Builder, Condvar, JoinHandle, Mutex, MutexGuard, Receiver, Sender, bounded, unbounded,
};
