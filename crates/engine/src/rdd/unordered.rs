//! Reading an [`Rdd`] in no order: order that nobody sees is not paid for (law 3).
//!
//! PySpark's order of a keyed result is made when somebody reads it: every key is asked for its
//! partition, and all are sorted by their arrival. `for_each`, or a count behind a filter, cannot
//! see any of that. A store that keeps its keys in shards is read shard by shard for them, and a
//! dataset that is made of it record by record passes the question on. Few records are put in order all the same:
//! their order costs nothing, and a person who looks at them finds every record in its usual place.

use std::sync::Arc;

use super::Rdd;

impl<T: Send + 'static> Rdd<T> {
    /// The same records in no order, if that costs less to read.
    #[doc(hidden)]
    #[must_use]
    pub fn unordered(&self) -> Option<Rdd<T>> {
        let source = Arc::clone(&self.source).unordered()?;
        Some(Rdd {
            source,
            executor: self.executor.clone(),
        })
    }

    /// The dataset to read for somebody who sees no order.
    pub(super) fn in_any_order(&self) -> Rdd<T> {
        self.unordered().unwrap_or_else(|| self.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::exec::Executor;
    use crate::partition::{HashPartitioner, Partitioner, Partitions};

    use super::*;

    /// Counts how often it is asked.
    #[derive(Clone)]
    struct Counting {
        asked: Arc<AtomicUsize>,
        own: HashPartitioner,
    }

    impl Partitioner<u32> for Counting {
        fn partitions(&self) -> usize {
            Partitioner::<u32>::partitions(&self.own)
        }

        fn partition(&self, key: &u32) -> usize {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.own.partition(key)
        }
    }

    /// The records that `for_each` shows of a shuffle of `keys` keys and of what is made of it, how
    /// many a filter leaves, and how often a partitioner was asked for that.
    fn seen(keys: u32) -> (Vec<(u32, u32)>, u64, usize) {
        let executor = Executor::new(2).expect("threads");
        let asked = Arc::default();
        let counting = Counting {
            asked: Arc::clone(&asked),
            own: HashPartitioner::new(NonZeroU32::new(3).expect("not zero")),
        };
        let records = |from| (from..from + keys).map(|key| (key, 1)).collect();
        let list = |from| Rdd::of_partitions(vec![records(from)], &executor);
        let partitions = || Partitions::by(counting.clone());
        let sums = list(0).reduce_by_key_with(|a, b| a + b, partitions());
        let joined = list(0).join_with(&list(keys / 2), partitions());
        let all = sums
            .map(|(key, one)| (key, one))
            .union(&joined.map(|(key, (one, other))| (key, one + other)))
            .union(&list(7));
        let seen = Mutex::new(Vec::new());
        all.for_each(|record| seen.lock().expect("no panic").push(record));
        let even = all.filter(|(key, _)| key % 2 == 0).count();
        let asked_so_far = asked.load(Ordering::Relaxed);
        let (mut seen, mut expected) = (seen.into_inner().expect("no panic"), all.collect());
        assert_ne!(
            asked.load(Ordering::Relaxed),
            0,
            "an order that is seen is made"
        );
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected);
        (seen, even, asked_so_far)
    }

    #[test]
    fn nobody_is_asked_for_an_order_that_is_not_seen() {
        for keys in [10, 9_000] {
            let (seen, even, asked) = seen(keys);
            assert_eq!(seen.len() as u32, keys + keys / 2 + keys);
            assert_eq!(
                even,
                seen.iter().filter(|(key, _)| key % 2 == 0).count() as u64
            );
            assert_eq!(asked == 0, keys > 10, "{keys}");
        }
    }
}
