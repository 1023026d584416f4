//! Windows of every kind, behind one trait, and the batches that they are tried with.
//!
//! Functions are neither commutative nor associative, in numbers that are rounded: a window that
//! merges in another order or asks a function once too often shows.

use std::num::NonZeroU32;
use std::sync::Arc;

use proptest::prelude::*;

use super::lives::Subject;
use crate::data::Data;
use crate::durable::Durable;
use crate::exec::Executor;
use crate::partition::{HashPartitioner, Partitioner};
use crate::rdd::Rdd;
use crate::shuffle::{
    Aggregator, Combiner, Exchange, Group, KeyHasher, LocalTable, Reduce, SHARDS, Shard,
    SpareLists, Unmerged,
};
use crate::store::{Stored, handles};
use crate::window::{
    BatchStore, ByFunction, ByInverse, Grouping, Inverting, KeyFilter, KeyedRule, Reducing,
    SingleRule, SingleStore, WindowSpec, WindowStore,
};

/// Parent, length and slide.
pub(super) type Numbers = (u64, u64, u64);

pub(super) fn frames() -> impl Strategy<Value = Numbers> {
    (1_u64..3, 1_u64..14, 1_u64..5)
}

pub(super) fn frame((parent, length, slide): Numbers) -> WindowSpec {
    WindowSpec::new(parent, length, slide)
}

/// A few records per batch, so that keys come and go, or so many that they share shards; many
/// batches bring nothing, and now and then there are enough of these to empty a window.
pub(super) fn batches() -> impl Strategy<Value = Vec<Vec<(u32, u8)>>> {
    let few = prop::collection::vec((0_u32..12, 1_u8..10), 0..12);
    let many = prop::collection::vec((0_u32..200, 1_u8..10), 40..80);
    let some = prop_oneof![
        6 => few.prop_map(|records| vec![records]),
        1 => many.prop_map(|records| vec![records]),
        2 => Just(vec![Vec::new()]),
        1 => (1_usize..16).prop_map(|idle| vec![Vec::new(); idle]),
    ];
    prop::collection::vec(some, 1..30).prop_map(|some| some.concat())
}

/// The shards of a batch that has these records, in runs of a few of them; what the runs leave is
/// merged, or not.
fn shards<V: Data, A: Aggregator<V>>(
    records: impl IntoIterator<Item = (u32, V)>,
    unmerged: bool,
    aggregator: &A,
    hasher: &KeyHasher,
) -> Option<Vec<Unmerged<u32, A::Acc>>> {
    let exchange = Exchange::new(1, &Arc::new(SpareLists::new()));
    let mut records: Vec<(u32, V)> = records.into_iter().collect();
    let run = FEW.max(records.len() / FEW);
    loop {
        let rest = records.split_off(run.min(records.len()));
        exchange.expect(0);
        let number = exchange.claim(0, 1);
        let mut combiner = Combiner::new(aggregator, hasher, LocalTable::new());
        std::mem::replace(&mut records, rest)
            .into_iter()
            .for_each(|record| combiner.push(record));
        let (flushed, _) = combiner.finish();
        let flushed = if unmerged { flushed.passed() } else { flushed };
        exchange.publish(0, number, flushed, aggregator, Shard::new);
        if records.is_empty() {
            break;
        }
    }
    exchange
        .finish_unmerged(aggregator, hasher, Shard::new, |work| work())
        .unwrap()
}

/// The shards of a batch that has one record.
pub(super) fn shards_of_one<V: Data, S, A>(
    keyed: &Keyed<S, A>,
    value: V,
) -> Option<Vec<Unmerged<u32, A::Acc>>>
where
    S: KeyedRule<u32>,
    A: Aggregator<V>,
{
    shards([(1, value)], false, &keyed.aggregator, &keyed.hasher)
}

/// As few records as a run has, and about as many runs: keys come in several runs of a batch.
const FEW: usize = 5;

pub(super) struct Keyed<S: KeyedRule<u32>, A> {
    pub(super) store: WindowStore<u32, S>,
    hasher: KeyHasher,
    frame: Numbers,
    aggregator: A,
    /// True of batches that bring entries as their runs left them.
    unmerged: fn(u64) -> bool,
}

impl<S: KeyedRule<u32>, A> Keyed<S, A> {
    pub(super) fn new(rule: S, aggregator: A, frame: Numbers) -> Keyed<S, A> {
        let hasher = KeyHasher::default();
        let partitions = NonZeroU32::new(2).unwrap();
        let partitioner: Arc<dyn Partitioner<u32>> = Arc::new(HashPartitioner::new(partitions));
        Keyed {
            store: WindowStore::new(rule, self::frame(frame), &hasher, partitioner),
            hasher,
            frame,
            aggregator,
            unmerged: |number| number % 3 > 0,
        }
    }

    fn seen(&self) -> Vec<String>
    where
        S::Value: std::fmt::Debug,
    {
        let shown = |record: &_| format!("{record:?}");
        let generation = self.store.generation();
        let mut all = Vec::new();
        for handles in handles(&self.store).iter() {
            self.store
                .visit(handles, true, generation, &mut |record| all.push(record));
        }
        let mut by_shard = Vec::new();
        for shard in 0..SHARDS {
            let keep = &mut |record| by_shard.push(shown(&record));
            self.store.visit_shard(shard, generation, keep);
        }
        let mut sorted: Vec<String> = all.iter().map(shown).collect();
        sorted.sort_unstable();
        by_shard.sort_unstable();
        assert_eq!(by_shard, sorted);
        let first = self.store.take(3);
        first.iter().chain(&all).map(shown).collect()
    }
}

impl<V, S, A> Subject for (Keyed<S, A>, fn(u8) -> V)
where
    V: Data,
    S: KeyedRule<u32, Brought = A::Acc, Value: std::fmt::Debug>,
    A: Aggregator<V>,
{
    fn durable(&self) -> &dyn Durable {
        &self.0.store
    }

    fn batch(&self, records: &[(u32, u8)], number: u64, executor: &Executor) -> Vec<String> {
        let keyed = &self.0;
        let step = frame(keyed.frame).step(number);
        let records = records.iter().map(|&(key, value)| (key, self.1(value)));
        let unmerged = (keyed.unmerged)(number);
        let delta = shards(records, unmerged, &keyed.aggregator, &keyed.hasher);
        let delta = delta.filter(|_| step.taken);
        keyed.store.slide(step, delta, executor).unwrap();
        step.due.map(|_| keyed.seen()).unwrap_or_default()
    }

    fn parent(&self) -> u64 {
        self.0.frame.0
    }

    fn unmerged_in(&mut self, batches: fn(u64) -> bool) {
        self.0.unmerged = batches;
    }
}

/// Not associative, so that every call shows.
pub(super) fn mixed(earlier: f64, later: f64) -> f64 {
    earlier * 0.9 + later.sqrt()
}

fn unmixed(all: f64, left: f64) -> f64 {
    all - left * 0.7
}

pub(super) fn grouped(frame: Numbers) -> impl Subject {
    let keyed = Keyed::new(Grouping::new(), Group, frame);
    (keyed, (|value| value.to_string()) as fn(u8) -> String)
}

pub(super) fn reduced(frame: Numbers) -> impl Subject {
    let rule = Reducing::new(mixed, &self::frame(frame));
    let keyed = Keyed::new(rule, Reduce(mixed), frame);
    (keyed, f64::from as fn(u8) -> f64)
}

pub(super) fn inverted(frame: Numbers, filter: Option<KeyFilter<u32, f64>>) -> impl Subject {
    let rule = Inverting {
        function: mixed,
        inverse: unmixed,
        filter,
    };
    let keyed = Keyed::new(rule, Reduce(mixed), frame);
    (keyed, f64::from as fn(u8) -> f64)
}

/// Counts how often each key occurs, and forgets those that do not.
pub(super) fn counted(frame: Numbers) -> impl Subject {
    let filter: KeyFilter<u32, i64> = Arc::new(|_, count| *count != 0);
    let rule = Inverting {
        function: |a: i64, b: i64| a + b,
        inverse: |a: i64, b: i64| a - b,
        filter: Some(filter),
    };
    let keyed = Keyed::new(rule, Reduce(|a: i64, b: i64| a + b), frame);
    (keyed, i64::from as fn(u8) -> i64)
}

/// A value of which there is none: what is kept of it must be told from nothing.
pub(super) fn maybe(frame: Numbers) -> impl Subject {
    let later = |earlier: Option<u8>, later: Option<u8>| later.or(earlier).filter(|v| *v < 8);
    let rule = Reducing::new(later, &self::frame(frame));
    let keyed = Keyed::new(rule, Reduce(later), frame);
    let value = |value: u8| value.is_multiple_of(2).then_some(value);
    (keyed, value as fn(u8) -> Option<u8>)
}

struct Single<S> {
    store: SingleStore<f64, S>,
    frame: Numbers,
}

impl<S: SingleRule<f64>> Subject for Single<S> {
    fn durable(&self) -> &dyn Durable {
        &self.store
    }

    fn batch(&self, records: &[(u32, u8)], number: u64, _executor: &Executor) -> Vec<String> {
        let step = frame(self.frame).step(number);
        let values = records.iter().map(|&(_, value)| f64::from(value));
        let value = values.reduce(mixed).filter(|_| step.taken);
        self.store.slide(step, value).unwrap();
        vec![format!("{:?}", self.store.value())]
    }

    fn parent(&self) -> u64 {
        self.frame.0
    }
}

pub(super) fn single(frame: Numbers) -> impl Subject {
    let store = SingleStore::new(self::frame(frame), ByFunction::new(mixed));
    Single { store, frame }
}

pub(super) fn single_inverted(frame: Numbers) -> impl Subject {
    let store = SingleStore::new(self::frame(frame), ByInverse::new(mixed, unmixed));
    Single { store, frame }
}

struct Whole {
    store: BatchStore<(u32, u8)>,
    frame: Numbers,
}

impl Subject for Whole {
    fn durable(&self) -> &dyn Durable {
        &self.store
    }

    fn batch(&self, records: &[(u32, u8)], number: u64, executor: &Executor) -> Vec<String> {
        let step = frame(self.frame).step(number);
        self.store.leave(step);
        if step.taken {
            // No partition if there is nothing, else one for every five records, the middle one
            // without a piece; two records per piece.
            let pieces = |records: &[(u32, u8)]| records.chunks(2).map(Vec::from).collect();
            let mut partitions: Vec<Vec<Vec<(u32, u8)>>> = records.chunks(5).map(pieces).collect();
            partitions.insert(partitions.len() / 2, Vec::new());
            partitions.resize(
                if records.is_empty() {
                    0
                } else {
                    partitions.len() + 1
                },
                Vec::new(),
            );
            let rdd = Rdd::of_pieces(partitions, executor);
            self.store.enter(step, rdd).unwrap();
        }
        let batches = self.store.batches();
        let partitions = batches.iter().flat_map(Rdd::collect_partitions);
        partitions.map(|records| format!("{records:?}")).collect()
    }

    fn parent(&self) -> u64 {
        self.frame.0
    }
}

pub(super) fn whole(frame: Numbers) -> impl Subject {
    let store = BatchStore::new(self::frame(frame), &Executor::new(1).unwrap());
    Whole { store, frame }
}
