//! Blocks to counts.

use std::collections::HashMap;

use crate::read::Block;
use crate::split::{self, Lists, SHORT, SPAN, WINDOW};
use crate::table::Table;
#[cfg(target_arch = "x86_64")]
use crate::wide;

/// The padding of a short key: no word has it, so that a padded key says how long its
/// word is.
const PADDING: u64 = 0x2020_2020_2020_2020;
/// Taken off every key by exclusive or, so that no key is zero: a key with a
/// blank first and then something else does not occur.
const NEVER: u64 = 0x20;

/// The bytes of a last group of so many that belong to the word.
static MASKS: [u64; 16] = masks();
/// The words that turn the superfluous bytes of a last group into padding, by exclusive
/// or.
static PADDINGS: [u64; 16] = paddings(0);
/// The same where the last group is the first one too.
static ONLY_PADDINGS: [u64; 16] = paddings(NEVER);

const fn masks() -> [u64; 16] {
    let mut masks = [u64::MAX; 16];
    let mut length = 0;
    while length < SHORT {
        masks[length] = (1 << (8 * length)) - 1;
        length += 1;
    }
    masks
}

const fn paddings(flip: u64) -> [u64; 16] {
    let mut paddings = masks();
    let mut length = 0;
    while length < paddings.len() {
        paddings[length] = PADDING & !paddings[length] ^ flip;
        length += 1;
    }
    paddings
}

/// The way to split blocks: the best that this machine knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    #[cfg(target_arch = "x86_64")]
    Wide,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Way {
    /// The ways this machine can go, best first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let vectors = wide::ways();
        #[cfg(not(target_arch = "x86_64"))]
        let vectors = std::iter::empty();
        vectors.chain([Self::Portable])
    }
}

/// The counts of one thread in one interval.
#[derive(Debug)]
pub(crate) struct Counter {
    pub(crate) short: Table<1>,
    pub(crate) middle: Table<2>,
    pub(crate) long: HashMap<Box<[u8]>, u64>,
    pub(crate) words: u64,
    lists: Lists,
    way: Way,
}

impl Default for Counter {
    fn default() -> Self {
        Self::new(Way::all().next().unwrap_or(Way::Portable))
    }
}

impl Counter {
    pub(crate) fn new(way: Way) -> Self {
        Self {
            short: Table::new(),
            middle: Table::new(),
            long: HashMap::new(),
            words: 0,
            lists: Lists::default(),
            way,
        }
    }

    /// Forgets the counts.
    pub(crate) fn clear(&mut self) {
        self.short.clear();
        self.middle.clear();
        self.long.clear();
        self.words = 0;
    }

    /// Counts the words of a block.
    pub(crate) fn count(&mut self, block: &Block) {
        match self.way {
            #[cfg(target_arch = "x86_64")]
            Way::Wide => wide::count(self, block),
            #[cfg(target_arch = "x86_64")]
            Way::Avx2 => wide::count_avx2(self, block),
            Way::Portable => self.count_by(block, |window, span, lists| {
                split::split(window, span, lists, split::separators)
            }),
        }
    }

    /// Counts the words of a block that `split` lists window by window.
    #[inline(always)]
    pub(crate) fn count_by(
        &mut self,
        block: &Block,
        split: impl Fn(&[u8; WINDOW], usize, &mut Lists) -> usize,
    ) {
        let text = block.text();
        let mut at = 0;
        while at < text.len() {
            let window = block.window(at);
            let span = SPAN.min(text.len() - at);
            let mut rest = split(window, span, &mut self.lists);
            if rest == 0 {
                at += self.count_longer_than_a_window(&text[at..]);
                continue;
            }
            if rest == span && window[rest - 1] == b'\r' && text.get(at + rest) == Some(&b'\n') {
                rest += 1;
            }
            let lists = &self.lists;
            self.words += (lists.shorts + lists.middles + lists.long.len()) as u64;
            self.short
                .count(&*lists.short, lists.shorts, |word| short_key(window, word));
            self.middle.count(&*lists.middle, lists.middles, |word| {
                middle_key(window, word)
            });
            for &(begin, length) in &lists.long {
                let word = &window[usize::from(begin)..][..usize::from(length)];
                *self.long.entry(word.into()).or_default() += 1;
            }
            at += rest;
        }
        self.correct();
    }

    /// Counts the word at the beginning of `text` and returns where the next one begins.
    #[cold]
    fn count_longer_than_a_window(&mut self, text: &[u8]) -> usize {
        let end = text
            .iter()
            .position(|byte| matches!(byte, b' ' | b'\n' | b'\r'));
        let end = end.expect("a block ends with a separator");
        *self.long.entry(text[..end].into()).or_default() += 1;
        self.words += 1;
        if text[end] == b'\r' && text.get(end + 1) == Some(&b'\n') {
            end + 2
        } else {
            end + 1
        }
    }

    /// Takes back the empty words that were between a carriage return and its line feed.
    fn correct(&mut self) {
        let pairs = std::mem::take(&mut self.lists.pairs);
        if pairs > 0 {
            self.words -= pairs;
            self.short.reserve(1);
            self.short.add([PADDING ^ NEVER], pairs.wrapping_neg());
        }
    }
}

#[inline(always)]
fn short_key(window: &[u8; WINDOW], word: u16) -> [u64; 1] {
    let length = usize::from(word & 15);
    [(load(window, usize::from(word >> 4)) & MASKS[length]) ^ ONLY_PADDINGS[length]]
}

#[inline(always)]
fn middle_key(window: &[u8; WINDOW], word: u16) -> [u64; 2] {
    let begin = usize::from(word >> 4);
    let length = usize::from(word & 7) + 1;
    let last = (load(window, begin + 8) & MASKS[length]) ^ PADDINGS[length];
    [load(window, begin) ^ NEVER, last]
}

/// Eight bytes from a place within the span, which needs no check: the
/// compiler sees that twelve bits do not reach the window's end.
#[inline(always)]
fn load(window: &[u8; WINDOW], at: usize) -> u64 {
    let bytes = window[at..at + 8].first_chunk().expect("eight bytes");
    u64::from_le_bytes(*bytes)
}

/// The word that a key stands for.
pub(crate) fn word<const K: usize>(key: [u64; K], bytes: &mut [u8; 16]) -> &[u8] {
    for (index, part) in key.into_iter().enumerate() {
        let part = if index == 0 { part ^ NEVER } else { part };
        bytes[8 * index..][..8].copy_from_slice(&part.to_le_bytes());
    }
    let length = bytes[..8 * K]
        .iter()
        .position(|&byte| byte == b' ')
        .unwrap_or(8 * K);
    &bytes[..length]
}
