//! A text into its pieces between separators, with Python's rule: `"a  b".split(" ")` has an
//! empty piece in the middle, and the empty text is one empty piece.

#![expect(
    unsafe_code,
    reason = "texts are cut out of a text whose bounds the walk keeps"
)]

use std::mem::MaybeUninit;

use crate::ends::{Ends, SPAN};
use crate::text::{INLINE, Text};

impl Text {
    /// The pieces of this text between occurrences of `separator`, as Python's
    /// `line.split(separator)` gives them. The pieces share this text's block.
    ///
    /// # Panics
    /// If `separator` is empty (Python: `ValueError: empty separator`).
    #[inline(always)]
    pub fn split(self, separator: &str) -> Split {
        assert!(!separator.is_empty(), "empty separator");
        Split {
            text: self,
            separator: Text::from(separator),
            at: Some(0),
        }
    }

    /// The piece of this text from `start` to `end`.
    ///
    /// # Safety
    /// `start..end` is a range of whole characters of this text, whose bytes begin at `base`
    /// as [`padded`](Text::padded) gave it.
    #[inline(always)]
    unsafe fn piece(&self, base: *const u8, start: usize, end: usize) -> Text {
        if end - start <= INLINE {
            // SAFETY: padding behind `base` makes sixteen bytes readable at any of its positions.
            unsafe { Text::inline(base.add(start), end - start) }
        } else {
            // Longer than an inline text, so this one is a slice.
            let (header, offset, _) = self.parts();
            // SAFETY: the range is within this text, whose count the caller's borrow holds.
            unsafe { Text::counted(header, offset + start, end - start) }
        }
    }
}

/// The pieces of a [`Text`]; see [`Text::split`].
#[derive(Debug, Clone)]
pub struct Split {
    text: Text,
    separator: Text,
    /// The start of the next piece; `None` when the last one has been given.
    at: Option<usize>,
}

impl Iterator for Split {
    type Item = Text;

    fn next(&mut self) -> Option<Text> {
        let start = self.at?;
        let end = match self.text[start..].find(self.separator.as_str()) {
            Some(distance) => {
                self.at = Some(start + distance + self.separator.len());
                start + distance
            }
            None => {
                self.at = None;
                self.text.len()
            }
        };
        let mut room = MaybeUninit::uninit();
        let (base, _) = self.text.padded(&mut room);
        // SAFETY: `find` and `len` give positions between characters.
        Some(unsafe { self.text.piece(base, start, end) })
    }

    /// Finds many ends, then cuts: what a stage runs for a record.
    #[inline(always)]
    fn fold<B, F: FnMut(B, Text) -> B>(mut self, init: B, mut each: F) -> B {
        let Some(mut start) = self.at else {
            return init;
        };
        let [byte] = *self.separator.as_bytes() else {
            return fold_slowly(&mut self, init, each);
        };
        let mut folded = init;
        let mut room = MaybeUninit::uninit();
        let (base, len) = self.text.padded(&mut room);
        let mut ends = Ends::new();
        let mut at = start;
        while at <= len {
            // SAFETY: `at <= len`, and `SPAN` readable bytes follow a padded text.
            unsafe { ends.of_byte(base.add(at), len - at, byte) };
            if len - at < SPAN {
                // The end of the text ends a piece too, out of the same loop, so that `each` is
                // compiled in once.
                ends.push((len - at) as u8);
            }
            for &end in ends.places() {
                let end = at + usize::from(end);
                // SAFETY: `start <= end <= len`; a single byte that is a str is an ASCII
                // character, so both stand between characters.
                folded = each(folded, unsafe { self.text.piece(base, start, end) });
                start = end + 1;
            }
            at += SPAN;
        }
        folded
    }
}

#[cold]
fn fold_slowly<B, F: FnMut(B, Text) -> B>(split: &mut Split, init: B, mut each: F) -> B {
    let mut folded = init;
    for piece in split.by_ref() {
        folded = each(folded, piece);
    }
    folded
}

impl std::iter::FusedIterator for Split {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, separator: &str) {
        let expected: Vec<&str> = text.split(separator).collect();
        let pulled: Vec<Text> = Text::from(text).split(separator).collect();
        let mut pushed = Vec::new();
        Text::from(text)
            .split(separator)
            .for_each(|piece| pushed.push(piece));
        assert_eq!(pulled, expected);
        assert_eq!(pushed, expected);
        let mut partly = Text::from(text).split(separator);
        let mut mixed: Vec<Text> = partly.next().into_iter().collect();
        partly.for_each(|piece| mixed.push(piece));
        assert_eq!(mixed, expected);
    }

    #[test]
    fn empty_pieces_count() {
        for text in ["", " ", "a", "a  b", " lead", "trail ", "  lead trail  "] {
            check(text, " ");
        }
    }

    #[test]
    #[should_panic(expected = "empty separator")]
    fn the_empty_separator_is_refused() {
        let _ = Text::from("a").split("");
    }

    proptest! {
        #[test]
        fn equals_str_split(text in "([a\u{e9}]{0,30} {0,3}){0,12}") {
            check(&text, " ");
        }

        #[test]
        fn any_separator(text in "[ab]{0,80}", separator in "[ab]{1,3}") {
            check(&text, &separator);
        }
    }
}
