//! The locks, channels and threads of the hand-off from a receiver to a batch.
//!
//! They are those of the house and of crossbeam. A test build with `--cfg shuttle` has those of a
//! model checker in their place, which tries one schedule after the other on the same code:
//! `scripts/model_check.sh`. Code that hands blocks on takes them from here; a lock that is not from
//! here must not be held where one of these is taken.

#[cfg(not(all(test, shuttle)))]
mod machine {
    pub(crate) use std::sync::MutexGuard;
    pub(crate) use std::thread::{Builder, JoinHandle};

    pub(crate) use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
    pub(crate) use millrace_types::{Lock, Wakeup};
}

#[cfg(all(test, shuttle))]
mod machine {
    use std::sync::PoisonError;

    pub(crate) use shuttle::sync::MutexGuard;
    pub(crate) use shuttle::sync::mpsc::{Receiver, Sender, channel as unbounded};
    use shuttle::sync::{Condvar, Mutex};
    pub(crate) use shuttle::thread::{Builder, JoinHandle};

    /// Never full: what is sent through one of these is one answer.
    pub(crate) fn bounded<T>(_messages: usize) -> (Sender<T>, Receiver<T>) {
        unbounded()
    }

    /// [`millrace_types::Lock`].
    #[derive(Default)]
    pub(crate) struct Lock<T>(Mutex<T>);

    impl<T> Lock<T> {
        pub(crate) fn new(value: T) -> Lock<T> {
            Lock(Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// [`millrace_types::Wakeup`].
    #[derive(Default)]
    pub(crate) struct Wakeup(Condvar);

    impl Wakeup {
        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }

        /// There is no time here: nobody ever loses patience.
        pub(crate) fn wait_timeout_while<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            _patience: std::time::Duration,
            waits: impl FnMut(&mut T) -> bool,
        ) -> (MutexGuard<'a, T>, bool) {
            let waited = self.0.wait_while(guard, waits);
            (waited.unwrap_or_else(PoisonError::into_inner), false)
        }
    }
}

pub(crate) use machine::{
    Builder, JoinHandle, Lock, MutexGuard, Receiver, Sender, Wakeup, bounded, unbounded,
};
