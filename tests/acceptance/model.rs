//! The reference model: what a program has to print, computed in the plainest
//! way there is.
//!
//! One thread, one pass, no blocks, no shuffle. It shares no code with the
//! engine except Unicode's table of printable characters, and it is itself
//! held against the transcripts of real PySpark.

mod lines;
mod python;

use std::collections::HashMap;

use lines::Lines;
use python::{portable_hash, repr};

/// The number of records that `pprint` shows.
pub(crate) const SHOWN: usize = 10;

/// A program of the two, at work on one connection.
pub(crate) struct Model {
    lines: Lines,
    /// Kept from batch to batch by the stateful program only.
    state: Option<Counts>,
    partitions: usize,
    /// The number of records of a batch that are shown.
    shown: usize,
}

/// Counts in the order in which PySpark has them: by partition, and in each in
/// the order of arrival.
#[derive(Debug, Clone)]
struct Counts {
    partitions: Vec<Vec<(String, u64)>>,
    places: HashMap<String, (usize, usize)>,
}

impl Model {
    /// `network_wordcount` with so many reduce partitions.
    pub(crate) fn stateless(partitions: usize) -> Model {
        Model {
            lines: Lines::default(),
            state: None,
            partitions,
            shown: SHOWN,
        }
    }

    /// `stateful_network_wordcount`.
    pub(crate) fn stateful(partitions: usize) -> Model {
        let mut initial = Counts::new(partitions);
        initial.add("hello", 1);
        initial.add("world", 1);
        Model {
            state: Some(initial),
            ..Model::stateless(partitions)
        }
    }

    /// The same with another number of records shown.
    pub(crate) fn showing(self, shown: usize) -> Model {
        Model { shown, ..self }
    }

    /// The body of the batch that reads exactly these bytes.
    pub(crate) fn batch(&mut self, bytes: &[u8]) -> String {
        let lines = self.lines.read(bytes);
        self.count(&lines)
    }

    /// The body of the batch in which the connection ends.
    pub(crate) fn end(&mut self) -> String {
        let lines: Vec<String> = self.lines.end().into_iter().collect();
        self.count(&lines)
    }

    /// The body of a single batch that reads all of a connection.
    pub(crate) fn only_batch(mut self, bytes: &[u8]) -> String {
        let mut lines = self.lines.read(bytes);
        lines.extend(self.lines.end());
        self.count(&lines)
    }

    fn count(&mut self, lines: &[String]) -> String {
        let mut batch = Counts::new(self.partitions);
        let counts = self.state.as_mut().unwrap_or(&mut batch);
        for word in lines.iter().flat_map(|line| line.split(' ')) {
            counts.add(word, 1);
        }
        counts.body(self.shown)
    }
}

impl Counts {
    fn new(partitions: usize) -> Counts {
        Counts {
            partitions: vec![Vec::new(); partitions],
            places: HashMap::new(),
        }
    }

    fn add(&mut self, word: &str, count: u64) {
        if let Some((partition, place)) = self.places.get(word) {
            self.partitions[*partition][*place].1 += count;
            return;
        }
        let hash = portable_hash(word);
        let number = hash.rem_euclid(i64::try_from(self.partitions.len()).unwrap());
        let number = usize::try_from(number).unwrap();
        let partition = &mut self.partitions[number];
        self.places
            .insert(word.to_owned(), (number, partition.len()));
        partition.push((word.to_owned(), count));
    }

    fn body(&self, shown: usize) -> String {
        let records = self.partitions.iter().flatten();
        let mut lines: Vec<String> = records
            .take(shown.saturating_add(1))
            .map(|(word, count)| format!("({}, {count})", repr(word)))
            .collect();
        if lines.len() > shown {
            lines[shown] = "...".to_owned();
        }
        lines.join("\n")
    }
}

#[test]
fn a_batch_has_the_order_of_the_documented_example() {
    let text = "the quick brown fox jumps over the lazy dog hello world spark streaming\n";
    let body = Model::stateless(2).batch(text.as_bytes());
    let first = ["quick", "lazy", "dog", "hello", "world", "streaming"];
    let second = ["the", "brown", "fox", "jumps", "over", "spark"];
    let count = |word: &str| if word == "the" { 2 } else { 1 };
    let all = first.iter().chain(&second);
    let lines: Vec<_> = all
        .map(|word| format!("('{word}', {})", count(word)))
        .collect();
    assert_eq!(body, format!("{}\n...", lines[..SHOWN].join("\n")));
    assert_eq!(
        Model::stateless(2).showing(12).batch(text.as_bytes()),
        lines.join("\n")
    );
}
