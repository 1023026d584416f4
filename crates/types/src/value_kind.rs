//! What the value of a setting has to be, so that a bad one is named before a
//! program starts.

use crate::byte_size::ByteSize;
use crate::conf::{Conf, ConfError};
use crate::duration::{Duration, TimeUnit};

/// What a value has to be. Bare numbers count milliseconds where a duration is
/// taken, bytes where a size is.
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
    /// A duration of zero or more.
    Duration,
    /// A duration above zero.
    PositiveDuration,
    /// A duration above zero whose bare numbers count seconds.
    PositiveSeconds,
    /// A size above zero.
    PositiveSize,
    /// One of these words.
    OneOf(&'static [&'static str]),
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
        match self {
            ValueKind::Text | ValueKind::Master => Ok(()),
            ValueKind::Boolean => conf.boolean(key).map(drop),
            ValueKind::Integer => integer().map(drop),
            ValueKind::PositiveInteger => require(integer()? > Some(0), "positive integer"),
            ValueKind::Duration => require(duration()? >= zero, "duration of zero or more"),
            ValueKind::PositiveDuration => require(duration()? > zero, "positive duration"),
            ValueKind::PositiveSeconds => require(
                conf.duration(key, TimeUnit::Seconds)? > zero,
                "positive duration",
            ),
            ValueKind::PositiveSize => {
                require(conf.size(key)? > Some(ByteSize::bytes(0)), "positive size")
            }
            ValueKind::OneOf(words) => require(
                words.contains(&value),
                &format!("one of {}", words.join(", ")),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::*;

    #[test]
    fn bad_values_are_named() {
        let cases = [
            (BLOCK_INTERVAL, "0", "positive duration"),
            (BLOCK_INTERVAL, "-1s", "positive duration"),
            (BLOCK_INTERVAL, "fast", "duration"),
            (RECEIVER_RESTART_DELAY, "-1", "duration of zero or more"),
            (RECEIVER_MAX_RATE, "fast", "integer"),
            (RECEIVER_MAX_RATE, "0.5", "integer"),
            (FILE_MIN_REMEMBER, "0", "positive duration"),
            (FILE_MIN_REMEMBER_OLD, "-1", "positive duration"),
            (MAX_BATCHES, "0", "positive integer"),
            (MAX_BATCHES, "many", "integer"),
            (DEFAULT_PARALLELISM, "-2", "positive integer"),
            (STOP_AT_EOF, "yes", "boolean"),
            (PRINT_NUM, "ten", "integer"),
            (PRINT_FORMAT, "xml", "one of pyspark, scala, json"),
            (PRINT_FORMAT, "JSON", "one of pyspark, scala, json"),
            (MAX_BYTES_IN_FLIGHT, "0", "positive size"),
            (MAX_LINE_BYTES, "256MiB", "size"),
        ];
        for (name, value, expected) in cases {
            let message = check(&Conf::from_iter([(name, value)]))
                .unwrap_err()
                .to_string();
            let start = format!("{name} should be {expected}, but was {value}");
            assert!(message.starts_with(&start), "{message}");
        }
    }
}
