//! The port in `<hostname> <port>`.

use crate::error::CommandError;

/// Reads a TCP port to connect to, 1 to 65535, in plain digits.
///
/// # Errors
///
/// A line that names `text`, when it is anything else.
pub fn parse_port(text: &str) -> Result<u16, CommandError> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err(CommandError::Argument {
            name: "port".to_owned(),
            expected: "a number from 1 to 65535",
            found: text.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_numbers_from_1_to_65535() {
        for (text, port) in [("1", 1), ("9999", 9999), ("65535", 65535), ("080", 80)] {
            assert_eq!(parse_port(text).unwrap(), port);
        }
        for text in [
            "",
            "0",
            "65536",
            "-1",
            "+1",
            " 1",
            "1.0",
            "http",
            "99999999999",
        ] {
            let message = parse_port(text).unwrap_err().to_string();
            assert!(message.contains(&format!("'{text}'")), "{message}");
        }
    }
}
