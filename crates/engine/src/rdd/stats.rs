//! `stats` and what can be read off it: count, mean, variance, extremes of numbers.

use std::fmt;
use std::ops::Add;

use super::Rdd;

/// A number that statistics are made of.
pub trait Number: Copy + Send + Sync + 'static {
    /// The nearest number of 64 bits.
    fn to_f64(self) -> f64;
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Number for $number {
            #[expect(clippy::allow_attributes, reason = "some of the types convert without loss")]
            #[allow(clippy::cast_lossless, trivial_numeric_casts)]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

numbers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize f32 f64);

/// Count, mean, variance and extremes of numbers (Spark: `StatCounter`).
///
/// Kept by PySpark's sums in PySpark's order, so that the last digit is its own. It shows as
/// PySpark writes it.
///
/// ```
/// use millrace::testing::parallelize;
/// let stats = parallelize(vec![1, 2, 3, 4], 2).stats();
/// assert_eq!((stats.count(), stats.sum(), stats.mean()), (4, 10.0, 2.5));
/// assert_eq!((stats.min(), stats.max()), (1.0, 4.0));
/// assert_eq!((stats.variance(), stats.stdev()), (1.25, 1.25_f64.sqrt()));
/// assert_eq!(stats.sample_variance(), 5.0 / 3.0);
/// assert_eq!(stats.sample_stdev(), (5.0_f64 / 3.0).sqrt());
/// let shown = "(count: 4, mean: 2.5, stdev: 1.118033988749895, max: 4.0, min: 1.0)";
/// assert_eq!(stats.to_string(), shown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatCounter {
    count: u64,
    mean: f64,
    /// The sum of the squares of what each number is away from the mean.
    squares: f64,
    max: f64,
    min: f64,
}

impl StatCounter {
    /// The figures of no numbers.
    fn new() -> StatCounter {
        StatCounter {
            count: 0,
            mean: 0.0,
            squares: 0.0,
            max: f64::NEG_INFINITY,
            min: f64::INFINITY,
        }
    }

    /// PySpark's `merge`.
    fn add(&mut self, value: f64) {
        let delta = value - self.mean;
        self.count += 1;
        self.mean += delta / self.count as f64;
        self.squares += delta * (value - self.mean);
        self.max = self.max.max(value);
        self.min = self.min.min(value);
    }

    /// PySpark's `mergeStats`.
    fn merge(self, other: StatCounter) -> StatCounter {
        if self.count == 0 {
            return other;
        }
        if other.count == 0 {
            return self;
        }
        let (own, others) = (self.count as f64, other.count as f64);
        let delta = other.mean - self.mean;
        let mean = if other.count.saturating_mul(10) < self.count {
            self.mean + (delta * others) / (own + others)
        } else if self.count.saturating_mul(10) < other.count {
            other.mean - (delta * own) / (own + others)
        } else {
            (self.mean * own + other.mean * others) / (own + others)
        };
        let between = (delta * delta * own * others) / (own + others);
        StatCounter {
            count: self.count + other.count,
            mean,
            squares: self.squares + (other.squares + between),
            max: self.max.max(other.max),
            min: self.min.min(other.min),
        }
    }

    /// The number of numbers.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean of the numbers; 0 of none.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The sum of the numbers, which is the mean times the count.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.count as f64 * self.mean
    }

    /// The greatest one; minus infinity of none. NaN does not count.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.max
    }

    /// The smallest one; infinity of none. NaN does not count.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.min
    }

    /// The variance of the numbers; NaN of none.
    #[must_use]
    pub fn variance(&self) -> f64 {
        match self.count {
            0 => f64::NAN,
            count => self.squares / count as f64,
        }
    }

    /// The variance of what the numbers are a sample of (divides by one less); NaN of less than
    /// two.
    #[must_use]
    pub fn sample_variance(&self) -> f64 {
        match self.count {
            0 | 1 => f64::NAN,
            count => self.squares / (count - 1) as f64,
        }
    }

    /// The standard deviation: the root of [`variance`](StatCounter::variance).
    #[must_use]
    pub fn stdev(&self) -> f64 {
        self.variance().sqrt()
    }

    /// The root of [`sample_variance`](StatCounter::sample_variance).
    #[must_use]
    pub fn sample_stdev(&self) -> f64 {
        self.sample_variance().sqrt()
    }
}

impl fmt::Display for StatCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StatCounter { count, mean, .. } = self;
        let shown = |number: f64| crate::python::str_of(&number);
        write!(
            f,
            "(count: {count}, mean: {}, stdev: {}, max: {}, min: {})",
            shown(*mean),
            shown(self.stdev()),
            shown(self.max),
            shown(self.min)
        )
    }
}

impl<T: Number> Rdd<T> {
    /// Count, mean, variance and extremes of the records, in one read (Spark: `stats`).
    ///
    /// The single figures, `mean` or `stdev`, are methods of the [`StatCounter`], so that several of them
    /// cost one read.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let stats = parallelize(vec![1, 2, 3, 4], 2).stats();
    /// assert_eq!((stats.count(), stats.mean()), (4, 2.5));
    /// ```
    #[must_use]
    pub fn stats(&self) -> StatCounter {
        let whole = (0..self.partitions()).map(|partition| (partition, 0));
        let parts = self.on_pieces(whole.collect(), |partition, _| {
            let mut stats = StatCounter::new();
            for piece in 0..self.source().pieces(partition) {
                self.visit(partition, piece, &mut |number| stats.add(number.to_f64()));
            }
            stats
        });
        let stats = parts.into_iter().reduce(StatCounter::merge);
        stats.unwrap_or_else(StatCounter::new)
    }
    /// The mean of the records; 0 of none (Spark: `mean`). One read; see
    /// [`stats`](Rdd::stats).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![1, 2, 3], 1).mean(), 2.0);
    /// ```
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.stats().mean()
    }

    /// The variance of the records; NaN of none (Spark: `variance`). One read; see
    /// [`stats`](Rdd::stats).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![1, 2, 3], 1).variance(), 2.0 / 3.0);
    /// ```
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.stats().variance()
    }

    /// The standard deviation of the records; NaN of none (Spark: `stdev`). One read; see
    /// [`stats`](Rdd::stats).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![1, 2, 3], 1).stdev(), (2.0_f64 / 3.0).sqrt());
    /// ```
    #[must_use]
    pub fn stdev(&self) -> f64 {
        self.stats().stdev()
    }

    /// The variance of what the records are a sample of; NaN of less than two (Spark: `sampleVariance`). One read; see
    /// [`stats`](Rdd::stats).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![1, 2, 3], 1).sample_variance(), 1.0);
    /// ```
    #[must_use]
    pub fn sample_variance(&self) -> f64 {
        self.stats().sample_variance()
    }

    /// The standard deviation of what the records are a sample of; NaN of less than two (Spark: `sampleStdev`). One read; see
    /// [`stats`](Rdd::stats).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![1, 2, 3], 1).sample_stdev(), 1.0);
    /// ```
    #[must_use]
    pub fn sample_stdev(&self) -> f64 {
        self.stats().sample_stdev()
    }

    /// The sum of the records in their own type, partition by partition; zero of none (Spark:
    /// `sum`). A sum that the type cannot hold does what `+` does.
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// assert_eq!(parallelize(vec![1, 2, 3], 2).sum(), 6);
    /// assert_eq!(parallelize(vec![0.5, 0.25], 2).sum(), 0.75);
    /// ```
    #[must_use]
    pub fn sum(&self) -> T
    where
        T: Default + Add<Output = T>,
    {
        self.fold(T::default(), |sum, number| sum + number)
    }
}
