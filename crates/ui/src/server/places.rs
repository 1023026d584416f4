//! The places of connections, of which there is a bounded number: a client that has asked for
//! nothing makes room for the next one.
//!
//! A client that finishes no request keeps its place until its deadline. If all places were kept
//! so, everybody else would wait for a deadline too. So when all are taken, the connection that has
//! waited longest for its client's next request is closed. One that is being answered or that
//! listens to changes stays: there are fewer of these than places.

use std::collections::BTreeMap;
use std::sync::Arc;

use millrace_types::Lock;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// All places.
pub(super) struct Places {
    free: Arc<Semaphore>,
    waiting: Lock<Waiting>,
}

/// Connections whose clients are to ask next, the one that has waited longest first.
#[derive(Default)]
struct Waiting {
    next: u64,
    leave: BTreeMap<u64, Arc<Notify>>,
}

/// The place of a connection; free again when this value is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    leave: Arc<Notify>,
    /// The number among those that wait.
    number: Lock<Option<u64>>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(most: usize) -> Arc<Places> {
        Arc::new(Places {
            free: Arc::new(Semaphore::new(most)),
            waiting: Lock::default(),
        })
    }

    /// A place for a client that is there; `None` once there are no places any more.
    pub(super) async fn take(self: &Arc<Places>) -> Option<Place> {
        if self.free.available_permits() == 0
            && let Some((_, longest)) = self.waiting.lock().leave.pop_first()
        {
            longest.notify_one();
        }
        let permit = Arc::clone(&self.free).acquire_owned().await.ok()?;
        let place = Place {
            places: Arc::clone(self),
            leave: Arc::default(),
            number: Lock::default(),
            _permit: permit,
        };
        place.waits();
        Some(place)
    }
}

impl Place {
    /// The client has asked: it keeps its place until it is answered.
    pub(super) fn asks(&self) {
        let number = self.number.lock().take();
        number.and_then(|number| self.places.waiting.lock().leave.remove(&number));
    }

    /// The client is answered, and may ask again.
    pub(super) fn waits(&self) {
        self.asks();
        let mut waiting = self.places.waiting.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.leave.insert(number, Arc::clone(&self.leave));
        *self.number.lock() = Some(number);
    }

    /// Ends when the place is needed for somebody else.
    pub(super) async fn needed(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.asks();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_one_that_has_waited_longest_makes_room() {
        let places = Places::new(3);
        let take = || now(places.take()).flatten().unwrap();
        let [first, second, third] = [take(), take(), take()];
        first.asks();
        second.waits();
        assert!(now(places.take()).is_none(), "nobody has gone yet");
        let needed = [&first, &second, &third].map(|place| now(place.needed()).is_some());
        assert_eq!(needed, [false, false, true]);
        drop(third);
        let fourth = take();
        // One that asks is never sent away, however long it takes.
        second.asks();
        fourth.asks();
        assert!(now(places.take()).is_none());
        let needed = [&first, &second, &fourth].map(|place| now(place.needed()).is_some());
        assert_eq!(needed, [false; 3]);
        assert_eq!(places.waiting.lock().leave.len(), 0);
    }
}
