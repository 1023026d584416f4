//! Java's text of a floating-point number.
//!
//! The layout (when an exponent is used, at least one digit after the point) is that of
//! `Double.toString` in every version of Java; the digits are those of Java 19 and later. The law:
//! the text reads back as the same number.

use crate::python::{Decimal, Float};
use std::fmt::Write;

/// Appends `Double.toString(x)`, or `Float.toString(x)` for an f32.
pub(super) fn write_floating<F: Float + Into<f64>>(out: &mut String, x: F) {
    let wide: f64 = x.into();
    if wide.is_nan() {
        out.push_str("NaN");
        return;
    }
    if wide.is_sign_negative() {
        out.push('-');
    }
    if wide.is_infinite() {
        out.push_str("Infinity");
        return;
    }
    let mut decimal = Decimal::shortest(x);
    if decimal.digits().len() == 1 {
        // Java shows two digits anyway, so it takes the nearest two: 4.9E-324, not 5.0E-324.
        decimal = Decimal::two_digits(x);
    }
    if matches!(decimal.point(), -2..=7) {
        decimal.write_fixed(out);
        return;
    }
    let (first, rest) = decimal.digits().split_at(1);
    let rest = if rest.is_empty() { "0" } else { rest };
    let written = write!(out, "{first}.{rest}E{}", decimal.point() - 1);
    debug_assert!(written.is_ok(), "a string takes all that is written");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown<F: Float + Into<f64>>(x: F) -> String {
        let mut out = String::new();
        write_floating(&mut out, x);
        out
    }

    #[test]
    fn the_layouts_of_java() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (0.001, "0.001"),
            (0.00099, "9.9E-4"),
            (1e-5, "1.0E-5"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (12_345_678.9, "1.23456789E7"),
            (1e20, "1.0E20"),
            (-1.5e-300, "-1.5E-300"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            (f64::MAX, "1.7976931348623157E308"),
            (5e-324, "4.9E-324"),
            (1e-323, "9.9E-324"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(shown(value), expected);
        }
    }

    #[test]
    fn a_float_has_its_own_digits() {
        assert_eq!(shown(0.1_f32), "0.1");
        assert_eq!(shown(f32::MAX), "3.4028235E38");
        assert_eq!(shown(1e-45_f32), "1.4E-45");
        assert_eq!(shown(16_777_216_f32), "1.6777216E7");
    }

    proptest! {
        #[test]
        fn the_text_reads_back(x in any::<f64>(), y in any::<f32>()) {
            prop_assert_eq!(shown(x).parse(), Ok(x));
            prop_assert_eq!(shown(y).parse(), Ok(y));
        }
    }
}
