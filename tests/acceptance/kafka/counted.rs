//! Counts that were printed, each batch once.

use std::collections::BTreeMap;

use crate::acceptance::harness::{Batch, Program};

/// Everything that was printed, by the time of its batch.
#[derive(Default)]
pub(super) struct Counted(BTreeMap<i64, String>);

impl Counted {
    /// Takes batches; one that was printed before must be the same again.
    pub(super) fn take(&mut self, batches: &[Batch]) {
        for batch in batches {
            let known = self.0.entry(batch.milliseconds());
            let known = known.or_insert_with(|| batch.body.clone());
            assert_eq!(*known, batch.body, "the batch of {}", batch.time);
        }
    }

    /// The counts of all batches together.
    pub(super) fn counts(&self) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        for line in self.0.values().flat_map(|body| body.lines()) {
            let pair = line
                .strip_prefix("('")
                .and_then(|rest| rest.strip_suffix(')'));
            let (word, count) = pair.and_then(|pair| pair.split_once("', ")).unwrap();
            *counts.entry(word.to_owned()).or_default() += count.parse::<i64>().unwrap();
        }
        counts
    }

    /// Waits until a program has printed so many words more or less, those of before included.
    pub(super) fn wait_for(&mut self, program: &Program, words: usize) {
        program.wait_for_batches(&format!("{words} words"), |batches| {
            self.take(batches);
            (self.counts().len() >= words).then_some(())
        });
    }
}

/// Words from a number on, each another.
pub(super) fn words(from: usize, count: usize) -> Vec<String> {
    (from..from + count).map(|it| format!("w{it:05}")).collect()
}

/// Asserts that each of the first words was counted once, and nothing else.
pub(super) fn assert_once(counted: &Counted, words_sent: usize) {
    let expected: BTreeMap<String, i64> = words(0, words_sent)
        .into_iter()
        .map(|word| (word, 1))
        .collect();
    assert_eq!(counted.counts(), expected);
}
