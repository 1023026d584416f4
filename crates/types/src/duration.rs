//! Lengths of time in whole milliseconds, and Spark's way of writing them.
//!
//! `std::time::Duration` is neither signed nor bound to milliseconds. Spark
//! counts every interval, delay and batch label in signed 64-bit milliseconds,
//! and the arithmetic of batch times is only exact if nothing finer exists.

use std::error::Error;
use std::fmt;
use std::ops::{Add, Div, Mul, Sub};

use crate::quantity;

/// A signed length of time in whole milliseconds.
///
/// Arithmetic saturates at the ends of the 64-bit range: a duration that was
/// typed too large must end in a refusal or a long wait, never in a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(i64);

/// The units Spark's time strings know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// `us`; rounded towards zero to whole milliseconds.
    Microseconds,
    /// `ms`.
    Milliseconds,
    /// `s`.
    Seconds,
    /// `m` or `min`.
    Minutes,
    /// `h`.
    Hours,
    /// `d`, always 24 hours.
    Days,
}

impl TimeUnit {
    fn from_suffix(suffix: &str) -> Option<TimeUnit> {
        Some(match suffix.to_ascii_lowercase().as_str() {
            "us" => TimeUnit::Microseconds,
            "ms" => TimeUnit::Milliseconds,
            "s" => TimeUnit::Seconds,
            "m" | "min" => TimeUnit::Minutes,
            "h" => TimeUnit::Hours,
            "d" => TimeUnit::Days,
            _ => return None,
        })
    }

    /// Converts as Java's `TimeUnit.convert` does: truncating, saturating.
    fn to_millis(self, amount: i64) -> i64 {
        match self {
            TimeUnit::Microseconds => amount / 1_000,
            TimeUnit::Milliseconds => amount,
            TimeUnit::Seconds => amount.saturating_mul(1_000),
            TimeUnit::Minutes => amount.saturating_mul(60_000),
            TimeUnit::Hours => amount.saturating_mul(3_600_000),
            TimeUnit::Days => amount.saturating_mul(86_400_000),
        }
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);

    /// A hundred years, 36,500 days: the longest that a setting or an argument may be. A longer
    /// one is a slip, and nobody would live to see it.
    pub const LONGEST: Duration = Duration(36_500 * 86_400_000);

    /// A duration of `amount` milliseconds.
    pub const fn milliseconds(amount: i64) -> Duration {
        Duration(amount)
    }

    /// A duration of `amount` seconds.
    pub const fn seconds(amount: i64) -> Duration {
        Duration(amount.saturating_mul(1_000))
    }

    /// A duration of `amount` minutes.
    pub const fn minutes(amount: i64) -> Duration {
        Duration(amount.saturating_mul(60_000))
    }

    /// The length in milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The same length for the standard library's clocks and waits; a negative
    /// one becomes zero, because nothing can wait for less than no time.
    pub const fn to_std(self) -> std::time::Duration {
        if self.0 <= 0 {
            std::time::Duration::ZERO
        } else {
            std::time::Duration::from_millis(self.0.unsigned_abs())
        }
    }

    /// True if this is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// True if this is a whole number of times `other`; `false` when `other` is
    /// zero or negative, since no stream can slide by such a step.
    pub const fn is_multiple_of(self, other: Duration) -> bool {
        other.0 > 0 && self.0 % other.0 == 0
    }

    /// Reads a duration as Spark 3.5 writes it in settings: `200ms`, `1s`,
    /// `2m`, `3min`, `1h`, `1d`, `500us`, in any case and with blanks around;
    /// a bare number counts `default_unit`. A part finer than a
    /// millisecond is cut off, and a value larger than the range saturates.
    ///
    /// # Errors
    ///
    /// When `text` is not a whole number with at most one known suffix, or the
    /// number does not fit 64 bits. Fractions are refused, as Spark does.
    ///
    /// ```
    /// use millrace_types::{Duration, TimeUnit};
    ///
    /// let typed = Duration::parse("3min", TimeUnit::Milliseconds)?;
    /// assert_eq!(typed, Duration::minutes(3));
    /// assert!(Duration::parse("1.5s", TimeUnit::Milliseconds).is_err());
    /// # Ok::<(), millrace_types::ParseDurationError>(())
    /// ```
    pub fn parse(text: &str, default_unit: TimeUnit) -> Result<Duration, ParseDurationError> {
        let refuse = |reason| ParseDurationError {
            text: text.to_owned(),
            reason,
        };
        let (number, suffix) =
            quantity::split(text).ok_or_else(|| refuse(DurationReason::Shape))?;
        let amount = number
            .parse()
            .map_err(|_| refuse(DurationReason::TooLarge))?;
        let unit = if suffix.is_empty() {
            default_unit
        } else {
            TimeUnit::from_suffix(suffix).ok_or_else(|| refuse(DurationReason::Suffix))?
        };
        Ok(Duration(unit.to_millis(amount)))
    }
}

/// Spark 3.5: `Duration.toString`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

impl Add for Duration {
    type Output = Duration;

    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Duration;

    fn sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl Mul<i64> for Duration {
    type Output = Duration;

    fn mul(self, times: i64) -> Duration {
        Duration(self.0.saturating_mul(times))
    }
}

/// The number of times that the other one fits; Spark 3.5: `Duration./`. By
/// zero it is what floating point makes of that.
impl Div for Duration {
    type Output = f64;

    fn div(self, other: Duration) -> f64 {
        self.0 as f64 / other.0 as f64
    }
}

/// A text that is not a duration; says so in Spark's own words, so that a
/// search for them finds the same advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseDurationError {
    text: String,
    reason: DurationReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DurationReason {
    Shape,
    Suffix,
    TooLarge,
}

impl ParseDurationError {
    /// Spark 3.5's advice on how a time string is written.
    pub const HINT: &'static str = "Time must be specified as seconds (s), milliseconds (ms), \
        microseconds (us), minutes (m or min), hour (h), or day (d). E.g. 50s, 100ms, or 250us.";

    /// True if the shape is right and only the number does not fit.
    pub(crate) fn is_too_large(&self) -> bool {
        self.reason == DurationReason::TooLarge
    }
}

impl fmt::Display for ParseDurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.reason {
            DurationReason::Shape => "Failed to parse time string",
            DurationReason::Suffix => "Invalid suffix in time string",
            DurationReason::TooLarge => "Number too large in time string",
        };
        write!(f, "{} {what}: {}", Self::HINT, self.text)
    }
}

impl Error for ParseDurationError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(text: &str) -> Option<i64> {
        Duration::parse(text, TimeUnit::Milliseconds)
            .ok()
            .map(Duration::as_millis)
    }

    #[test]
    fn time_strings_are_read_as_spark_reads_them() {
        let cases = [
            ("200ms", Some(200)),
            ("1s", Some(1_000)),
            ("2m", Some(120_000)),
            ("3min", Some(180_000)),
            ("1h", Some(3_600_000)),
            ("1d", Some(86_400_000)),
            ("500us", Some(0)),
            ("1999us", Some(1)),
            ("-1500us", Some(-1)),
            ("250", Some(250)),
            (" 5S ", Some(5_000)),
            ("5Min", Some(300_000)),
            ("-1s", Some(-1_000)),
            ("106751991167301d", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("1.5s", None),
            ("5 s", None),
            ("5sec", None),
            ("s", None),
            ("", None),
            ("-", None),
        ];
        for (text, expected) in cases {
            assert_eq!(millis(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_bare_number_takes_the_default_unit() {
        assert_eq!(
            Duration::parse("7", TimeUnit::Seconds),
            Ok(Duration::seconds(7))
        );
        assert_eq!(
            Duration::parse("7ms", TimeUnit::Seconds),
            Ok(Duration::milliseconds(7))
        );
    }

    #[test]
    fn a_refusal_gives_the_hint_and_the_text() {
        let message = Duration::parse("1.5s", TimeUnit::Seconds)
            .unwrap_err()
            .to_string();
        assert!(message.starts_with(ParseDurationError::HINT), "{message}");
        assert!(message.ends_with("1.5s"), "{message}");
    }

    #[test]
    fn multiples_need_a_positive_step() {
        let five = Duration::seconds(5);
        assert!(five.is_multiple_of(Duration::seconds(1)));
        assert!(!five.is_multiple_of(Duration::seconds(2)));
        assert!(!five.is_multiple_of(Duration::ZERO));
        assert!(!five.is_multiple_of(Duration::seconds(-1)));
    }

    #[test]
    fn a_quotient_is_no_duration() {
        let half = Duration::milliseconds(500) / Duration::seconds(1);
        assert!((half - 0.5).abs() < f64::EPSILON);
        assert!((Duration::ZERO / Duration::ZERO).is_nan());
    }

    #[test]
    fn the_ends_of_the_range_saturate() {
        let most = Duration::milliseconds(i64::MAX);
        assert_eq!(most + Duration::seconds(1), most);
        assert_eq!(most * 2, most);
        assert_eq!(Duration::minutes(i64::MAX), most);
        assert_eq!(Duration::seconds(-1).to_std(), std::time::Duration::ZERO);
        assert_eq!(
            Duration::seconds(1).to_std(),
            std::time::Duration::from_secs(1)
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = Duration::parse(&text, TimeUnit::Seconds);
        }

        #[test]
        fn any_amount_survives_writing_and_reading(amount in any::<i64>()) {
            prop_assert_eq!(millis(&format!("{amount}ms")), Some(amount));
        }
    }
}
