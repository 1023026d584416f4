//! Which characters Python's `repr` shows as they are: CPython 3.11's `str.isprintable`, that is
//! Unicode 14.0.
//!
//! Rust's own idea of what to escape (`char::escape_debug`) follows another Unicode version and
//! other rules, so the table is generated from CPython itself. The law: for every code point the
//! answer is CPython 3.11's.

use super::printable_table::EDGES;

/// CPython 3.11's `str.isprintable()` of one character.
#[inline]
pub(super) fn is_printable(character: char) -> bool {
    let code = u32::from(character);
    if code < 0x7f {
        return code >= 0x20;
    }
    // The answer turns at every edge, and below the first it would be yes.
    EDGES.partition_point(|edge| *edge <= code) % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_rise() {
        assert!(EDGES.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn as_many_characters_are_printable_as_in_cpython() {
        // Counted by CPython 3.11. Surrogates are not printable there and not characters here.
        let printable = ('\0'..=char::MAX).filter(|c| is_printable(*c)).count();
        assert_eq!(printable, 144_516);
    }

    #[test]
    fn the_shortcut_agrees_with_the_table() {
        for code in 0..0x7f {
            let listed = EDGES.partition_point(|edge| *edge <= code) % 2 == 0;
            let shown = char::from_u32(code).is_some_and(is_printable);
            assert_eq!(shown, listed, "U+{code:04X}");
        }
    }

    #[test]
    fn a_few_by_name() {
        for shown in [
            ' ',
            '~',
            '\u{a1}',
            '\u{e9}',
            '\u{301}',
            '\u{4f60}',
            '\u{fffd}',
            '\u{1f600}',
        ] {
            assert!(is_printable(shown), "{shown:?}");
        }
        for hidden in [
            '\0',
            '\x1f',
            '\x7f',
            '\u{a0}',
            '\u{ad}',
            '\u{200b}',
            '\u{2028}',
            '\u{3000}',
            '\u{e000}',
            '\u{feff}',
            '\u{ffff}',
            '\u{e0001}',
            '\u{10ffff}',
            // Added by Unicode 15.0, and so unknown to Python 3.11.
            '\u{1fae8}',
            '\u{31350}',
        ] {
            assert!(!is_printable(hidden), "{hidden:?}");
        }
    }
}
