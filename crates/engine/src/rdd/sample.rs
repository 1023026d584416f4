//! `sample`: some records of an [`Rdd`], drawn by chance that a seed repeats.

use crate::error::Error;

use super::Rdd;
use super::python_random::PythonRandom;

/// From this mean on PySpark draws how often a record is taken from logarithms.
const LARGE_MEAN: f64 = 20.0;

impl<T: Clone + Send + Sync + 'static> Rdd<T> {
    /// Takes every record with the probability `fraction`, or, with replacement, as often as a
    /// Poisson distribution with the mean `fraction` says (Spark: `sample`).
    ///
    /// A seed gives the records that it gives in PySpark, for the same partitions: partition `i`
    /// draws by CPython's `Random(seed ^ i)`. Reads nothing yet, and gives the same records
    /// whenever it is read.
    ///
    /// A negative fraction is against the rules: in a batch it fails, elsewhere `start` or the
    /// next wait reports it.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let some = parallelize((0..20).collect(), 2).sample(false, 0.2, 7);
    /// assert_eq!(some.collect(), [0, 4, 9, 16]);
    /// let drawn = parallelize((0..5).collect(), 1).sample(true, 1.5, 7);
    /// assert_eq!(drawn.collect(), [1, 2, 3, 3, 3]);
    /// ```
    pub fn sample(&self, with_replacement: bool, fraction: f64, seed: i64) -> Rdd<T> {
        if fraction.is_nan() || fraction < 0.0 {
            let rule = format!("sample: Negative fraction value: {fraction}");
            self.executor().refuse(Error::illegal(rule));
        }
        self.map_partitions_with_index(move |partition, records| {
            let mut random = PythonRandom::new(seed ^ partition as i64);
            // PySpark: the seeds of partitions are close to each other.
            for _ in 0..10 {
                random.below(2);
            }
            records.flat_map(move |record| {
                let times = if with_replacement {
                    poisson(&mut random, fraction)
                } else {
                    usize::from(random.fraction() < fraction)
                };
                std::iter::repeat_n(record, times)
            })
        })
    }
}

/// A draw of PySpark's `getPoissonSample`.
fn poisson(random: &mut PythonRandom, mean: f64) -> usize {
    let mut count = 0;
    if mean < LARGE_MEAN {
        let limit = (-mean).exp();
        let mut product = random.fraction();
        while product > limit {
            count += 1;
            product *= random.fraction();
        }
    } else {
        let mut sum = random.exponential(mean);
        while sum < 1.0 {
            count += 1;
            sum += random.exponential(mean);
        }
    }
    count
}
