//! A text into its pieces between separators, with Python's rule: `"a  b".split(" ")` has an
//! empty piece in the middle, and the empty text is one empty piece.

#![expect(
    unsafe_code,
    reason = "texts are cut out of a text whose bounds the walk keeps"
)]

use std::iter::Peekable;
use std::mem::MaybeUninit;
use std::str::MatchIndices;

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
        let separator = match *separator.as_bytes() {
            // No copy of unknown length, which would be a call for every line.
            [byte] => Text::of_ascii(byte),
            _ => Text::from(separator),
        };
        Split {
            text: self,
            separator,
            at: Some(0),
        }
    }

    /// The piece of this text from `start` to `end`.
    ///
    /// # Safety
    /// `start..end` is a range of whole characters of this text, whose bytes begin at `base`
    /// as [`padded`](Text::padded) gave it.
    #[inline(always)]
    pub(crate) unsafe fn piece(&self, base: *const u8, start: usize, end: usize) -> Text {
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
    fn fold<B, F: FnMut(B, Text) -> B>(self, init: B, mut each: F) -> B {
        let Some(mut start) = self.at else {
            return init;
        };
        let width = self.separator.len();
        let mut search = Search::new(&self.text[start..], &self.separator);
        let begun = start;
        let mut folded = init;
        let mut room = MaybeUninit::uninit();
        let (base, len) = self.text.padded(&mut room);
        let mut ends = Ends::new();
        let mut at = start;
        while at <= len {
            match &mut search {
                // SAFETY: `at <= len`, and `SPAN` readable bytes follow a padded text.
                Search::Byte(byte) => unsafe { ends.of_byte(base.add(at), len - at, *byte) },
                Search::Text(matches) => list(matches, at - begun, &mut ends),
            }
            if len - at < SPAN {
                // The end of the text ends a piece too, out of the same loop, so that `each` is
                // compiled in once.
                ends.push((len - at) as u8);
            }
            for &end in ends.places() {
                let end = at + usize::from(end);
                // SAFETY: `start <= end <= len`; a separator is whole characters, so both stand
                // between characters.
                folded = each(folded, unsafe { self.text.piece(base, start, end) });
                start = end + width;
            }
            at += SPAN;
        }
        folded
    }
}

/// The search for the ends of pieces.
enum Search<'a> {
    /// For a single byte that is a str: an ASCII character.
    Byte(u8),
    /// For anything longer.
    Text(Peekable<MatchIndices<'a, &'a str>>),
}

impl<'a> Search<'a> {
    #[inline(always)]
    fn new(text: &'a str, separator: &'a str) -> Search<'a> {
        match *separator.as_bytes() {
            [byte] => Search::Byte(byte),
            _ => Search::of_text(text, separator),
        }
    }

    #[cold]
    fn of_text(text: &'a str, separator: &'a str) -> Search<'a> {
        Search::Text(text.match_indices(separator).peekable())
    }
}

/// Lists the matches that begin in the [`SPAN`] bytes from `at` on; those before have been listed.
#[cold]
fn list(matches: &mut Peekable<MatchIndices<'_, &str>>, at: usize, ends: &mut Ends) {
    ends.clear();
    while let Some((place, _)) = matches.next_if(|(place, _)| *place < at + SPAN) {
        ends.push((place - at) as u8);
    }
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
        fn any_separator(text in "([ab]{0,9}\u{e9}?){0,60}", separator in "[ab]{1,3}|[ab]?\u{e9}") {
            check(&text, &separator);
        }
    }
}
