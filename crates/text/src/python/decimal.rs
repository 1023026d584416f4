//! The shortest decimal digits of a float, apart from how a language lays them out.
//!
//! Python and Java write the same digits with different rules for points and exponents. The law:
//! no shorter sequence of digits reads back as the same float, and among the shortest ones these
//! are the nearest to its value, the even ones if two are equally near. That is what CPython's
//! `repr` yields, and what Java promises from version 19.

use std::fmt;
use std::str::FromStr;

/// As many digits as a double can need.
const MAX_DIGITS: usize = 17;

/// A float of either width, each with its own shortest digits.
pub(crate) trait Float: Copy + PartialEq + fmt::LowerExp + FromStr<Err: PartialEq> {}

impl Float for f32 {}

impl Float for f64 {}

/// A magnitude in decimal: `0.d1d2d3... * 10^point`, the last digit not 0 unless it is the only
/// one.
#[derive(Debug)]
pub(crate) struct Decimal {
    digits: [u8; MAX_DIGITS],
    len: usize,
    point: i32,
}

impl Decimal {
    /// The shortest digits of a finite float; the sign is dropped.
    pub(crate) fn shortest<F: Float>(finite: F) -> Self {
        let shortest = Self::read(format_args!("{finite:e}"));
        // Of two candidates equally near, Rust takes the upper one, Python the even one. Rounding
        // to as many digits takes the even one too; but at a power of two, below which floats lie
        // closer together, what it takes can be the digits of another float.
        let last = shortest.digits().bytes().last();
        if last.is_some_and(|digit| digit % 2 == 1) {
            let places = shortest.len - 1;
            let even = Self::read(format_args!("{finite:.places$e}"));
            if even.digits() != shortest.digits()
                && format!("{finite:.places$e}").parse() == Ok(finite)
            {
                return even;
            }
        }
        shortest
    }

    /// The nearest two digits to a finite float; one if the second is 0.
    pub(crate) fn two_digits<F: Float>(finite: F) -> Self {
        let mut decimal = Self::read(format_args!("{finite:.1e}"));
        if decimal.digits().ends_with('0') {
            decimal.len -= 1;
        }
        decimal
    }

    /// Takes apart what Rust writes as `1.2345e-6`.
    fn read(scientific: fmt::Arguments<'_>) -> Self {
        let mut reader = Reader::default();
        // The reader never refuses, and neither does the formatting of a float.
        let written = fmt::write(&mut reader, scientific);
        debug_assert!(written.is_ok());
        let exponent = if reader.negative {
            -reader.exponent
        } else {
            reader.exponent
        };
        Self {
            digits: reader.digits,
            len: reader.len,
            point: exponent + 1,
        }
    }

    /// The digits, at least one and at most seventeen.
    pub(crate) fn digits(&self) -> &str {
        // Only ASCII digits are ever stored.
        std::str::from_utf8(&self.digits[..self.len]).unwrap_or_default()
    }

    /// The power of ten that `0.d1d2d3...` is multiplied by.
    pub(crate) fn point(&self) -> i32 {
        self.point
    }

    /// Appends the number without an exponent, with at least one digit on each side of the point:
    /// `120.0`, `1.5`, `0.001`.
    pub(crate) fn write_fixed(&self, out: &mut String) {
        let digits = self.digits();
        match usize::try_from(self.point) {
            Err(_) | Ok(0) => {
                out.push_str("0.");
                write_zeros(out, self.point.unsigned_abs() as usize);
                out.push_str(digits);
            }
            Ok(whole) if whole < self.len => {
                out.push_str(&digits[..whole]);
                out.push('.');
                out.push_str(&digits[whole..]);
            }
            Ok(whole) => {
                out.push_str(digits);
                write_zeros(out, whole - self.len);
                out.push_str(".0");
            }
        }
    }
}

fn write_zeros(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n('0', count));
}

#[derive(Default)]
struct Reader {
    digits: [u8; MAX_DIGITS],
    len: usize,
    in_exponent: bool,
    negative: bool,
    exponent: i32,
}

impl fmt::Write for Reader {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for byte in part.bytes() {
            match byte {
                b'0'..=b'9' if self.in_exponent => {
                    self.exponent = self.exponent * 10 + i32::from(byte - b'0');
                }
                b'0'..=b'9' => {
                    self.digits[self.len] = byte;
                    self.len += 1;
                }
                b'e' => self.in_exponent = true,
                b'-' => self.negative = self.in_exponent,
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_and_point() {
        for (value, digits, point) in [
            (0.0, "0", 1),
            (-1.5, "15", 1),
            (0.001, "1", -2),
            (1e23, "1", 24),
            (1.7976931348623157e308, "17976931348623157", 309),
            (5e-324, "5", -323),
            // Exactly between two candidates: the even one, unless it reads back as another float.
            (2_284_520_145_354_653.0 / 4.0, "5711300363386632", 15),
            (2.0_f64.powi(-25), "29802322387695312", -7),
            (2.0_f64.powi(-24), "5960464477539063", -7),
        ] {
            let decimal = Decimal::shortest(value);
            assert_eq!(
                (decimal.digits(), decimal.point()),
                (digits, point),
                "{value}"
            );
        }
        assert_eq!(Decimal::shortest(0.1_f32).digits(), "1");
        assert_eq!(
            Decimal::shortest(1_299_385.0_f32 / 8.0).digits(),
            "16242312"
        );
        assert_eq!(Decimal::two_digits(5e-324).digits(), "49");
        assert_eq!(Decimal::two_digits(-20.0).digits(), "2");
    }

    proptest! {
        #[test]
        fn fixed_text_reads_back(value in any::<f64>()) {
            let mut text = String::new();
            Decimal::shortest(value).write_fixed(&mut text);
            prop_assert_eq!(text.parse(), Ok(value.abs()));
        }
    }
}
