//! A value that every task can read.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A value that tasks read (Spark: `Broadcast`); made by
/// [`StreamingContext::broadcast`](crate::StreamingContext::broadcast).
///
/// Cheap to clone: the value is there once, and goes with its last handle.
///
/// ```
/// millrace::testing::run_context(0, |ssc| {
///     let limit = ssc.broadcast(2);
///     let small = ssc.parallelize(vec![1, 2, 3]).filter(move |n| n <= limit.value());
///     assert_eq!(small.collect(), [1, 2]);
/// });
/// ```
pub struct Broadcast<T> {
    value: Arc<T>,
}

impl<T> Broadcast<T> {
    pub(crate) fn new(value: T) -> Broadcast<T> {
        Broadcast {
            value: Arc::new(value),
        }
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }
}

impl<T> Deref for Broadcast<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Clone for Broadcast<T> {
    fn clone(&self) -> Broadcast<T> {
        Broadcast {
            value: Arc::clone(&self.value),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Broadcast<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Broadcast").field(&self.value).finish()
    }
}
