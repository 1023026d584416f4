//! The two texts everything is measured on.
//!
//! *Natural*: few enough words for a core's own cache, most of them short, as
//! in prose; splitting and hashing decide. *Zipf*: a million words, so that
//! tables outgrow the cache and memory decides. Both are the same bytes on
//! every machine and in every run.

use std::collections::HashMap;

use crate::checksum;
use crate::draw::{Random, Zipf};
use crate::vocabulary;

/// Changes whenever the bytes do, so that a cached file is not mistaken for
/// what this version would write.
pub const VERSION: u32 = 1;

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Prose: about 60 thousand different words, the first one 5 to 6 % of all.
    Natural,
    /// Zipf's law over a million words.
    Zipf,
}

impl Kind {
    /// Both texts.
    pub const ALL: [Self; 2] = [Self::Natural, Self::Zipf];

    /// The name on command lines and of the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Natural => "natural",
            Self::Zipf => "zipf",
        }
    }

    /// The text: whole lines, `bytes` long or a line longer.
    #[must_use]
    pub fn generate(self, bytes: usize) -> Vec<u8> {
        match self {
            Self::Natural => natural(bytes),
            Self::Zipf => zipf(bytes),
        }
    }
}

/// The counts of a text that is split at single blanks and line feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    /// Words, empty ones too.
    pub words: u64,
    /// Different words.
    pub distinct: u64,
    /// The number of times that the commonest word occurs.
    pub top: u64,
    /// See [`checksum`]; a text fed `n` times has `n` times this, wrapping.
    pub checksum: u64,
}

/// Counts a text the plain way.
#[must_use]
pub fn census(text: &[u8]) -> Census {
    let mut counts: HashMap<&[u8], u64> = HashMap::new();
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    for line in lines.map(|line| line.strip_suffix(b"\n").unwrap_or(line)) {
        for word in line.split(|&byte| byte == b' ') {
            *counts.entry(word).or_default() += 1;
        }
    }
    Census {
        words: counts.values().sum(),
        distinct: counts.len() as u64,
        top: counts.values().copied().max().unwrap_or(0),
        checksum: counts.iter().fold(0, |sum, (word, &count)| {
            sum.wrapping_add(checksum::term(word, count))
        }),
    }
}

/// Sentences of words. Only the frequent words are ever capitalised or carry
/// punctuation, as rare words in a text of this size rarely do both, which
/// keeps the number of different strings near the number of words.
fn natural(bytes: usize) -> Vec<u8> {
    const WORDS: usize = 39_000;
    const DECORATED: usize = 2_900;
    let mut random = Random::new(0x6d69_6c6c);
    let words = vocabulary::natural(WORDS, &mut random);
    let ranks = Zipf::new(WORDS, 0.4);
    let mut text = Lines::new(bytes);
    let mut left_in_sentence = 0;
    while !text.full() {
        let mut rank = ranks.draw(&mut random);
        let begins = left_in_sentence == 0;
        if begins {
            while rank >= DECORATED {
                rank = ranks.draw(&mut random);
            }
            left_in_sentence = 6 + random.below(22);
        }
        let first = text.word(&words[rank]);
        if begins {
            text.bytes[first].make_ascii_uppercase();
        }
        left_in_sentence -= 1;
        if rank < DECORATED && left_in_sentence == 0 {
            text.bytes.push(*random.pick(b".........?!"));
        } else if rank < DECORATED && random.one_in(14) {
            text.bytes.push(*random.pick(b",,,,,,,;"));
        } else if left_in_sentence == 0 {
            left_in_sentence = 1;
        }
        let width = 58 + random.below(12);
        text.blank_or_end(width);
    }
    text.finish()
}

/// Bare words in no order.
fn zipf(bytes: usize) -> Vec<u8> {
    const WORDS: usize = 1_250_000;
    let mut random = Random::new(0x7261_6365);
    let words = vocabulary::letters(WORDS, &mut random);
    let ranks = Zipf::new(WORDS, 0.0);
    let mut text = Lines::new(bytes);
    while !text.full() {
        text.word(&words[ranks.draw(&mut random)]);
        text.blank_or_end(70);
    }
    text.finish()
}

/// A text under construction, broken into lines at blanks.
struct Lines {
    bytes: Vec<u8>,
    line: usize,
    wanted: usize,
}

impl Lines {
    fn new(wanted: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(wanted + 256),
            line: 0,
            wanted,
        }
    }

    fn full(&self) -> bool {
        self.bytes.len() >= self.wanted && self.line == self.bytes.len()
    }

    /// Appends a word and says where it begins.
    fn word(&mut self, word: &[u8]) -> usize {
        let first = self.bytes.len();
        self.bytes.extend_from_slice(word);
        first
    }

    fn blank_or_end(&mut self, width: usize) {
        if self.bytes.len() - self.line < width {
            self.bytes.push(b' ');
        } else {
            self.bytes.push(b'\n');
            self.line = self.bytes.len();
        }
    }

    fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, census};

    #[test]
    fn texts_are_whole_lines_and_always_the_same() {
        for kind in Kind::ALL {
            let text = kind.generate(300_000);
            assert_eq!(text, kind.generate(300_000));
            assert!((300_000..300_200).contains(&text.len()));
            assert!(text.ends_with(b"\n"));
            assert!(
                text.split(|&byte| byte == b'\n')
                    .all(|line| line.len() < 100)
            );
            assert!(!text.windows(2).any(|pair| pair == b"  "));
        }
    }

    #[test]
    fn prose_has_short_words_and_a_common_one() {
        let text = Kind::Natural.generate(2_000_000);
        let census = census(&text);
        let mean = text.len() as f64 / census.words as f64;
        assert!(
            (5.3..6.2).contains(&mean),
            "{mean} bytes per word with its separator"
        );
        let share = census.top as f64 / census.words as f64;
        assert!(
            (0.04..0.065).contains(&share),
            "{share} of all words are the same"
        );
    }

    #[test]
    fn a_census_counts_as_split_does() {
        let census = census(b"a  b\n\na\nb");
        assert_eq!((census.words, census.distinct, census.top), (6, 3, 2));
    }
}
