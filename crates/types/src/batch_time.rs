//! The label of a batch: the moment its interval ends.

use std::fmt;
use std::ops::{Add, Sub};

use crate::duration::Duration;

/// A moment in whole milliseconds since the Unix epoch (UTC).
///
/// Spark 3.5 labels a batch with the end of the interval it covers, and every
/// label is a multiple of the batch interval counted from the epoch; this type
/// carries that arithmetic. Like [`Duration`] it saturates instead of
/// overflowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BatchTime(i64);

impl BatchTime {
    /// The moment `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> BatchTime {
        BatchTime(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The last multiple of `period` that is not after this moment, counted
    /// from the epoch in both directions.
    ///
    /// # Panics
    ///
    /// When `period` is zero or negative: such a period has no multiples.
    pub const fn floor(self, period: Duration) -> BatchTime {
        BatchTime(self.0.saturating_sub(self.0.rem_euclid(checked(period))))
    }

    /// The first multiple of `period` strictly after this moment, even when
    /// the moment is a multiple itself.
    ///
    /// Spark 3.5: a fresh start takes this of the current time as the label of
    /// its first batch.
    ///
    /// # Panics
    ///
    /// When `period` is zero or negative: such a period has no multiples.
    pub const fn next_multiple_after(self, period: Duration) -> BatchTime {
        let step = checked(period);
        BatchTime(self.0.saturating_add(step - self.0.rem_euclid(step)))
    }

    /// Whether this moment is a multiple of `period` counted from the epoch;
    /// `false` when `period` is zero or negative.
    pub const fn is_multiple_of(self, period: Duration) -> bool {
        Duration::milliseconds(self.0).is_multiple_of(period)
    }
}

const fn checked(period: Duration) -> i64 {
    assert!(period.as_millis() > 0, "a period must be longer than zero");
    period.as_millis()
}

/// Spark 3.5: `Time.toString`.
impl fmt::Display for BatchTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

impl Add<Duration> for BatchTime {
    type Output = BatchTime;

    fn add(self, length: Duration) -> BatchTime {
        BatchTime(self.0.saturating_add(length.as_millis()))
    }
}

impl Sub<Duration> for BatchTime {
    type Output = BatchTime;

    fn sub(self, length: Duration) -> BatchTime {
        BatchTime(self.0.saturating_sub(length.as_millis()))
    }
}

impl Sub for BatchTime {
    type Output = Duration;

    fn sub(self, earlier: BatchTime) -> Duration {
        Duration::milliseconds(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_batch_is_strictly_after_now() {
        let second = Duration::seconds(1);
        let cases = [
            (0, 1_000),
            (1, 1_000),
            (999, 1_000),
            (1_000, 2_000),
            (-1, 0),
            (-1_000, 0),
        ];
        for (now, first) in cases {
            let next = BatchTime::from_millis(now).next_multiple_after(second);
            assert_eq!(next, BatchTime::from_millis(first), "{now}");
        }
    }

    #[test]
    fn a_period_need_not_divide_a_second() {
        let period = Duration::milliseconds(570);
        let first = BatchTime::from_millis(1_795_352_387_000).next_multiple_after(period);
        assert!(first.is_multiple_of(period));
        assert_eq!(
            (first - Duration::milliseconds(1)).floor(period),
            first - period
        );
    }

    #[test]
    fn times_and_durations_add_up() {
        let time = BatchTime::from_millis(5_000);
        assert_eq!(time + Duration::seconds(1) - time, Duration::seconds(1));
        assert_eq!(time.to_string(), "5000 ms");
        assert!(!time.is_multiple_of(Duration::ZERO));
    }

    #[test]
    #[should_panic(expected = "longer than zero")]
    fn a_period_of_zero_has_no_multiples() {
        let _ = BatchTime::from_millis(1).floor(Duration::ZERO);
    }

    proptest! {
        #[test]
        fn floor_and_next_enclose_the_moment(
            now in -1_000_000_000_000_i64..4_000_000_000_000,
            period in 1_i64..100_000_000,
        ) {
            let (now, period) = (BatchTime::from_millis(now), Duration::milliseconds(period));
            let (floor, next) = (now.floor(period), now.next_multiple_after(period));
            prop_assert!(floor <= now && now < next);
            prop_assert_eq!(next - floor, period);
            prop_assert!(floor.is_multiple_of(period) && next.is_multiple_of(period));
        }

        #[test]
        fn no_moment_and_period_overflow(now in any::<i64>(), period in 1..=i64::MAX) {
            let (now, period) = (BatchTime::from_millis(now), Duration::milliseconds(period));
            let _ = (now.floor(period), now.next_multiple_after(period));
        }
    }
}
