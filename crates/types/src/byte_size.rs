//! Amounts of memory, and Spark's way of writing them.

use std::error::Error;
use std::fmt;

use crate::quantity;

/// An amount of memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteSize(u64);

/// The units Spark's size strings know; every step is 1024, never 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteUnit {
    /// `b`.
    Bytes,
    /// `k` or `kb`.
    Kibibytes,
    /// `m` or `mb`.
    Mebibytes,
    /// `g` or `gb`.
    Gibibytes,
    /// `t` or `tb`.
    Tebibytes,
    /// `p` or `pb`.
    Pebibytes,
}

impl ByteUnit {
    /// Largest first, so that a search finds the shortest spelling.
    const ALL: [(ByteUnit, &'static str); 6] = [
        (ByteUnit::Pebibytes, "p"),
        (ByteUnit::Tebibytes, "t"),
        (ByteUnit::Gibibytes, "g"),
        (ByteUnit::Mebibytes, "m"),
        (ByteUnit::Kibibytes, "k"),
        (ByteUnit::Bytes, "b"),
    ];

    fn from_suffix(suffix: &str) -> Option<ByteUnit> {
        Some(match suffix.to_ascii_lowercase().as_str() {
            "b" => ByteUnit::Bytes,
            "k" | "kb" => ByteUnit::Kibibytes,
            "m" | "mb" => ByteUnit::Mebibytes,
            "g" | "gb" => ByteUnit::Gibibytes,
            "t" | "tb" => ByteUnit::Tebibytes,
            "p" | "pb" => ByteUnit::Pebibytes,
            _ => return None,
        })
    }

    const fn bytes(self) -> u64 {
        match self {
            ByteUnit::Bytes => 1,
            ByteUnit::Kibibytes => 1 << 10,
            ByteUnit::Mebibytes => 1 << 20,
            ByteUnit::Gibibytes => 1 << 30,
            ByteUnit::Tebibytes => 1 << 40,
            ByteUnit::Pebibytes => 1 << 50,
        }
    }
}

impl ByteSize {
    /// An amount of `amount` bytes.
    pub const fn bytes(amount: u64) -> ByteSize {
        ByteSize(amount)
    }

    /// An amount of `amount` mebibytes; saturates at the 64-bit range.
    pub const fn mebibytes(amount: u64) -> ByteSize {
        ByteSize(amount.saturating_mul(ByteUnit::Mebibytes.bytes()))
    }

    /// The amount in bytes.
    pub const fn as_bytes(self) -> u64 {
        self.0
    }

    /// Reads a size as Spark 3.5 writes it in settings: a whole number and one
    /// of `b k kb m mb g gb t tb p pb`, in any case and with blanks around; a
    /// bare number counts `default_unit`.
    ///
    /// # Errors
    ///
    /// When `text` has any other shape (`256MiB`, a fraction, a sign), or names
    /// more bytes than 64 bits can count.
    ///
    /// ```
    /// use millrace_types::{ByteSize, ByteUnit};
    ///
    /// assert_eq!(ByteSize::parse("256m", ByteUnit::Bytes)?, ByteSize::mebibytes(256));
    /// # Ok::<(), millrace_types::ParseByteSizeError>(())
    /// ```
    pub fn parse(text: &str, default_unit: ByteUnit) -> Result<ByteSize, ParseByteSizeError> {
        let refuse = |reason| ParseByteSizeError {
            text: text.to_owned(),
            reason,
        };
        let (number, suffix) = quantity::split(text)
            .filter(|(number, _)| !number.starts_with('-'))
            .ok_or_else(|| refuse(ByteSizeReason::Shape))?;
        let unit = if suffix.is_empty() {
            default_unit
        } else {
            ByteUnit::from_suffix(suffix).ok_or_else(|| refuse(ByteSizeReason::Suffix))?
        };
        let bytes = number
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(unit.bytes()));
        bytes
            .map(ByteSize)
            .ok_or_else(|| refuse(ByteSizeReason::TooLarge))
    }
}

/// Writes the shortest exact spelling, which [`ByteSize::parse`] reads back.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = ByteUnit::ALL
            .iter()
            .find(|(unit, _)| self.0 > 0 && self.0.is_multiple_of(unit.bytes()));
        match exact {
            Some((unit, suffix)) => write!(f, "{}{suffix}", self.0 / unit.bytes()),
            None => write!(f, "{}b", self.0),
        }
    }
}

/// A text that is not a size; says so in Spark's own words, so that a search
/// for them finds the same advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseByteSizeError {
    text: String,
    reason: ByteSizeReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ByteSizeReason {
    Shape,
    Suffix,
    TooLarge,
}

impl ParseByteSizeError {
    /// Spark 3.5's advice on how a size string is written.
    pub const HINT: &'static str = "Size must be specified as bytes (b), kibibytes (k), \
        mebibytes (m), gibibytes (g), tebibytes (t), or pebibytes(p). E.g. 50b, 100k, or 250m.";

    /// True if the shape is right and only the number does not fit.
    pub(crate) fn is_too_large(&self) -> bool {
        self.reason == ByteSizeReason::TooLarge
    }
}

impl fmt::Display for ParseByteSizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.reason {
            ByteSizeReason::Shape => "Failed to parse byte string",
            ByteSizeReason::Suffix => "Invalid suffix in byte string",
            ByteSizeReason::TooLarge => "Number too large in byte string",
        };
        write!(f, "{} {what}: {}", Self::HINT, self.text)
    }
}

impl Error for ParseByteSizeError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_read_as_spark_reads_them() {
        let cases = [
            ("1k", Some(1 << 10)),
            ("1KB", Some(1 << 10)),
            ("256m", Some(256 << 20)),
            (" 2g ", Some(2 << 30)),
            ("1tb", Some(1 << 40)),
            ("1p", Some(1 << 50)),
            ("50b", Some(50)),
            ("0", Some(0)),
            ("7", Some(7)),
            ("16384p", None),
            ("18446744073709551616", None),
            ("256MiB", None),
            ("1.5g", None),
            ("-1k", None),
            ("1 k", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let read = ByteSize::parse(text, ByteUnit::Bytes)
                .ok()
                .map(ByteSize::as_bytes);
            assert_eq!(read, expected, "{text:?}");
        }
    }

    #[test]
    fn a_bare_number_takes_the_default_unit() {
        assert_eq!(
            ByteSize::parse("3", ByteUnit::Mebibytes),
            Ok(ByteSize::mebibytes(3))
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = ByteSize::parse(&text, ByteUnit::Mebibytes);
        }

        #[test]
        fn any_amount_survives_writing_and_reading(amount in any::<u64>(), shift in 0_u32..64) {
            let size = ByteSize::bytes(amount << shift);
            prop_assert_eq!(ByteSize::parse(&size.to_string(), ByteUnit::Pebibytes), Ok(size));
        }
    }
}
