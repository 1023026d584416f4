//! Events to listeners, off the batch path (law 8).
//!
//! Whoever has something to tell puts it in a queue of fixed length and goes on; a thread of
//! its own calls the listeners. When they are slower than the stream the oldest events go, and
//! how many went is said at the end.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle, Thread};

use crossbeam::queue::ArrayQueue;
use millrace_types::{StreamingEvent, StreamingListener};

use crate::error::{Error, Result};
use crate::notice::notice;

/// Events that may wait. A batch has a handful.
const CAPACITY: usize = 10_000;

/// The queue and its thread; without listeners there is neither work nor thread.
pub(crate) struct ListenerBus {
    events: ArrayQueue<StreamingEvent>,
    dropped: AtomicU64,
    closed: AtomicBool,
    wanted: bool,
    thread: Mutex<Option<(Thread, JoinHandle<()>)>>,
}

impl ListenerBus {
    /// Starts to deliver to `listeners`.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn start(listeners: Vec<Box<dyn StreamingListener>>) -> Result<Arc<ListenerBus>> {
        let bus = Arc::new(ListenerBus {
            events: ArrayQueue::new(if listeners.is_empty() { 1 } else { CAPACITY }),
            dropped: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            wanted: !listeners.is_empty(),
            thread: Mutex::new(None),
        });
        if bus.wanted {
            let own = Arc::clone(&bus);
            let handle = Builder::new()
                .name("millrace-listeners".to_owned())
                .spawn(move || own.deliver(listeners))
                .map_err(|error| Error::io("cannot start the listeners' thread", error))?;
            *bus.thread.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((handle.thread().clone(), handle));
        }
        Ok(bus)
    }

    /// Queues what `event` makes, if anybody listens. Never waits.
    pub(crate) fn post(&self, event: impl FnOnce() -> StreamingEvent) {
        if !self.wanted {
            return;
        }
        if self.events.force_push(event()).is_some() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        if let Some((thread, _)) = &*self.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            thread.unpark();
        }
    }

    fn deliver(&self, mut listeners: Vec<Box<dyn StreamingListener>>) {
        loop {
            // Looked at before the queue: what was posted before closing is delivered.
            let closed = self.closed.load(Ordering::Acquire);
            while let Some(event) = self.events.pop() {
                listeners.retain_mut(|listener| {
                    let call = std::panic::AssertUnwindSafe(|| event.deliver(&mut **listener));
                    let kept = std::panic::catch_unwind(call);
                    if let Err(payload) = &kept {
                        let message = crate::panics::message_of(&**payload);
                        notice(format_args!(
                            "a listener panicked and is not called again: {message}"
                        ));
                    }
                    kept.is_ok()
                });
            }
            if closed {
                return;
            }
            std::thread::park();
        }
    }

    /// Delivers what is queued, ends the thread and says what was dropped.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((thread, handle)) = thread {
            thread.unpark();
            // The thread catches what listeners panic.
            drop(handle.join());
        }
        let dropped = self.dropped.load(Ordering::Relaxed);
        if dropped > 0 {
            notice(format_args!(
                "{dropped} events were dropped because listeners were too slow"
            ));
        }
    }
}

impl std::fmt::Debug for ListenerBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListenerBus")
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}
