//! Threads that the end of a run waits for, but not for ever.
//!
//! A program's receivers and listeners run on them, and code of the program may never return.
//! A run ends all the same, and its outcome is told (law 7).

use std::sync::Arc;
use std::time::Duration;

use millrace_types::{Lock, Wakeup};

/// Threads that have not ended.
#[derive(Default)]
pub struct ThreadGroup {
    count: Lock<usize>,
    ended: Wakeup,
}

/// A member of the group; its thread drops it when it ends, also by a panic.
pub struct Running(Arc<ThreadGroup>);

impl ThreadGroup {
    /// Counts a thread that is about to be started.
    pub fn register(self: &Arc<Self>) -> Running {
        *self.count.lock() += 1;
        Running(Arc::clone(self))
    }

    /// Waits until all of them have ended, but no longer than `patience`; gives how many have
    /// not.
    pub fn wait(&self, patience: Duration) -> usize {
        let running = |count: &mut usize| *count > 0;
        let waited = self
            .ended
            .wait_timeout_while(self.count.lock(), patience, running);
        *waited.0
    }
}

impl Running {
    /// `body`, which counts until it has returned and is gone.
    pub fn during(self, body: impl FnOnce() + Send) -> impl FnOnce() + Send {
        move || {
            // Goes last, even in a panic: the call consumes `body`.
            let _running = self;
            body();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        *self.0.count.lock() -= 1;
        self.0.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Tells when it is being dropped, and is not gone until it is let go.
    struct Slow(Sender<()>, Receiver<()>);

    impl Drop for Slow {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
            // It ends when the test lets it go.
            let _ = self.1.recv();
        }
    }

    #[test]
    fn a_thread_counts_until_what_it_was_given_is_gone() {
        for panics in [false, true] {
            let threads = Arc::new(ThreadGroup::default());
            let ((tell, told), (go, wait)) = (channel(), channel());
            let slow = Slow(tell, wait);
            let body = move || {
                let _slow = &slow;
                assert!(!panics, "it has ended");
            };
            let slow = std::thread::spawn(threads.register().during(body));
            told.recv().unwrap();
            assert_eq!(threads.wait(Duration::ZERO), 1);
            drop(go);
            assert_eq!(threads.wait(Duration::from_secs(60)), 0);
            assert_eq!(slow.join().is_err(), panics);
        }
    }

    #[test]
    fn those_that_end_are_waited_for_and_the_others_are_counted() {
        let threads = Arc::new(ThreadGroup::default());
        assert_eq!(threads.wait(Duration::ZERO), 0, "there are none");
        let (go, wait) = channel::<()>();
        let deaf = threads.register();
        let started = threads.register();
        let deaf = std::thread::spawn(move || {
            let _deaf = deaf;
            // It ends when the test lets it go.
            let _ = wait.recv();
        });
        let panics = std::thread::spawn(move || {
            let _started = started;
            panic!("it has ended");
        });
        assert!(panics.join().is_err());
        assert_eq!(threads.wait(Duration::ZERO), 1);
        drop(go);
        assert_eq!(threads.wait(Duration::from_secs(60)), 0);
        deaf.join().unwrap();
    }
}
