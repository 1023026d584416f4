//! `histogram`: how many numbers of an [`Rdd`] fall into each of some ranges.

use crate::error::{Error, Result};

use super::Rdd;
use super::stats::Number;

/// The bounds of the ranges, and how many numbers are in each.
pub type Histogram = (Vec<f64>, Vec<u64>);

/// The most that ranges of one width may differ in it (PySpark 3.5).
const SAME_WIDTH: f64 = 1e-10;

impl<T: Number> Rdd<T> {
    /// Counts the numbers in `buckets` ranges of one width between the smallest and the greatest
    /// (Spark: `histogram` with a number). Gives the bounds, one more than ranges, and the counts.
    /// A range has its lower bound and not its upper one; the last has both. NaN does not count.
    ///
    /// If all numbers are equal there is one range (PySpark 3.5). Reads twice.
    ///
    /// # Errors
    /// If there are no ranges, no numbers, or infinite ones (PySpark's rules and words).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let numbers = parallelize((0..51).collect(), 2);
    /// assert_eq!(numbers.histogram(2)?, (vec![0.0, 25.0, 50.0], vec![25, 26]));
    /// # Ok::<(), millrace::Error>(())
    /// ```
    pub fn histogram(&self, buckets: u32) -> Result<Histogram> {
        if buckets == 0 {
            return Err(rule("number of buckets must be >= 1"));
        }
        let stats = self.stats();
        let (min, max) = (stats.min(), stats.max());
        if min > max {
            return Err(rule("can not generate buckets from empty RDD"));
        }
        if min == max || buckets == 1 {
            return Ok((vec![min, max], vec![self.counted(&Ranges::One)[0]]));
        }
        let count = f64::from(buckets);
        let width = (max - min) / count;
        if width.is_infinite() {
            return Err(rule("Can not generate buckets with infinite value"));
        }
        let whole = width.trunc();
        let width = if whole * count == max - min {
            whole
        } else {
            width
        };
        let mut bounds: Vec<f64> = (0..buckets).map(|i| f64::from(i) * width + min).collect();
        bounds.push(max);
        let counts = self.counted(&Ranges::Even(&bounds, width));
        Ok((bounds, counts))
    }

    /// Counts the numbers in the ranges between `bounds` (Spark: `histogram` with a list). A range
    /// has its lower bound and not its upper one; the last has both. A number outside, and NaN, does
    /// not count.
    ///
    /// # Errors
    /// If there are less than two bounds, or they do not rise, or one is NaN (PySpark's rules and
    /// words).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let numbers = parallelize((0..51).collect(), 2);
    /// assert_eq!(numbers.histogram_in(&[0.0, 5.0, 25.0, 50.0])?, [5, 20, 26]);
    /// # Ok::<(), millrace::Error>(())
    /// ```
    pub fn histogram_in(&self, bounds: &[f64]) -> Result<Vec<u64>> {
        if bounds.len() < 2 {
            return Err(rule("buckets should have more than one value"));
        }
        if bounds.iter().any(|bound| bound.is_nan()) {
            return Err(rule("can not have None or NaN in buckets"));
        }
        if !bounds.is_sorted() {
            return Err(rule("buckets should be sorted"));
        }
        if bounds.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(rule("buckets should not contain duplicated values"));
        }
        let widths = || bounds.windows(2).map(|pair| pair[1] - pair[0]);
        let differ = widths().fold(f64::MIN, f64::max) - widths().fold(f64::MAX, f64::min);
        let ranges = if differ < SAME_WIDTH {
            let width = (bounds[bounds.len() - 1] - bounds[0]) / (bounds.len() - 1) as f64;
            Ranges::Even(bounds, width)
        } else {
            Ranges::Any(bounds)
        };
        Ok(self.counted(&ranges))
    }

    /// Counts the numbers in each range.
    fn counted(&self, ranges: &Ranges<'_>) -> Vec<u64> {
        let parts = self.on_pieces(self.pieces(), |partition, piece| {
            let mut counts = vec![0_u64; ranges.len()];
            self.visit(partition, piece, &mut |number| {
                if let Some(range) = ranges.of(number.to_f64()) {
                    counts[range] += 1;
                }
            });
            counts
        });
        let mut counts = vec![0; ranges.len()];
        for part in parts {
            std::iter::zip(&mut counts, part).for_each(|(count, more)| *count += more);
        }
        counts
    }
}

/// The ranges, and the way to find a number's.
enum Ranges<'a> {
    /// The range of all numbers.
    One,
    /// Ranges of one width, between bounds.
    Even(&'a [f64], f64),
    /// Ranges between bounds.
    Any(&'a [f64]),
}

impl Ranges<'_> {
    fn len(&self) -> usize {
        match self {
            Ranges::One => 1,
            Ranges::Even(bounds, _) | Ranges::Any(bounds) => bounds.len() - 1,
        }
    }

    /// The range that a number is in.
    fn of(&self, number: f64) -> Option<usize> {
        let (first, bounds) = match self {
            Ranges::One => return (!number.is_nan()).then_some(0),
            Ranges::Even(bounds, _) | Ranges::Any(bounds) => (bounds[0], *bounds),
        };
        if !(first..=bounds[bounds.len() - 1]).contains(&number) {
            return None;
        }
        let range = match self {
            Ranges::Even(_, width) => ((number - first) / width) as usize,
            _ => bounds.partition_point(|bound| *bound <= number) - 1,
        };
        // The last bound is in the last range.
        Some(range.min(bounds.len() - 2))
    }
}

fn rule(words: &str) -> Error {
    Error::illegal(format!("histogram: {words}"))
}
