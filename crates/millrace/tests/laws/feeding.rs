//! Two streams of pairs for the operators' tests, fed in every way that the engine tells apart,
//! and the same records as lists.
//!
//! A stream that receives is worked on as its blocks come in; one that an operator made is read
//! when its batch is due. Neither may show, nor may how many workers there are or where blocks
//! were cut (law 2): a case runs with all workers and one cut, and must equal the model.

use std::fmt::Debug;

use millrace::dstream::Computed;

use millrace::pipeline::{Lines, Pipeline};
use millrace::testing::Setup;
use millrace::{DStream, Data, StreamingContext, Text};
use proptest::prelude::*;

use super::model;
use super::support::Pair;

/// The partitions of one batch.
pub(crate) type Parts<T> = Vec<Vec<T>>;

/// The streams that a program under test is given.
pub(crate) struct Sides<'a> {
    pub(crate) context: &'a StreamingContext,
    pub(crate) left: DStream<Pair>,
    pub(crate) right: DStream<Pair>,
}

/// One batch of what `Sides` bring, for the model.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) left: Parts<Pair>,
    pub(crate) right: Parts<Pair>,
}

impl Batch {
    /// All of the left side, in order.
    pub(crate) fn lefts(&self) -> Vec<Pair> {
        self.left.concat()
    }

    /// All of the right side, in order.
    pub(crate) fn rights(&self) -> Vec<Pair> {
        self.right.concat()
    }
}

/// The text that is sent, how it is cut, and how the streams come about.
#[derive(Debug, Clone)]
pub(crate) struct Feeding {
    messages: Vec<String>,
    block_bytes: usize,
    /// Partitions of keyed results.
    pub(crate) partitions: usize,
    /// The side is made with so many partitions; it receives if there are none.
    left: Option<u32>,
    right: Option<u32>,
}

/// A line is a side, a key and a value.
pub(crate) fn feeding() -> impl Strategy<Value = Feeding> {
    let batch = prop::collection::vec("[lr][a-e\u{e9}][0-9]?\n", 0..24);
    let batch = batch.prop_map(|lines| lines.concat());
    let made = || prop::option::of(1_u32..=3);
    (
        prop::collection::vec(batch, 1..4),
        prop::sample::select(vec![1, 7, 64, usize::MAX]),
        1_usize..=4,
        made(),
        made(),
    )
        .prop_map(|(messages, block_bytes, partitions, left, right)| Feeding {
            messages,
            block_bytes,
            partitions,
            left,
            right,
        })
}

fn pair_of(line: &str, side: char) -> Option<Pair> {
    let pair = line.strip_prefix(side)?;
    let at = pair.chars().next()?.len_utf8();
    Some((pair[..at].to_owned(), pair[at..].to_owned()))
}

impl Feeding {
    fn setups(&self) -> impl Iterator<Item = Setup> {
        [1, 2, 4].into_iter().map(|workers| Setup {
            workers,
            partitions: self.partitions,
            block_bytes: self.block_bytes,
        })
    }

    fn sides<'a>(&self, context: &'a StreamingContext, lines: &DStream<Text, Lines>) -> Sides<'a> {
        let left = lines.flat_map(|line: Text| pair_of(&line, 'l'));
        let right = lines.flat_map(|line: Text| pair_of(&line, 'r'));
        Sides {
            context,
            left: self
                .left
                .map_or(left.erased(), |n| left.partition_by(n).erased()),
            right: self
                .right
                .map_or(right.erased(), |n| right.partition_by(n).erased()),
        }
    }

    /// The batches as lists.
    pub(crate) fn batches(&self) -> Vec<Batch> {
        let side = |message: &str, side, made: Option<u32>| {
            let pairs = message.lines().filter_map(|line| pair_of(line, side));
            let pairs: Vec<Pair> = pairs.collect();
            match made {
                Some(partitions) => parted(pairs, partitions as usize),
                // What was received is one partition; of nothing there is none.
                None if message.is_empty() => Vec::new(),
                None => vec![pairs],
            }
        };
        let batch = |message: &String| Batch {
            left: side(message, 'l', self.left),
            right: side(message, 'r', self.right),
        };
        self.messages.iter().map(batch).collect()
    }

    /// The stream of `program` must have in every batch what `model` says, partition by
    /// partition, for any number of workers; and readers of a part must see its beginning.
    pub(crate) fn check<P, T>(
        &self,
        program: impl Fn(&Sides<'_>) -> DStream<T, P>,
        model: impl Fn(&Batch) -> Parts<T>,
    ) -> Result<(), TestCaseError>
    where
        P: Pipeline<Item = T>,
        T: Data + PartialEq + Debug,
    {
        let expected: Vec<Parts<T>> = self.batches().iter().map(model).collect();
        for setup in self.setups() {
            let seen = setup.run_batches_with(&self.messages, |context, lines| {
                consistent(&program(&self.sides(context, lines))).glom()
            });
            prop_assert_eq!(&seen, &expected, "{:?}", setup);
        }
        Ok(())
    }
}

/// The same stream; its batches must say the same to whoever reads them, in whatever way.
fn consistent<P: Pipeline<Item: Clone + PartialEq + Debug>>(
    stream: &DStream<P::Item, P>,
) -> Computed<P::Item> {
    stream.transform(|rdd| {
        let (first, taken) = (rdd.take(1), rdd.take(3));
        let all = rdd.collect();
        assert_eq!(first, all[..all.len().min(1)]);
        assert_eq!(taken, all[..all.len().min(3)]);
        assert_eq!(rdd.count(), all.len() as u64);
        assert_eq!(rdd.take(all.len() + 1), all);
        rdd.clone()
    })
}

/// Records by the partition of their key, those of a partition as they came.
pub(crate) fn parted<K: serde::Serialize, V>(
    records: Vec<(K, V)>,
    partitions: usize,
) -> Parts<(K, V)> {
    let mut parts: Parts<(K, V)> = (0..partitions).map(|_| Vec::new()).collect();
    for (key, value) in records {
        parts[model::partition(&key, partitions)].push((key, value));
    }
    parts
}
