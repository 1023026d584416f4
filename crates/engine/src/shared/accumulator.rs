//! A sum that tasks add to and the driver's side reads.
//!
//! Every worker adds to a cell of its own, so none waits for another; who reads merges the cells. So
//! the merge has to be commutative: the order of additions is not known.

use std::fmt;
use std::ops::AddAssign;
use std::sync::Arc;

use crossbeam::utils::CachePadded;
use millrace_types::Lock;

use crate::exec::Executor;

/// A sum that tasks add to (Spark: `Accumulator`, `LongAccumulator`); made by
/// `StreamingContext::accumulator` and its kin.
///
/// Cheap to clone; all clones add to one sum. A function that adds adds whenever it runs: a
/// dataset that is read twice is added twice, and what runs as blocks come in is added before
/// its batch is due (Spark says the same of updates in transformations). In `foreach_rdd` and
/// `for_each` each record is added once.
///
/// ```
/// millrace::testing::run_context(0, |ssc| {
///     let even = ssc.long_accumulator("even");
///     let add = even.clone();
///     ssc.parallelize(vec![1, 2, 4]).for_each(move |n| add.add(i64::from(n % 2 == 0)));
///     assert_eq!((even.name(), even.value()), ("even", 2));
///     even.set(0);
///     assert_eq!(even.value(), 0);
/// });
/// ```
pub struct Accumulator<T> {
    inner: Arc<Cells<T>>,
}

/// The function that merges two parts of a sum.
type Merge<T> = Box<dyn Fn(&mut T, T) + Send + Sync>;

struct Cells<T> {
    name: String,
    merge: Merge<T>,
    /// The initial value with what the driver's side added; then a cell per worker.
    cells: Vec<CachePadded<Lock<Option<T>>>>,
}

impl<T: Clone + Send + 'static> Accumulator<T> {
    #[doc(hidden)]
    pub fn new(
        name: &str,
        initial: T,
        merge: impl Fn(&mut T, T) + Send + Sync + 'static,
        executor: &Executor,
    ) -> Accumulator<T> {
        let workers = (0..executor.workers()).map(|_| None);
        let cells = std::iter::once(Some(initial)).chain(workers);
        let cells = cells.map(|cell| CachePadded::new(Lock::new(cell)));
        Accumulator {
            inner: Arc::new(Cells {
                name: name.to_owned(),
                merge: Box::new(merge),
                cells: cells.collect(),
            }),
        }
    }

    /// An accumulator of a sum.
    #[doc(hidden)]
    pub fn sum(name: &str, initial: T, executor: &Executor) -> Accumulator<T>
    where
        T: AddAssign,
    {
        Accumulator::new(name, initial, |sum, value| *sum += value, executor)
    }

    /// Adds `value`, from whatever thread. A [`Text`](millrace_text::Text) in it is
    /// [detached](millrace_text::Text::detach), since a sum outlives the batch.
    ///
    /// # Panics
    /// If merging does; what it left half done stays in the sum.
    pub fn add(&self, value: T) {
        let value = millrace_text::detached(value);
        let worker = rayon::current_thread_index().map_or(0, |index| index + 1);
        let cells = &self.inner.cells;
        // A thread of another pool has no cell of its own.
        let mut cell = cells.get(worker).unwrap_or(&cells[0]).lock();
        match cell.as_mut() {
            None => *cell = Some(value),
            Some(sum) => (self.inner.merge)(sum, value),
        }
    }

    /// The sum so far; all of it when the work that adds has ended.
    #[must_use]
    pub fn value(&self) -> T {
        let mut cells = self
            .inner
            .cells
            .iter()
            .filter_map(|cell| cell.lock().clone());
        let mut sum = cells
            .next()
            .expect("the first cell has what was there at the beginning");
        cells.for_each(|value| (self.inner.merge)(&mut sum, value));
        sum
    }

    /// Replaces what was added by `value` (Spark: `setValue`, and `reset` with a zero). Not to
    /// be called while tasks add: what they add meanwhile may be in or not.
    pub fn set(&self, value: T) {
        let (first, workers) = (&self.inner.cells[0], &self.inner.cells[1..]);
        workers.iter().for_each(|cell| *cell.lock() = None);
        *first.lock() = Some(millrace_text::detached(value));
    }

    /// The accumulator's name; empty if it was given none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }
}

impl<T> Clone for Accumulator<T> {
    fn clone(&self) -> Accumulator<T> {
        Accumulator {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T> fmt::Debug for Accumulator<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accumulator")
            .field("name", &self.inner.name)
            .finish_non_exhaustive()
    }
}
