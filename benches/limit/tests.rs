//! The counting core against the plain way, over random bytes, cuts and ways.

use std::collections::BTreeMap;
use std::io::{self, Read};

use millrace_benches::checksum;

use crate::count::{Counter, Way, word};
use crate::read::Block;

type Counts = BTreeMap<Vec<u8>, u64>;

/// Splits at line ends, then at single blanks, as the counted program does.
fn reference(text: &[u8]) -> Counts {
    let mut lines = Vec::new();
    let mut line = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\n' => lines.push(std::mem::take(&mut line)),
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                lines.push(std::mem::take(&mut line));
            }
            _ => line.push(byte),
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    let mut counts = Counts::new();
    for word in lines
        .iter()
        .flat_map(|line| line.split(|&byte| byte == b' '))
    {
        *counts.entry(word.to_vec()).or_default() += 1;
    }
    counts
}

fn counts(counter: &Counter) -> Counts {
    let mut bytes = [0; 16];
    let short = counter
        .short
        .iter()
        .map(|slot| (word(slot.key, &mut bytes).to_vec(), slot.count));
    let mut counts: Counts = short.collect();
    for slot in counter.middle.iter() {
        counts.insert(word(slot.key, &mut bytes).to_vec(), slot.count);
    }
    for (word, &count) in &counter.long {
        counts.insert(word.to_vec(), count);
    }
    counts.retain(|_, count| *count > 0);
    counts
}

/// Hands out a text in pieces of random sizes.
struct Pieces<'a> {
    text: &'a [u8],
    longest: usize,
    random: Random,
}

impl Read for Pieces<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let piece = (1 + self.random.below(self.longest)).min(space.len());
        self.text.read(&mut space[..piece])
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) as usize % bound
    }

    /// Words of up to `longest` bytes with every kind of separator between.
    fn text(&mut self, bytes: usize, longest: usize, letters: usize) -> Vec<u8> {
        let mut text = Vec::new();
        while text.len() < bytes {
            for _ in 0..self.below(longest + 1) {
                let any = self.below(letters) as u8;
                text.push(if letters > 200 { any } else { b'a' + any });
            }
            let separators: [&[u8]; 7] = [b" ", b" ", b" ", b"\n", b"\r", b"\r\n", b"\n\r\0"];
            text.extend_from_slice(separators[self.below(separators.len())]);
        }
        text.truncate(bytes);
        text
    }

    fn texts(&mut self) -> Vec<Vec<u8>> {
        let mut texts = vec![
            Vec::new(),
            b"\n".to_vec(),
            b"a".to_vec(),
            b" ".to_vec(),
            b"a ".to_vec(),
            b"\r".to_vec(),
            b"\r\n".to_vec(),
            b"a\r\n\r\nb\r".to_vec(),
            vec![b' '; 10_000],
            vec![b'x'; 20_000],
            [
                vec![b'x'; 4095],
                b"\r\n".to_vec(),
                vec![b'y'; 4096],
                b"\r\n z".to_vec(),
            ]
            .concat(),
            b"\r\n".repeat(5000),
        ];
        for round in 0..60 {
            let longest = [1, 4, 9, 20, 70, 6000][round % 6];
            let letters = [1, 2, 26, 256][round % 4];
            let bytes = self.below(30_000);
            texts.push(self.text(bytes, longest, letters));
        }
        texts
    }
}

#[test]
fn every_way_counts_what_the_plain_way_counts() {
    for mut text in Random(1).texts() {
        // A block ends with a separator.
        text.push(b'\n');
        let expected = reference(&text);
        for way in Way::all() {
            let mut counter = Counter::new(way);
            counter.count(&Block::from(&*text));
            assert_eq!(
                counts(&counter),
                expected,
                "{way:?} {:?}",
                text.escape_ascii().to_string()
            );
            assert_eq!(counter.words, expected.values().sum::<u64>(), "{way:?}");
        }
    }
}

#[test]
fn two_threads_count_the_same_wherever_reads_and_intervals_are_cut() {
    let mut random = Random(2);
    for text in random.texts() {
        let expected = reference(&text);
        let checksum = expected.iter().fold(0u64, |sum, (word, &count)| {
            sum.wrapping_add(checksum::term(word, count))
        });
        // An interval ends after so many looks at the clock: the test owns it.
        for looks in [1 + random.below(2000), usize::MAX] {
            let mut looked = 0;
            let over = move || {
                looked += 1;
                looked % looks == 0
            };
            let longest = [3, 1000, 40_000][random.below(3)];
            let pieces = Pieces {
                text: &text,
                longest,
                random: Random(longest as u64),
            };
            let (bytes, summary) = crate::count(pieces, over).expect("reads do not fail");
            assert_eq!(bytes, text.len() as u64);
            assert_eq!(summary.words, expected.values().sum::<u64>());
            assert_eq!(summary.checksum, checksum);
            if looks == usize::MAX {
                assert_eq!(summary.distinct, expected.len() as u64);
            }
        }
    }
}

#[test]
fn tables_grow_and_are_used_again() {
    let text: Vec<u8> = (0..200_000)
        .flat_map(|n| format!("{n} word{n}\n").into_bytes())
        .collect();
    let block = Block::from(&*text);
    let mut counter = Counter::default();
    for _ in 0..2 {
        counter.count(&block);
        counter.count(&block);
        let counts = counts(&counter);
        assert_eq!(counts.len(), 400_000);
        assert!(counts.values().all(|&count| count == 2));
        counter.clear();
    }
}
