use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::shuffle::aggregate::Reduce;
use crate::shuffle::combine_by_key::to_lists;
use crate::shuffle::combiner::{Combiner, LocalTable};

/// The output of a run that has these records.
fn run<V: crate::data::Data, A: Aggregator<V>>(
    records: impl IntoIterator<Item = (u32, V)>,
    hardly_repeats: bool,
    aggregator: &A,
    hasher: &KeyHasher,
) -> Partials<u32, A::Acc> {
    let mut combiner = Combiner::new(aggregator, hasher, LocalTable::new());
    records.into_iter().for_each(|record| combiner.push(record));
    let (output, _) = combiner.finish();
    Partials {
        hardly_repeats,
        ..output
    }
}

/// Keys that are spread over the shards whatever the seed of the hasher is: numbers that follow
/// each other meet in few shards with some seeds.
fn spread(count: usize) -> impl Iterator<Item = (u32, u32)> {
    let mixed = |number: u32| {
        let key = (number ^ number >> 16).wrapping_mul(0x7FEB_352D);
        let key = (key ^ key >> 15).wrapping_mul(0x846C_A68B);
        key ^ key >> 16
    };
    (0..count as u32).map(move |number| (mixed(number), 1))
}

proptest! {
    /// In whatever order the runs of a lane end, and if its entries wait or are merged before.
    #[test]
    fn lanes_and_runs_are_merged_in_order(
        lanes in prop::collection::vec(
            prop::collection::vec(
                (prop::collection::vec(0_u32..2000, 0..1500), any::<bool>()), 0..6,
            ),
            1..4,
        ),
        backwards: bool,
    ) {
        let (list, hasher) = (to_lists(), KeyHasher::default());
        let exchange = Exchange::new(lanes.len(), &Arc::new(SpareLists::new()));
        let mut model: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut numbers = 0..;
        for (lane, runs) in lanes.iter().enumerate() {
            let mut ended = Vec::new();
            for (keys, hardly_repeats) in runs {
                exchange.expect(lane);
                let number = exchange.claim(lane, 1);
                let records: Vec<_> = keys.iter().copied().zip(numbers.by_ref()).collect();
                for &(key, number) in &records {
                    model.entry(key).or_default().push(number);
                }
                ended.push((number, run(records, *hardly_repeats, &list, &hasher)));
            }
            if backwards {
                ended.reverse();
            }
            for (number, output) in ended {
                exchange.publish(lane, number, output, &list, Shard::new);
            }
        }
        let finished = exchange.finish(&list, &hasher, Shard::new, |work| work());
        let mut merged = Vec::new();
        for mut shard in finished.unwrap().unwrap_or_default() {
            shard.drain(|stamp, key, numbers| merged.push((stamp, key, numbers)));
        }
        merged.sort_unstable();
        let merged: Vec<_> =
            merged.into_iter().map(|(_, key, numbers)| (numbers, key)).collect();
        // Lists begin with the arrival of their key.
        let mut model: Vec<_> =
            model.into_iter().map(|(key, numbers)| (numbers, key)).collect();
        model.sort_unstable();
        prop_assert_eq!(merged, model);
    }
}

#[test]
fn a_store_has_entries_as_they_wait_if_keys_of_its_one_lane_hardly_repeat() {
    let (hasher, sum) = (KeyHasher::default(), Reduce(|a: u32, b: u32| a + b));
    let merged_shards = |lanes, hardly_repeats| {
        let exchange = Exchange::new(lanes, &Arc::new(SpareLists::new()));
        for lane in 0..lanes {
            exchange.expect(lane);
            let number = exchange.claim(lane, 1);
            let output = run(spread(200), hardly_repeats, &sum, &hasher);
            exchange.publish(lane, number, output, &sum, Shard::new);
        }
        let shards = exchange.finish_unmerged(&sum, &hasher, Shard::new, |work| work());
        let shards = shards.unwrap().unwrap();
        assert_eq!(shards.iter().map(Unmerged::len).sum::<usize>(), 200);
        let merged = shards.iter().filter(|shard| shard.runs.is_empty());
        merged.count()
    };
    assert_eq!(merged_shards(1, false), SHARDS);
    assert_eq!(merged_shards(2, true), SHARDS);
    assert!(merged_shards(1, true) < SHARDS / 2);
}

#[test]
fn a_later_lane_has_shards_of_its_own_only_if_its_keys_repeat() {
    let (hasher, sum) = (KeyHasher::default(), Reduce(|a: u32, b: u32| a + b));
    let own_shards = |hardly_repeats| {
        let exchange = Exchange::new(2, &Arc::new(SpareLists::new()));
        exchange.expect(1);
        let number = exchange.claim(1, 1);
        let records = spread(2 * WORTH_MERGING * SHARDS);
        let output = run(records, hardly_repeats, &sum, &hasher);
        exchange.publish(1, number, output, &sum, Shard::new);
        let shards = exchange.lanes[1].shards().iter();
        shards
            .filter(|merging| merging.shard.lock().is_some())
            .count()
    };
    assert_eq!(own_shards(true), 0);
    assert!(own_shards(false) > SHARDS / 2);
}
