//! A text into its words, by Rust's rule (`split_whitespace`) or Python's (`line.split()`): runs of
//! white space separate, and there are no empty words.

#![expect(
    unsafe_code,
    reason = "texts are cut out of a text whose bounds the walk keeps"
)]

use std::iter::FusedIterator;
use std::mem::MaybeUninit;

use crate::text::Text;

/// White space of ASCII.
const SPACE: u8 = 1;
/// U+001C to U+001F, which Python takes for white space and Unicode does not.
const SEPARATOR: u8 = 2;
/// The first byte of a character beyond ASCII.
const BEYOND: u8 = 4;

/// The kind of every first byte of a character.
static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = match byte as u8 {
            b'\t'..=b'\r' | b' ' => SPACE,
            0x1c..=0x1f => SEPARATOR,
            0x80.. => BEYOND,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

impl Text {
    /// The words of this text: pieces between runs of Unicode white space, none of them empty.
    ///
    /// ```
    /// # use millrace_text::Text;
    /// let words: Vec<Text> = Text::from("  to be\tor ").split_whitespace().collect();
    /// assert_eq!(words, ["to", "be", "or"]);
    /// ```
    pub fn split_whitespace(self) -> SplitWhitespace {
        SplitWhitespace {
            text: self,
            at: 0,
            blank: SPACE,
        }
    }

    /// The same as Python's `line.split()` gives them: there U+001C to U+001F are white space, too.
    ///
    /// ```
    /// # use millrace_text::Text;
    /// let words: Vec<Text> = Text::from(" to\u{1c}be ").split_blanks().collect();
    /// assert_eq!(words, ["to", "be"]);
    /// ```
    pub fn split_blanks(self) -> SplitWhitespace {
        SplitWhitespace {
            text: self,
            at: 0,
            blank: SPACE | SEPARATOR,
        }
    }
}

/// The words of a [`Text`]; see [`Text::split_whitespace`] and [`Text::split_blanks`].
#[derive(Debug, Clone)]
pub struct SplitWhitespace {
    text: Text,
    at: usize,
    /// The kinds of bytes that are white space.
    blank: u8,
}

impl SplitWhitespace {
    /// The place of the next word, from `at` on.
    #[inline(always)]
    fn word(&self, at: usize) -> Option<(usize, usize)> {
        let start = self.first(true, at);
        let end = self.first(false, start);
        (start < end).then_some((start, end))
    }

    /// The first place from `at` on where white space ends, or where it begins.
    #[inline(always)]
    fn first(&self, ends: bool, mut at: usize) -> usize {
        let text = self.text.as_str();
        while let Some(&byte) = text.as_bytes().get(at) {
            let kind = KINDS[usize::from(byte)];
            let (is_blank, width) = if kind == BEYOND {
                beyond(text, at)
            } else {
                (kind & self.blank != 0, 1)
            };
            if is_blank != ends {
                break;
            }
            at += width;
        }
        at
    }
}

/// True if the character there, which is beyond ASCII, is white space; and its bytes.
#[inline(never)]
fn beyond(text: &str, at: usize) -> (bool, usize) {
    let character = text[at..].chars().next();
    character.map_or((false, 1), |character| {
        (character.is_whitespace(), character.len_utf8())
    })
}

impl Iterator for SplitWhitespace {
    type Item = Text;

    fn next(&mut self) -> Option<Text> {
        let (start, end) = self.word(self.at)?;
        self.at = end;
        Some(self.text.substring(start..end))
    }

    /// Cuts in the loop that a stage runs for a record.
    #[inline(always)]
    fn fold<B, F: FnMut(B, Text) -> B>(self, init: B, mut each: F) -> B {
        let mut room = MaybeUninit::uninit();
        let (base, _) = self.text.padded(&mut room);
        let (mut folded, mut at) = (init, self.at);
        while let Some((start, end)) = self.word(at) {
            // SAFETY: words begin and end between characters.
            folded = each(folded, unsafe { self.text.piece(base, start, end) });
            at = end;
        }
        folded
    }
}

impl FusedIterator for SplitWhitespace {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The words, if those that are pulled and those that are pushed are the same.
    fn words(split: &SplitWhitespace) -> Vec<Text> {
        let pulled: Vec<Text> = split.clone().collect();
        let mut pushed = Vec::new();
        split.clone().for_each(|word| pushed.push(word));
        assert_eq!(pulled, pushed);
        pulled
    }

    proptest! {
        #[test]
        fn equals_str_split_whitespace(
            text in "([ab\u{e9}]{0,20}[ \t\u{85}\u{a0}\u{2028}\u{1c}\u{1f}]{0,3}){0,8}",
        ) {
            let expected: Vec<&str> = text.split_whitespace().collect();
            let own = words(&Text::from(text.as_str()).split_whitespace());
            prop_assert_eq!(own, expected);
            let blank = |char: char| char.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&char);
            let expected: Vec<&str> = text.split(blank).filter(|word| !word.is_empty()).collect();
            let own = words(&Text::from(text.as_str()).split_blanks());
            prop_assert_eq!(own, expected);
        }
    }
}
