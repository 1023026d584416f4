//! Python's `repr` of a float.
//!
//! The digits are those of every correct shortest conversion; what is Python's own is when an
//! exponent is used and how it looks. The law: the text is CPython 3.11's for every double.

use super::decimal::Decimal;
use std::fmt::Write;

/// Appends CPython 3.11's `repr(x)`: `1.0`, `0.0001`, `1e-05`, `1e+16`, `-0.0`, `inf`, `nan`.
pub(super) fn write_repr_float(out: &mut String, x: f64) {
    if x.is_nan() {
        // Python shows no sign here, even if the NaN has one.
        out.push_str("nan");
        return;
    }
    if x.is_sign_negative() {
        out.push('-');
    }
    if x.is_infinite() {
        out.push_str("inf");
        return;
    }
    let decimal = Decimal::shortest(x);
    if matches!(decimal.point(), -3..=16) {
        decimal.write_fixed(out);
        return;
    }
    let (first, rest) = decimal.digits().split_at(1);
    out.push_str(first);
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    let exponent = decimal.point() - 1;
    let written = write!(out, "e{exponent:+03}");
    debug_assert!(written.is_ok(), "a string takes all that is written");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repr(x: f64) -> String {
        let mut out = String::new();
        write_repr_float(&mut out, x);
        out
    }

    #[test]
    fn the_layouts_of_python() {
        for (value, expected) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-0.0, "-0.0"),
            (1e15, "1000000000000000.0"),
            (9999999999999998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (1.2345678901234568e17, "1.2345678901234568e+17"),
            (1e20, "1e+20"),
            (0.0001, "0.0001"),
            (0.00012345, "0.00012345"),
            (0.00001, "1e-05"),
            (1e22, "1e+22"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (2.5e-7, "2.5e-07"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
        ] {
            assert_eq!(repr(value), expected);
        }
    }

    proptest! {
        #[test]
        fn a_repr_reads_back_as_the_float(x in any::<f64>()) {
            prop_assert_eq!(repr(x).parse(), Ok(x));
        }
    }
}
