//! `take_sample`: a given number of records of an [`Rdd`], drawn by chance that a seed repeats.

use super::Rdd;
use super::python_random::PythonRandom;

impl<T: Clone + Send + Sync + 'static> Rdd<T> {
    /// Draws `count` records, in an order that is drawn too (Spark: `takeSample`). Without
    /// replacement there are no more than the dataset has.
    ///
    /// A seed gives the records that it gives in PySpark, for the same partitions. Counts the
    /// records, then reads them once by [`sample`](Rdd::sample) with a fraction that gives enough
    /// nearly always, and again if it did not.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let numbers = parallelize((0..10).collect(), 2);
    /// assert_eq!(numbers.take_sample(false, 3, 7), [8, 3, 1]);
    /// assert_eq!(numbers.take_sample(false, 20, 7).len(), 10);
    /// assert_eq!(numbers.take_sample(true, 20, 7).len(), 20);
    /// ```
    #[must_use]
    pub fn take_sample(&self, with_replacement: bool, count: usize, seed: i64) -> Vec<T> {
        let total = if count == 0 { 0 } else { self.count() };
        if total == 0 {
            return Vec::new();
        }
        let mut random = PythonRandom::new(seed);
        let mut drawn = if !with_replacement && count as u64 >= total {
            self.collect()
        } else {
            let fraction = fraction_for(count as f64, total as f64, with_replacement);
            let mut drawn = self.sample(with_replacement, fraction, seed).collect();
            while drawn.len() < count {
                // Below 2^63, as CPython's `randint(0, sys.maxsize)`.
                let seed = random.below(1 << 63) as i64;
                drawn = self.sample(with_replacement, fraction, seed).collect();
            }
            drawn
        };
        random.shuffle(&mut drawn);
        drawn.truncate(count);
        drawn
    }
}

/// The fraction of `total` records by which a sample has at least `count` of them in 9,999 of
/// 10,000 draws (PySpark's `_computeFractionForSampleSize`).
fn fraction_for(count: f64, total: f64, with_replacement: bool) -> f64 {
    let fraction = count / total;
    if with_replacement {
        let deviations = if count < 12.0 { 9.0 } else { 5.0 };
        fraction + deviations * (fraction / total).sqrt()
    } else {
        let gamma = -(0.00005_f64).ln() / total;
        (fraction + gamma + (gamma * gamma + 2.0 * gamma * fraction).sqrt()).min(1.0)
    }
}
