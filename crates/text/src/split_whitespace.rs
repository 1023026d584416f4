//! A text into its words, with the rule of Python's `line.split()` and Rust's
//! `split_whitespace`: runs of white space separate, and there are no empty words.

use crate::text::Text;

impl Text {
    /// The words of this text: pieces between runs of Unicode white space, none of them empty.
    ///
    /// ```
    /// # use millrace_text::Text;
    /// let words: Vec<Text> = Text::from("  to be\tor ").split_whitespace().collect();
    /// assert_eq!(words, ["to", "be", "or"]);
    /// ```
    pub fn split_whitespace(self) -> SplitWhitespace {
        SplitWhitespace { text: self, at: 0 }
    }
}

/// The words of a [`Text`]; see [`Text::split_whitespace`].
#[derive(Debug, Clone)]
pub struct SplitWhitespace {
    text: Text,
    at: usize,
}

impl Iterator for SplitWhitespace {
    type Item = Text;

    fn next(&mut self) -> Option<Text> {
        let rest = &self.text[self.at..];
        let word = rest.trim_start();
        let start = self.text.len() - word.len();
        let len = word.find(char::is_whitespace).unwrap_or(word.len());
        self.at = start + len;
        (len > 0).then(|| self.text.substring(start..start + len))
    }
}

impl std::iter::FusedIterator for SplitWhitespace {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_str_split_whitespace(text in "([ab\u{e9}]{0,20}[ \t\u{a0}\u{2028}]{0,3}){0,8}") {
            let expected: Vec<&str> = text.split_whitespace().collect();
            let words: Vec<Text> = Text::from(text.as_str()).split_whitespace().collect();
            prop_assert_eq!(words, expected);
        }
    }
}
