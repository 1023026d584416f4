//! The operators that chains are made of, and how they are drawn.

use std::env;

use millrace::testing::Setup;
use proptest::prelude::*;

use super::{engine, model};

/// A record: few keys, so that they meet; a text that shows where it has been.
pub(super) type Record = (i64, String);

/// One step of a chain. Numbers are partitions, or batches of a window.
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
    Persist,
    Window(u64),
    ReduceByKeyAndWindow(u64),
    Inverse(u64),
    InverseFiltered(u64),
    GroupByKeyAndWindow(u64),
    CountByWindow(u64),
    CountByValueAndWindow(u64),
    ReduceByWindow(u64),
    UpdateStateByKey,
    UpdateWhatCame,
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
        Persist,
        UpdateStateByKey,
        UpdateWhatCame,
    ]);
    prop_oneof![
        6 => plain,
        1 => (1_u32..4).prop_flat_map(|n| prop::sample::select(vec![
            Repartition(n), PartitionBy(n), ReduceByKeyWith(n),
        ])),
        2 => (1_u64..4).prop_flat_map(|n| prop::sample::select(vec![
            Window(n),
            ReduceByKeyAndWindow(n),
            Inverse(n),
            InverseFiltered(n),
            GroupByKeyAndWindow(n),
            CountByWindow(n),
            CountByValueAndWindow(n),
            ReduceByWindow(n),
        ])),
    ]
}

/// Lines of a key and a text, none in some batches.
fn batches() -> impl Strategy<Value = Vec<Vec<Record>>> {
    let record = (-1_i64..4, "[a-c]{1,2}");
    let batch = prop_oneof![
        1 => Just(Vec::new()),
        4 => prop::collection::vec(record, 0..24),
    ];
    prop::collection::vec(batch, 1..6)
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
        ops in prop::collection::vec(op(), 1..6),
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
