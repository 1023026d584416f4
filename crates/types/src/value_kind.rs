//! The kinds of values that settings take, so that a bad value is named before
//! a program starts.

use crate::byte_size::ByteSize;
use crate::conf::{Conf, ConfError};
use crate::duration::{Duration, TimeUnit};

/// The kind of value that a setting takes. Bare numbers count milliseconds
/// where a duration is taken, bytes where a size is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// A master string; [`Master`](crate::Master) has its own messages.
    Master,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A whole number above zero.
    PositiveInteger,
    /// A whole number from 1 to this one.
    CountTo(i64),
    /// A number of zero or more, which need not be whole.
    Weight,
    /// A number above zero, which need not be whole.
    PositiveNumber,
    /// A duration of zero or more.
    Duration,
    /// A duration above zero.
    PositiveDuration,
    /// A duration above zero, or `off`.
    PositiveDurationOrOff,
    /// A duration above zero whose bare numbers count seconds.
    PositiveSeconds,
    /// A size above zero.
    PositiveSize,
    /// A size from the first to the second, in bytes.
    SizeBetween(u64, u64),
    /// The location of a file or directory; see
    /// [`local_path`](crate::local_path).
    Location,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, in any case.
    OneOfAnyCase(&'static [&'static str]),
}

impl ValueKind {
    /// Checks the setting `key` of `conf`; one that is not set is right.
    pub(crate) fn check(self, key: &str, conf: &Conf) -> Result<(), ConfError> {
        let Some(value) = conf.get(key) else {
            return Ok(());
        };
        let require = |holds: bool, expected: &str| {
            let error = || ConfError::new(key, expected, value);
            if holds { Ok(()) } else { Err(error()) }
        };
        let integer = || conf.integer(key);
        let duration = || conf.duration(key, TimeUnit::Milliseconds);
        let zero = Some(Duration::ZERO);
        let number = value.trim().parse().ok().filter(|it: &f64| it.is_finite());
        match self {
            ValueKind::Text | ValueKind::Master => Ok(()),
            ValueKind::Boolean => conf.boolean(key).map(drop),
            ValueKind::Integer => integer().map(drop),
            ValueKind::PositiveInteger => require(integer()? > Some(0), "a whole number from 1 on"),
            // Also of a number that is larger than any: the bound is this one and not 64 bits.
            ValueKind::CountTo(most) => require(
                integer().is_ok_and(|count| count.is_some_and(|it| (1..=most).contains(&it))),
                &format!("a whole number from 1 to {most}"),
            ),
            ValueKind::Weight => require(number >= Some(0.0), "a number of zero or more"),
            ValueKind::PositiveNumber => require(number > Some(0.0), "a number above zero"),
            ValueKind::Duration => require(duration()? >= zero, "a duration of zero or more"),
            ValueKind::PositiveDuration => require(duration()? > zero, "a duration above zero"),
            ValueKind::PositiveDurationOrOff => {
                let expected = "a duration above zero, or off";
                match duration() {
                    Err(long) if long.is_too_large() => Err(long),
                    length => {
                        let is_off = value.trim() == "off";
                        require(is_off || length.is_ok_and(|it| it > zero), expected)
                    }
                }
            }
            ValueKind::PositiveSeconds => require(
                conf.duration(key, TimeUnit::Seconds)? > zero,
                "a duration above zero",
            ),
            ValueKind::PositiveSize => require(
                conf.size(key)? > Some(ByteSize::bytes(0)),
                "a size above zero",
            ),
            ValueKind::SizeBetween(least, most) => {
                let [least, most] = [least, most].map(ByteSize::bytes);
                let size = match conf.size(key) {
                    // The bound is this one and not 64 bits.
                    Err(large) if large.is_too_large() => None,
                    size => size?,
                };
                require(
                    size.is_some_and(|size| (least..=most).contains(&size)),
                    &format!("a size from {least} to {most}"),
                )
            }
            ValueKind::OneOf(words) => require(words.contains(&value.trim()), &alternatives(words)),
            ValueKind::OneOfAnyCase(words) => require(
                words
                    .iter()
                    .any(|word| word.eq_ignore_ascii_case(value.trim())),
                &alternatives(words),
            ),
            ValueKind::Location => conf.location(key).map(drop),
        }
    }
}

/// `a, b or c`.
fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [some @ .., last] => format!("{} or {last}", some.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::*;

    #[test]
    fn bad_values_are_named() {
        let cases = [
            (BLOCK_INTERVAL, "0", "a duration above zero"),
            (BLOCK_INTERVAL, "-1s", "a duration above zero"),
            (BLOCK_INTERVAL, "fast", "a duration"),
            (RECEIVER_RESTART_DELAY, "-1", "a duration of zero or more"),
            (KEEP_ALIVE, "0", "a duration above zero, or off"),
            (KEEP_ALIVE, "on", "a duration above zero, or off"),
            (CONNECT_TIMEOUT, "0", "a duration above zero"),
            (RECEIVER_MAX_RATE, "fast", "a whole number"),
            (RECEIVER_MAX_RATE, "0.5", "a whole number"),
            (FILE_MIN_REMEMBER, "0", "a duration above zero"),
            (FILE_MIN_REMEMBER_OLD, "-1", "a duration above zero"),
            (MAX_BATCHES, "0", "a whole number from 1 on"),
            (MAX_BATCHES, "many", "a whole number"),
            (DEFAULT_PARALLELISM, "-2", "a whole number from 1 to 65536"),
            (STOP_AT_EOF, "yes", "true or false"),
            (PRINT_NUM, "ten", "a whole number"),
            (PRINT_FORMAT, "xml", "pyspark, scala or json"),
            (PRINT_FORMAT, "JSON", "pyspark, scala or json"),
            (
                LOG_LEVEL,
                "loud",
                "ALL, DEBUG, ERROR, FATAL, INFO, OFF, TRACE or WARN",
            ),
            (PROGRESS, "yes", "auto, always or never"),
            (MAX_BYTES_IN_FLIGHT, "0", "a size above zero"),
            (MAX_LINE_BYTES, "256MiB", "a size"),
            (MAX_LINE_BYTES, "64k", "a size from 1m to 256m"),
            (MAX_LINE_BYTES, "99999999999g", "a size from 1m to 256m"),
            (
                DEFAULT_PARALLELISM,
                "4294967296",
                "a whole number from 1 to 65536",
            ),
            (
                DEFAULT_PARALLELISM,
                "99999999999999999999",
                "a whole number from 1 to 65536",
            ),
        ];
        for (name, value, expected) in cases {
            let message = check(&Conf::from_iter([(name, value)]))
                .unwrap_err()
                .to_string();
            let start = format!("{name} should be {expected}, but was '{value}'");
            assert!(message.starts_with(&start), "{message}");
        }
    }

    /// Every one, also those that come later.
    #[test]
    fn a_length_of_time_beyond_a_hundred_years_is_refused() {
        use ValueKind::{Duration, PositiveDuration, PositiveDurationOrOff, PositiveSeconds};
        let lengths = [
            Duration,
            PositiveDuration,
            PositiveDurationOrOff,
            PositiveSeconds,
        ];
        let keys = KEYS.iter().filter(|key| lengths.contains(&key.kind));
        let keys: Vec<_> = keys.map(|key| key.name).collect();
        assert!(keys.contains(&BATCH_INTERVAL) && keys.contains(&KEEP_ALIVE));
        for name in keys {
            for long in [
                "36501d",
                "99999999999d",
                "9999999999999999",
                "99999999999999999999d",
            ] {
                let message = check(&Conf::from_iter([(name, long)])).unwrap_err();
                let said = format!(
                    "{name} is too large: at most 36500d (a hundred years), but was '{long}'"
                );
                assert_eq!(message.to_string(), said);
            }
            assert_eq!(check(&Conf::from_iter([(name, "36500d")])), Ok(()));
        }
    }
}
