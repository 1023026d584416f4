//! Lengths of time in arguments, which Spark's examples count in whole seconds.

use millrace::Duration;

use crate::error::CommandError;

/// Reads a number of seconds, 1 to those of [`Duration::LONGEST`], in plain digits.
///
/// # Errors
///
/// A line that names `what` and `text`, when it is anything else.
pub(crate) fn parse_seconds(what: &str, text: &str) -> Result<Duration, CommandError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let length = text.parse().map(Duration::seconds);
    match length {
        Ok(length) if digits && Duration::ZERO < length && length <= Duration::LONGEST => {
            Ok(length)
        }
        _ => Err(CommandError::Argument {
            name: what.to_owned(),
            expected: "a number of seconds from 1 to 3153600000 (a hundred years)",
            found: text.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_whole_and_positive() {
        assert_eq!(
            parse_seconds("window", "30").unwrap(),
            Duration::seconds(30)
        );
        assert_eq!(
            parse_seconds("window", "3153600000").unwrap(),
            Duration::LONGEST
        );
        for text in ["", "0", "-1", "+1", "1.5", "30s", "3153600001"] {
            let message = parse_seconds("window", text).unwrap_err().to_string();
            assert!(
                message.starts_with("window should") && message.contains(&format!("'{text}'")),
                "{message}"
            );
        }
    }
}
