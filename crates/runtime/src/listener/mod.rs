//! Events to listeners, off the batch path (law 8).
//!
//! A thread that has an event to tell puts it in a queue of fixed length and goes on; the bus's
//! own thread calls the listeners. When they are slower than the stream the oldest events go,
//! and how many went is said at the end.

mod removable;
mod stats_report;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam::queue::ArrayQueue;
use millrace_engine::error::{Error, Result};
use millrace_engine::role::Role;
use millrace_engine::thread_group::ThreadGroup;
use millrace_types::{Lock, StreamingEvent, StreamingListener, Wakeup, counted};

use crate::notice::notice;
use crate::threads::spawn;

pub use removable::ListenerHandle;
pub use stats_report::StatsReportListener;

/// Events that may wait. A batch has a handful.
const CAPACITY: usize = 10_000;

/// The queue and its thread; without listeners there is neither.
pub struct ListenerBus {
    events: OnceLock<ArrayQueue<StreamingEvent>>,
    dropped: AtomicU64,
    /// Listeners that the thread has not taken yet.
    added: Lock<Vec<Box<dyn StreamingListener>>>,
    /// The thread, when there is one.
    thread: Arc<ThreadGroup>,
    signal: Lock<Signal>,
    signalled: Wakeup,
}

/// The signal that the thread waits for. Not parking: a listener may park the thread as well,
/// and take the one wake-up that was meant for the bus.
#[derive(Default)]
struct Signal {
    posted: bool,
    closed: bool,
}

impl ListenerBus {
    /// Starts to deliver to `listeners`.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(listeners: Vec<Box<dyn StreamingListener>>) -> Result<Arc<ListenerBus>> {
        let bus = Arc::new(ListenerBus {
            events: OnceLock::new(),
            dropped: AtomicU64::new(0),
            added: Lock::default(),
            thread: Arc::default(),
            signal: Lock::default(),
            signalled: Wakeup::default(),
        });
        for listener in listeners {
            bus.add(listener)?;
        }
        Ok(bus)
    }

    /// Delivers what comes from now on to `listener` too.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn add(self: &Arc<Self>, listener: Box<dyn StreamingListener>) -> Result<()> {
        let mut added = self.added.lock();
        if self.signal.lock().closed {
            return Ok(());
        }
        added.push(listener);
        if self.events.get().is_none() {
            let own = Arc::clone(self);
            spawn(
                &self.thread,
                "millrace-listeners",
                Role::Listeners,
                move || own.deliver(),
            )
            .map_err(|error| Error::io("cannot start the listeners' thread", error))?;
            self.events.get_or_init(|| ArrayQueue::new(CAPACITY));
        }
        Ok(())
    }

    /// Queues what `event` makes, if anybody listens. Never waits.
    pub fn post(&self, event: impl FnOnce() -> StreamingEvent) {
        let Some(events) = self.events.get() else {
            return;
        };
        if events.force_push(event()).is_some() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        self.signal.lock().posted = true;
        self.signalled.notify_all();
    }

    fn deliver(&self) {
        let mut listeners: Vec<Box<dyn StreamingListener>> = Vec::new();
        // Dropped events that the listeners know of.
        let mut told = 0;
        loop {
            let waiting = |signal: &mut Signal| !signal.posted && !signal.closed;
            let mut signal = self.signalled.wait_while(self.signal.lock(), waiting);
            signal.posted = false;
            // Looked at before the queue: what was posted before closing is delivered.
            let closed = signal.closed;
            drop(signal);
            while let Some(event) = self.events.get().and_then(ArrayQueue::pop) {
                listeners.append(&mut self.added.lock());
                let dropped = self.dropped.load(Ordering::Relaxed);
                if dropped > told {
                    told = dropped;
                    call_each(&mut listeners, |listener| {
                        listener.on_events_dropped(dropped)
                    });
                }
                call_each(&mut listeners, |listener| event.deliver(listener));
            }
            if closed {
                return;
            }
        }
    }

    /// Delivers what is queued, ends the thread and says what was dropped. A listener that does
    /// not return within `patience` is left behind, with what it was not told yet.
    pub fn close(&self, patience: Duration) {
        if std::mem::replace(&mut self.signal.lock().closed, true) {
            return;
        }
        self.signalled.notify_all();
        if self.thread.wait(patience) > 0 {
            let untold = self.events.get().map_or(0, ArrayQueue::len);
            notice(format_args!(
                "a listener did not return within {patience:?} of the end of the run and is left \
                 behind, without {} more",
                counted(untold, "event")
            ));
        }
        let dropped = self.dropped.load(Ordering::Relaxed);
        if dropped > 0 {
            let dropped = counted(dropped, "event");
            notice(format_args!(
                "listeners were too slow and did not get {dropped}"
            ));
        }
    }
}

/// Calls every listener; one that panics is not called again.
fn call_each(
    listeners: &mut Vec<Box<dyn StreamingListener>>,
    call: impl Fn(&mut dyn StreamingListener),
) {
    listeners.retain_mut(|listener| {
        let call = std::panic::AssertUnwindSafe(|| call(&mut **listener));
        let kept = std::panic::catch_unwind(call);
        if let Err(payload) = &kept {
            let message = millrace_engine::panics::message_of(&**payload);
            notice(format_args!(
                "a listener panicked and is not called again: {message}"
            ));
        }
        kept.is_ok()
    });
}

impl std::fmt::Debug for ListenerBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListenerBus")
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    fn event(number: i64) -> StreamingEvent {
        StreamingEvent::StreamingStarted { time: number }
    }

    /// Tells what it is told, and waits at its first event until it is let go. Dropped events
    /// are told as their number below zero.
    struct Gated {
        tell: Sender<i64>,
        gate: Option<Receiver<()>>,
    }

    impl StreamingListener for Gated {
        fn on_streaming_started(&mut self, number: i64) {
            self.tell.send(number).unwrap();
            if let Some(gate) = self.gate.take() {
                gate.recv().unwrap();
            }
        }

        fn on_events_dropped(&mut self, count: u64) {
            self.tell.send(-(count as i64)).unwrap();
        }
    }

    #[test]
    fn nobody_who_posts_waits_and_the_oldest_events_go() {
        let (tell, told) = channel();
        let (open, gate) = channel();
        let bus = ListenerBus::start(vec![Box::new(Gated {
            tell,
            gate: Some(gate),
        })])
        .unwrap();
        bus.post(|| event(-1));
        assert_eq!(told.recv().unwrap(), -1);
        // The listener is stuck: a queue's worth stays, and the rest is counted.
        let (posted, dropped) = (CAPACITY as i64 + 500, 500);
        let (own, (tell, is_done)) = (Arc::clone(&bus), channel());
        std::thread::spawn(move || {
            (0..posted).for_each(|number| own.post(|| event(number)));
            tell.send(()).unwrap();
        });
        let waited = is_done.recv_timeout(Duration::from_secs(20));
        waited.expect("nobody who posts waits");
        assert_eq!(bus.dropped.load(Ordering::Relaxed), dropped);
        open.send(()).unwrap();
        close(&bus);
        let (dropped, mut told) = (dropped as i64, told.iter());
        assert_eq!(told.next(), Some(-dropped), "how many are gone, first");
        assert!(told.eq(dropped..posted), "the latest ones, in order");
    }

    /// Closes the bus, and fails if that takes so long that it must be hanging.
    fn close(bus: &Arc<ListenerBus>) {
        let (own, (tell, told)) = (Arc::clone(bus), channel());
        std::thread::spawn(move || {
            own.close(Duration::from_secs(60));
            // Nobody waits any more if this took too long.
            let _ = tell.send(());
        });
        told.recv_timeout(Duration::from_secs(20))
            .expect("closing ends");
    }

    #[test]
    fn a_listener_that_does_not_return_is_left_behind() {
        let (tell, told) = channel();
        let (open, gate) = channel();
        let gate = Some(gate);
        let bus = ListenerBus::start(vec![Box::new(Gated { tell, gate })]).unwrap();
        (1..=2).for_each(|number| bus.post(|| event(number)));
        assert_eq!(told.recv(), Ok(1));
        let (own, (tell, closed)) = (Arc::clone(&bus), channel());
        std::thread::spawn(move || {
            own.close(Duration::ZERO);
            // Nobody waits any more if this took too long.
            let _ = tell.send(());
        });
        let waited = closed.recv_timeout(Duration::from_secs(20));
        waited.expect("it is not waited for for ever");
        open.send(()).unwrap();
        assert!(told.iter().eq([2]), "what it comes back to is not lost");
    }

    #[test]
    fn every_listener_is_told_everything_in_order_before_the_bus_closes() {
        let (channels, listeners): (Vec<_>, Vec<Box<dyn StreamingListener>>) = (0..3)
            .map(|_| {
                let (tell, told) = channel();
                (told, Box::new(Gated { tell, gate: None }) as Box<_>)
            })
            .unzip();
        let bus = ListenerBus::start(listeners).unwrap();
        (0..1000).for_each(|number| bus.post(|| event(number)));
        close(&bus);
        for told in channels {
            assert!(told.iter().eq(0..1000));
        }
    }

    #[test]
    fn without_listeners_no_event_is_made() {
        let bus = ListenerBus::start(Vec::new()).unwrap();
        bus.post(|| unreachable!("nobody listens"));
        close(&bus);
    }

    #[test]
    fn a_listener_that_comes_later_is_told_what_comes_then() {
        let (early, told_early) = channel();
        let (late, told_late) = channel();
        let gated = |tell| Box::new(Gated { tell, gate: None });
        let bus = ListenerBus::start(vec![gated(early)]).unwrap();
        bus.post(|| event(1));
        assert_eq!(told_early.recv().unwrap(), 1);
        bus.add(gated(late)).unwrap();
        bus.post(|| event(2));
        close(&bus);
        bus.add(gated(channel().0)).unwrap();
        assert!(told_early.iter().eq([2]));
        assert!(told_late.iter().eq([2]));
    }

    #[test]
    fn closing_twice_and_posting_after_it_harm_nobody() {
        let (tell, told) = channel();
        let bus = ListenerBus::start(vec![Box::new(Gated { tell, gate: None })]).unwrap();
        bus.post(|| event(1));
        close(&bus);
        bus.post(|| event(2));
        close(&bus);
        assert!(told.iter().eq([1]));
    }
}
