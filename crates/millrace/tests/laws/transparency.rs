//! Law 2: for a fixed number of reduce partitions, the output depends neither on the workers nor
//! on how the bytes of a batch were cut into blocks.
//!
//! The model knows of neither, so equality with it for every setup is the law. Values are
//! strings and the function that reduces them puts one behind the other: it is associative and
//! not commutative, and shows every value and its place.

use millrace::pipeline::{Lines, Pipeline};
use millrace::testing::Setup;
use millrace::{DStream, Text};
use proptest::prelude::*;

use super::model;
use super::support::{
    CONCATENATE, Pair, block_bytes, cases, counted, messages, pairs, setups, turned,
};

type Batches<T> = Vec<Vec<T>>;

type Describe<P> = fn(&DStream<Text, Lines>) -> DStream<<P as Pipeline>::Item, P>;

/// The stream's records in every batch, for every setup; the same for all, or it fails.
fn same_for_all<P: Pipeline<Item: Clone + PartialEq + std::fmt::Debug>>(
    partitions: usize,
    block_bytes: usize,
    messages: &[Vec<u8>],
    program: Describe<P>,
) -> Result<Batches<P::Item>, TestCaseError> {
    let mut first = None;
    for setup in setups(partitions, block_bytes) {
        let batches = setup.run_batches(messages, program);
        match &first {
            None => first = Some(batches),
            Some(first) => prop_assert_eq!(first, &batches, "{:?}", setup),
        }
    }
    Ok(first.unwrap_or_default())
}

/// The words of a line, each with a trace of where it stood.
fn traced(line: Text) -> Vec<Pair> {
    let words = line.as_str().split(' ').enumerate();
    words
        .map(|(at, word)| (word.to_owned(), format!("{at}of{};", line.len())))
        .collect()
}

fn traced_lines(lines: &[String]) -> Vec<Pair> {
    let lines = lines.iter().map(|line| Text::from(line.as_str()));
    lines.flat_map(traced).collect()
}

/// The counts of the model, with texts for words.
fn counts(lines: &[String], partitions: usize) -> Vec<(Text, i64)> {
    let words = model::words(lines).into_iter().map(Text::from);
    model::count_by_value(words.collect(), partitions)
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn narrow_operators(
        messages in messages(), partitions in 1_usize..=3, block_bytes in block_bytes(),
    ) {
        let batches = same_for_all(partitions, block_bytes, &messages, |lines| {
            lines
                .filter(|line| line.len() % 3 != 1)
                .flat_map(|line| line.split(" "))
                .filter(|word| !word.starts_with("b"))
                .map(|word| format!("{word}!"))
        })?;
        let expected: Vec<Vec<String>> = model::lines(&messages)
            .into_iter()
            .map(|lines| {
                let kept: Vec<String> =
                    lines.into_iter().filter(|line| line.len() % 3 != 1).collect();
                model::words(&kept)
                    .into_iter()
                    .filter(|word| !word.starts_with('b'))
                    .map(|word| format!("{word}!"))
                    .collect()
            })
            .collect();
        prop_assert_eq!(batches, expected);
    }

    #[test]
    fn reduce_by_key(
        messages in messages(), partitions in 1_usize..=5, block_bytes in block_bytes(),
    ) {
        let batches = same_for_all(partitions, block_bytes, &messages, |lines| {
            pairs(lines, traced).reduce_by_key(CONCATENATE)
        })?;
        let expected: Vec<_> = model::lines(&messages)
            .iter()
            .map(|lines| model::reduce_by_key(traced_lines(lines), partitions, CONCATENATE))
            .collect();
        prop_assert_eq!(batches, expected);
    }

    #[test]
    fn count_by_value(
        messages in messages(), partitions in 1_usize..=5, block_bytes in block_bytes(),
    ) {
        let batches = same_for_all(partitions, block_bytes, &messages, counted)?;
        let expected: Vec<_> =
            model::lines(&messages).iter().map(|lines| counts(lines, partitions)).collect();
        prop_assert_eq!(batches, expected);
    }

    #[test]
    fn a_shuffle_of_a_shuffle(
        messages in messages(), partitions in 1_usize..=4, block_bytes in block_bytes(),
    ) {
        fn by_length((word, trace): Pair) -> Pair {
            ((word.len() % 3).to_string(), format!("{word}={trace}"))
        }
        let batches = same_for_all(partitions, block_bytes, &messages, |lines| {
            let once = pairs(lines, traced).reduce_by_key(CONCATENATE);
            turned(&once, by_length).reduce_by_key(CONCATENATE)
        })?;
        let expected: Vec<_> = model::lines(&messages)
            .iter()
            .map(|lines| {
                let once = model::reduce_by_key(traced_lines(lines), partitions, CONCATENATE);
                let turned = once.into_iter().map(by_length).collect();
                model::reduce_by_key(turned, partitions, CONCATENATE)
            })
            .collect();
        prop_assert_eq!(batches, expected);
    }

    #[test]
    fn a_stream_that_feeds_two_others(
        messages in messages(), partitions in 1_usize..=3, block_bytes in block_bytes(),
    ) {
        let batches = same_for_all(partitions, block_bytes, &messages, |lines| {
            let counts = counted(lines);
            counts.filter(|(_, count)| *count > 1).print();
            counts.map(|(word, count)| (count, word)).print();
            counts
        })?;
        let expected: Vec<_> =
            model::lines(&messages).iter().map(|lines| counts(lines, partitions)).collect();
        prop_assert_eq!(batches, expected);
    }

    #[test]
    fn what_is_printed(
        messages in messages(), partitions in 1_usize..=3, block_bytes in block_bytes(),
    ) {
        let print = |setup: Setup| {
            setup.run(&messages, |lines| {
                let counts = counted(lines);
                counts.print();
                counts.print_num(2);
                lines.print();
            })
        };
        let printed: Vec<String> = setups(partitions, block_bytes).map(print).collect();
        let uncut = print(Setup { workers: 2, partitions, block_bytes: usize::MAX });
        prop_assert!(printed.iter().all(|other| *other == uncut), "{printed:#?} {uncut}");
    }
}
