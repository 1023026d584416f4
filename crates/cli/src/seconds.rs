//! Lengths of time in arguments, which Spark's examples count in whole seconds.

use millrace::Duration;

use crate::error::CommandError;

/// Reads a number of seconds, at least 1, in plain digits.
///
/// # Errors
///
/// A line that names `what` and `text`, when it is anything else.
pub(crate) fn parse_seconds(what: &str, text: &str) -> Result<Duration, CommandError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    // 32 bits, so that nothing can overflow in milliseconds.
    match text.parse::<u32>() {
        Ok(seconds) if digits && seconds > 0 => Ok(Duration::seconds(seconds.into())),
        _ => Err(CommandError::Argument {
            name: what.to_owned(),
            expected: "a number of seconds, 1 or more",
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
        let longest = u32::MAX.to_string();
        assert!(parse_seconds("window", &longest).is_ok());
        for text in ["", "0", "-1", "+1", "1.5", "30s", "4294967296"] {
            let message = parse_seconds("window", text).unwrap_err().to_string();
            assert!(
                message.starts_with("window should") && message.contains(&format!("'{text}'")),
                "{message}"
            );
        }
    }
}
