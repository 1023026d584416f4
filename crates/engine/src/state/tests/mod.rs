//! The stores of state, each against something plainer.

mod durability;
mod memory;
mod update;

use std::num::NonZeroU32;
use std::sync::Arc;

use proptest::prelude::*;

use super::read::view;
use super::store::StateStore;
use crate::data::Data;
use crate::exec::Executor;
use crate::partition::{HashPartitioner, Partitioner};
use crate::rdd::RddSource;
use crate::shuffle::{Combiner, Exchange, Group, KeyHasher, LocalTable, Shard, SpareLists, Values};

pub(super) fn partitioner(partitions: u32) -> Arc<dyn Partitioner<u32>> {
    Arc::new(HashPartitioner::new(NonZeroU32::new(partitions).unwrap()))
}

pub(super) fn store<S: Data>(partitions: u32) -> Arc<StateStore<u32, S>> {
    Arc::new(StateStore::new(
        KeyHasher::default(),
        partitioner(partitions),
    ))
}

/// All keys with what `shown` makes of their states, as a dataset reads them.
pub(super) fn in_order<S: Data, T: Data>(
    store: &Arc<StateStore<u32, S>>,
    shown: fn(&S) -> T,
) -> Vec<(u32, T)> {
    let view = view(Arc::clone(store), shown, Executor::new(1).unwrap());
    let mut all = Vec::new();
    for partition in 0..view.partitions() {
        for piece in 0..view.pieces(partition) {
            view.visit(partition, piece, &mut |record| all.push(record));
        }
    }
    all
}

#[test]
fn a_read_in_no_order_gives_every_key_once() {
    let store = store::<u32>(3);
    (0..9_000).for_each(|key| store.seed(key, key + 1));
    let view = view(store, u32::clone, Executor::new(1).unwrap());
    let unordered = Arc::new(view).unordered().expect("there are many keys");
    let mut all = Vec::new();
    for partition in 0..unordered.partitions() {
        unordered.visit(partition, 0, &mut |record| all.push(record));
    }
    all.sort_unstable();
    assert_eq!(
        all,
        (0..9_000).map(|key| (key, key + 1)).collect::<Vec<_>>()
    );
}

/// The shards of a batch that has these records, a run for each slice.
pub(super) fn delta<V: Data>(
    hasher: &KeyHasher,
    runs: &[Vec<(u32, V)>],
) -> Option<Vec<Shard<u32, Values<V>>>> {
    let exchange = Exchange::new(1, &Arc::new(SpareLists::new()));
    for run in runs {
        exchange.expect(0);
        let number = exchange.claim(0, 1);
        let mut combiner = Combiner::new(&Group, hasher, LocalTable::new());
        run.iter().cloned().for_each(|record| combiner.push(record));
        let (flushed, _) = combiner.finish();
        exchange.publish(0, number, flushed, &Group, Shard::new);
    }
    exchange
        .finish(&Group, hasher, Shard::new, |work| work())
        .unwrap()
}

/// Batches of runs of records.
pub(super) fn batches() -> impl Strategy<Value = Vec<Vec<Vec<(u32, u8)>>>> {
    let run = prop::collection::vec((0_u32..150, 0_u8..10), 0..80);
    prop::collection::vec(prop::collection::vec(run, 0..4), 1..8)
}
