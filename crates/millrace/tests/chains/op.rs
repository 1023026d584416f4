//! The operators that chains are made of, and how they are drawn.

use std::env;

use millrace::testing::Setup;
use proptest::prelude::*;

use super::{engine, model};

/// A record: few keys, so that they meet; a text that shows where it has been.
pub(super) type Record = (i64, String);

/// One step of a chain. Numbers are partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Map,
    MapValues,
    Filter,
    FlatMap,
    FlatMapValues,
    Glom,
    MapPartitions,
    MapPartitionsWithIndex,
    Repartition(u32),
    PartitionBy(u32),
    UnionSelf,
    UnionBase,
    Count,
    CountByValue,
    Reduce,
    ReduceByKey,
    ReduceByKeyWith(u32),
    CombineByKey,
    GroupByKey,
    Cogroup,
    Join,
    LeftOuterJoin,
    RightOuterJoin,
    FullOuterJoin,
    Distinct,
    SortByKey,
    TransformWithTime,
    TransformWithBase,
    TransformWithBaseAndTime,
    ContextUnion,
    ContextTransform,
    Persist,
    Window(Frame),
    ReduceByKeyAndWindow(Frame),
    Inverse(Frame),
    InverseFiltered(Frame),
    GroupByKeyAndWindow(Frame),
    CountByWindow(Frame),
    CountByValueAndWindow(Frame),
    ReduceByWindow(Frame),
    ReduceByWindowInverse(Frame),
    UpdateStateByKey,
    UpdateFromInitial,
    UpdateWhatCame,
    MapWithState,
    StateSnapshots,
}

/// So many batches, every so many batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) length: u64,
    pub(super) slide: u64,
}

fn op() -> impl Strategy<Value = Op> {
    use Op::*;
    let plain = prop::sample::select(vec![
        Map,
        MapValues,
        Filter,
        FlatMap,
        FlatMapValues,
        Glom,
        MapPartitions,
        MapPartitionsWithIndex,
        UnionSelf,
        UnionBase,
        Count,
        CountByValue,
        Reduce,
        ReduceByKey,
        CombineByKey,
        GroupByKey,
        Cogroup,
        Join,
        LeftOuterJoin,
        RightOuterJoin,
        FullOuterJoin,
        Distinct,
        SortByKey,
        TransformWithTime,
        TransformWithBase,
        TransformWithBaseAndTime,
        ContextUnion,
        ContextTransform,
        Persist,
        UpdateStateByKey,
        UpdateFromInitial,
        UpdateWhatCame,
        MapWithState,
        StateSnapshots,
    ]);
    prop_oneof![
        6 => plain,
        1 => (1_u32..4).prop_flat_map(|n| prop::sample::select(vec![
            Repartition(n), PartitionBy(n), ReduceByKeyWith(n),
        ])),
        2 => window(1),
    ]
}

/// A window that slides by up to `slides` batches.
fn window(slides: u64) -> impl Strategy<Value = Op> {
    use Op::*;
    (1_u64..4, 1..=slides).prop_flat_map(|(length, slide)| {
        let frame = Frame { length, slide };
        prop::sample::select(vec![
            Window(frame),
            ReduceByKeyAndWindow(frame),
            Inverse(frame),
            InverseFiltered(frame),
            GroupByKeyAndWindow(frame),
            CountByWindow(frame),
            CountByValueAndWindow(frame),
            ReduceByWindow(frame),
            ReduceByWindowInverse(frame),
        ])
    })
}

/// Operators that can follow a window that is not due in every batch: those that do not meet
/// the batches as they came.
fn behind() -> impl Strategy<Value = Op> {
    use Op::*;
    prop::sample::select(vec![
        Map,
        FlatMap,
        UnionSelf,
        Count,
        Reduce,
        ReduceByKey,
        GroupByKey,
        Distinct,
        SortByKey,
        Persist,
        UpdateStateByKey,
        UpdateFromInitial,
        MapWithState,
        StateSnapshots,
    ])
}

/// A chain; often with a window of a longer slide in it, and little behind that.
fn chain() -> impl Strategy<Value = Vec<Op>> {
    let slides = (window(3), prop::collection::vec(behind(), 0..3));
    let slides = prop::option::of(slides);
    (prop::collection::vec(op(), 1..6), slides).prop_map(|(mut ops, slides)| {
        if let Some((window, behind)) = slides {
            ops.truncate(3);
            ops.push(window);
            ops.extend(behind);
        }
        ops
    })
}

/// Lines of a key and a text, none in some batches.
fn batches() -> impl Strategy<Value = Vec<Vec<Record>>> {
    let record = (-1_i64..4, "[a-c]{1,2}");
    let batch = prop_oneof![
        1 => Just(Vec::new()),
        4 => prop::collection::vec(record, 0..24),
    ];
    prop::collection::vec(batch, 1..8)
}

/// So many chains, unless `PROPTEST_CASES` says otherwise.
const CHAINS: u32 = 2000;

fn config() -> ProptestConfig {
    let asked = env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: asked.and_then(|cases| cases.parse().ok()).unwrap_or(CHAINS),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn chains_equal_the_model(
        ops in chain(),
        batches in batches(),
        workers in 1_usize..4,
        partitions in 1_usize..4,
        block_bytes in prop_oneof![1_usize..40, Just(usize::MAX)],
    ) {
        let expected = model::run(&ops, &batches, partitions);
        let messages: Vec<String> = batches
            .iter()
            .map(|batch| batch.iter().map(|(key, text)| format!("{key} {text}\n")).collect())
            .collect();
        let setup = Setup { workers, partitions, block_bytes };
        let got = engine::run(&setup, &ops, &messages);
        prop_assert_eq!(got, expected);
    }
}
