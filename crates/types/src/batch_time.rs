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
    /// from the epoch in both directions. A period of zero or less has no
    /// multiples: the moment itself is given.
    pub const fn floor(self, period: Duration) -> BatchTime {
        let step = period.as_millis();
        if step <= 0 {
            return self;
        }
        BatchTime(self.0.saturating_sub(self.0.rem_euclid(step)))
    }

    /// The last moment not after this one that is a whole number of `period`s away from `zero`, in
    /// either direction (Spark 3.5: `Time.floor(that, zeroTime)`, which rounds towards `zero` for
    /// moments before it). The moment itself if the period is zero or less.
    ///
    /// ```
    /// use millrace_types::{BatchTime, Duration};
    ///
    /// let (time, zero) = (BatchTime::from_millis(3_700), BatchTime::from_millis(500));
    /// let floor = time.floor_from(Duration::seconds(1), zero);
    /// assert_eq!(floor, BatchTime::from_millis(3_500));
    /// ```
    pub const fn floor_from(self, period: Duration, zero: BatchTime) -> BatchTime {
        let step = period.as_millis();
        if step <= 0 {
            return self;
        }
        // Wider than the moments: their distance may not fit.
        let since = (self.0 as i128 - zero.0 as i128).rem_euclid(step as i128);
        BatchTime(self.0.saturating_sub(since as i64))
    }

    /// The first multiple of `period` strictly after this moment, even when
    /// the moment is a multiple itself; the moment itself if the period is
    /// zero or less.
    ///
    /// Spark 3.5: a fresh start takes this of the current time as the label of
    /// its first batch.
    pub const fn next_multiple_after(self, period: Duration) -> BatchTime {
        let step = period.as_millis();
        if step <= 0 {
            return self;
        }
        BatchTime(self.0.saturating_add(step - self.0.rem_euclid(step)))
    }

    /// The moments from this one up to `end`, which is none of them, every
    /// `step` (Spark: `Time.until`). A step of zero or less has none.
    ///
    /// ```
    /// use millrace_types::{BatchTime, Duration};
    ///
    /// let (from, end) = (BatchTime::from_millis(1_000), BatchTime::from_millis(3_000));
    /// let times: Vec<i64> = from.until(end, Duration::seconds(1)).map(BatchTime::as_millis).collect();
    /// assert_eq!(times, [1_000, 2_000]);
    /// ```
    pub fn until(self, end: BatchTime, step: Duration) -> impl Iterator<Item = BatchTime> {
        self.to(end, step).take_while(move |time| *time < end)
    }

    /// The moments from this one up to `end`, which may be one of them, every
    /// `step` (Spark: `Time.to`). A step of zero or less has none.
    ///
    /// ```
    /// use millrace_types::{BatchTime, Duration};
    ///
    /// let (from, end) = (BatchTime::from_millis(1_000), BatchTime::from_millis(3_000));
    /// assert_eq!(from.to(end, Duration::seconds(1)).count(), 3);
    /// ```
    pub fn to(self, end: BatchTime, step: Duration) -> impl Iterator<Item = BatchTime> {
        let first = (step > Duration::ZERO && self <= end).then_some(self);
        std::iter::successors(first, move |time| {
            let next = time.0.checked_add(step.as_millis()).map(BatchTime);
            next.filter(|next| *next <= end)
        })
    }

    /// True if this moment is a multiple of `period` counted from the epoch; `false` when
    /// `period` is zero or negative.
    pub const fn is_multiple_of(self, period: Duration) -> bool {
        Duration::milliseconds(self.0).is_multiple_of(period)
    }
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
    fn ranges_end_at_their_ends() {
        let at = BatchTime::from_millis;
        let millis = |times: &mut dyn Iterator<Item = BatchTime>| {
            times.map(BatchTime::as_millis).collect::<Vec<_>>()
        };
        let step = Duration::milliseconds(2);
        assert_eq!(millis(&mut at(1).until(at(5), step)), [1, 3]);
        assert_eq!(millis(&mut at(1).to(at(5), step)), [1, 3, 5]);
        assert_eq!(millis(&mut at(1).to(at(4), step)), [1, 3]);
        assert_eq!(at(5).to(at(1), step).count(), 0);
        assert_eq!(at(1).to(at(5), Duration::ZERO).count(), 0);
        let last = at(i64::MAX);
        assert_eq!(millis(&mut last.to(last, step)), [i64::MAX]);
    }

    #[test]
    fn a_period_of_zero_or_less_has_no_multiples() {
        let time = BatchTime::from_millis(1);
        for period in [0, -1, i64::MIN].map(Duration::milliseconds) {
            assert_eq!(time.floor(period), time);
            assert_eq!(time.next_multiple_after(period), time);
        }
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
        fn a_floor_from_a_zero_time_is_the_floor_of_what_has_passed_since(
            now in -1_000_000_000_000_i64..4_000_000_000_000,
            zero in -1_000_000_000_000_i64..4_000_000_000_000,
            period in 1_i64..100_000_000,
        ) {
            let (now, zero) = (BatchTime::from_millis(now), BatchTime::from_millis(zero));
            let period = Duration::milliseconds(period);
            let floor = now.floor_from(period, zero);
            let passed = BatchTime::from_millis((now - zero).as_millis());
            prop_assert_eq!((floor - zero).as_millis(), passed.floor(period).as_millis());
            prop_assert_eq!(now.floor_from(period, BatchTime::default()), now.floor(period));
        }

        #[test]
        fn no_moment_and_period_overflow(now in any::<i64>(), period in 1..=i64::MAX) {
            let (now, period) = (BatchTime::from_millis(now), Duration::milliseconds(period));
            let _ = (now.floor(period), now.next_multiple_after(period));
            for zero in [i64::MIN, 0, i64::MAX].map(BatchTime::from_millis) {
                let floor = now.floor_from(period, zero);
                prop_assert!(floor <= now);
            }
        }
    }
}
