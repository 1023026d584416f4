//! A value that every task can read, and that changes between batches only.
//!
//! Map tasks run before their batch is due, beside a batch that runs, so there may be several
//! values at a time. A reader gets the one that its batch began with.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use crate::exec::Epochs;

/// A value that tasks read (Spark: `Broadcast`); made by
/// `StreamingContext::broadcast`.
///
/// Cheap to clone: the value is there once, and goes with its last handle. Reading it takes no
/// lock.
///
/// ```
/// millrace::testing::run_context(0, |ssc| {
///     let limit = ssc.broadcast(2);
///     let small = ssc.parallelize(vec![1, 2, 3]).filter(move |n| *n <= *limit.value());
///     assert_eq!(small.collect(), [1, 2]);
/// });
/// ```
pub struct Broadcast<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    /// Never empty; by the batch from which a value holds, which rises.
    versions: ArcSwap<Vec<Version<T>>>,
    epochs: Arc<Epochs>,
}

struct Version<T> {
    from: u64,
    value: Arc<T>,
}

impl<T> Clone for Version<T> {
    fn clone(&self) -> Version<T> {
        Version {
            from: self.from,
            value: Arc::clone(&self.value),
        }
    }
}

impl<T> Broadcast<T> {
    #[doc(hidden)]
    pub fn new(value: T, epochs: &Arc<Epochs>) -> Broadcast<T> {
        let first = Version {
            from: 0,
            value: Arc::new(value),
        };
        Broadcast {
            shared: Arc::new(Shared {
                versions: ArcSwap::from_pointee(vec![first]),
                epochs: Arc::clone(epochs),
            }),
        }
    }

    /// The value, as the batch sees it for which it is read: in a function of a stream the batch of
    /// the record, elsewhere the batch that runs or ran last.
    #[must_use]
    pub fn value(&self) -> BroadcastValue<T> {
        let versions = self.shared.versions.load();
        let version = match versions.len() {
            1 => 0,
            _ => in_batch(&versions, self.shared.epochs.current()),
        };
        BroadcastValue { versions, version }
    }

    /// Replaces the value (no engine's name): reference data that changes while the program runs.
    ///
    /// The new value holds from the next batch on that begins to receive, for all workers at once:
    /// no batch sees two values. The batch that receives now, and those that wait to be run, keep
    /// the old one. Before the start the new value holds at once. Of several updates in one batch
    /// interval the last one counts.
    ///
    /// May be called from any thread. The old value goes with the update after the last batch that
    /// can see it. A value is not part of a checkpoint: after a recovery the program begins with the
    /// one that it gives to `broadcast`.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use millrace::testing::Setup;
    /// let seen = Arc::new(Mutex::new(Vec::new()));
    /// let shown = Arc::clone(&seen);
    /// Setup::default().run_stream(&["a\n", "b\n", "c\n"], move |ssc, lines| {
    ///     let rate = ssc.broadcast(1);
    ///     let current = rate.clone();
    ///     let priced = lines.map(move |line| (line, *current.value())).reduce_by_key(|a, b| a + b);
    ///     priced.map(|(_, rate)| rate).foreach_rdd(move |rdd| {
    ///         shown.lock().unwrap().extend(rdd.collect());
    ///         // The next batch receives already.
    ///         rate.update(2);
    ///     });
    /// });
    /// assert_eq!(*seen.lock().unwrap(), [1, 1, 2]);
    /// ```
    pub fn update(&self, value: T) {
        let value = Arc::new(value);
        let shared = &*self.shared;
        // No batch is cut meanwhile, and nobody else updates. What is replaced goes afterwards.
        let replaced = shared.epochs.while_open(|open| {
            let from = if open == 0 { 0 } else { open + 1 };
            let old = shared.versions.load();
            let last_seen = in_batch(&old, shared.epochs.running());
            let kept = old[last_seen..]
                .iter()
                .filter(|version| version.from < from);
            let new = Version { from, value };
            let versions = kept.cloned().chain([new]).collect();
            shared.versions.swap(Arc::new(versions))
        });
        drop(replaced);
    }
}

/// Which of the versions holds in the batch `epoch`.
fn in_batch<T>(versions: &[Version<T>], epoch: u64) -> usize {
    let begun = versions.partition_point(|version| version.from <= epoch);
    begun.saturating_sub(1)
}

/// The value of a [`Broadcast`] in one batch; a reference to it by `*`.
pub struct BroadcastValue<T> {
    versions: Guard<Arc<Vec<Version<T>>>>,
    version: usize,
}

impl<T> Deref for BroadcastValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.versions[self.version].value
    }
}

impl<T: fmt::Debug> fmt::Debug for BroadcastValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> Clone for Broadcast<T> {
    fn clone(&self) -> Broadcast<T> {
        Broadcast {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Broadcast<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Broadcast").field(&self.value()).finish()
    }
}
