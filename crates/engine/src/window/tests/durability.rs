//! Law 5 for windows: one that was written down and read again goes on as one that never
//! stopped, whenever the snapshots of its shards were taken and however often it stopped.
//!
//! Functions are neither commutative nor associative, in numbers that are rounded: a window that
//! merges in another order or asks a function once too often shows.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::lives::{RawEntry, Subject, goes_on, kept, lives, raw_entries};
use crate::data::Data;
use crate::durable::{Durable, Origin, StoreError};
use crate::exec::Executor;
use crate::partition::{HashPartitioner, Partitioner};
use crate::rdd::Rdd;
use crate::shuffle::{
    Aggregator, Combiner, Exchange, Group, KeyHasher, LocalTable, Reduce, SHARDS, Shard, Unmerged,
};
use crate::store::{Stored, handles};
use crate::window::{
    ByFunction, ByInverse, Grouping, Inverting, KeyFilter, Reducing, SingleStore, Slides, Sliding,
    WholeStore, WindowSpec, WindowStore,
};

/// Parent, length and slide.
type Numbers = (u64, u64, u64);

fn frames() -> impl Strategy<Value = Numbers> {
    (1_u64..3, 1_u64..14, 1_u64..5)
}

fn frame((parent, length, slide): Numbers) -> WindowSpec {
    WindowSpec::new(parent, length, slide)
}

/// A few records a batch, so that keys come and go, or so many that they share shards; many
/// batches bring nothing, and now and then there are enough of these to empty a window.
fn batches() -> impl Strategy<Value = Vec<Vec<(u32, u8)>>> {
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
    let exchange = Exchange::new(1);
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
        let (spilled, _) = combiner.finish();
        let spilled = if unmerged { spilled.passed() } else { spilled };
        exchange.publish(0, number, spilled, aggregator, hasher, Shard::new);
        if records.is_empty() {
            break;
        }
    }
    exchange
        .finish_unmerged(aggregator, hasher, Shard::new, |work| work())
        .unwrap()
}

/// As few records as a run has, and about as many runs: keys come in several runs of a batch.
const FEW: usize = 5;

struct Keyed<S: Sliding<u32>, A> {
    store: WindowStore<u32, S>,
    hasher: KeyHasher,
    frame: Numbers,
    aggregator: A,
    /// True of batches that bring entries as their runs left them.
    unmerged: fn(u64) -> bool,
}

impl<S: Sliding<u32>, A> Keyed<S, A> {
    fn new(sliding: S, aggregator: A, frame: Numbers) -> Keyed<S, A> {
        let hasher = KeyHasher::default();
        let partitions = NonZeroU32::new(2).unwrap();
        let partitioner: Arc<dyn Partitioner<u32>> = Arc::new(HashPartitioner::new(partitions));
        Keyed {
            store: WindowStore::new(sliding, self::frame(frame), &hasher, partitioner),
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
    S: Sliding<u32, Brought = A::Acc, Value: std::fmt::Debug>,
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
fn mixed(earlier: f64, later: f64) -> f64 {
    earlier * 0.9 + later.sqrt()
}

fn unmixed(all: f64, left: f64) -> f64 {
    all - left * 0.7
}

fn grouped(frame: Numbers) -> impl Subject {
    let keyed = Keyed::new(Grouping::new(), Group, frame);
    (keyed, (|value| value.to_string()) as fn(u8) -> String)
}

fn reduced(frame: Numbers) -> impl Subject {
    let sliding = Reducing::new(mixed, &self::frame(frame));
    let keyed = Keyed::new(sliding, Reduce(mixed), frame);
    (keyed, f64::from as fn(u8) -> f64)
}

fn inverted(frame: Numbers, filter: Option<KeyFilter<u32, f64>>) -> impl Subject {
    let sliding = Inverting {
        function: mixed,
        inverse: unmixed,
        filter,
    };
    let keyed = Keyed::new(sliding, Reduce(mixed), frame);
    (keyed, f64::from as fn(u8) -> f64)
}

/// Counts how often each key occurs, and forgets those that do not.
fn counted(frame: Numbers) -> impl Subject {
    let filter: KeyFilter<u32, i64> = Arc::new(|_, count| *count != 0);
    let sliding = Inverting {
        function: |a: i64, b: i64| a + b,
        inverse: |a: i64, b: i64| a - b,
        filter: Some(filter),
    };
    let keyed = Keyed::new(sliding, Reduce(|a: i64, b: i64| a + b), frame);
    (keyed, i64::from as fn(u8) -> i64)
}

/// A value of which there is none: what is kept of it must be told from nothing.
fn maybe(frame: Numbers) -> impl Subject {
    let later = |earlier: Option<u8>, later: Option<u8>| later.or(earlier).filter(|v| *v < 8);
    let sliding = Reducing::new(later, &self::frame(frame));
    let keyed = Keyed::new(sliding, Reduce(later), frame);
    let value = |value: u8| value.is_multiple_of(2).then_some(value);
    (keyed, value as fn(u8) -> Option<u8>)
}

struct Single<S> {
    store: SingleStore<f64, S>,
    frame: Numbers,
}

impl<S: Slides<f64>> Subject for Single<S> {
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

fn single(frame: Numbers) -> impl Subject {
    let store = SingleStore::new(self::frame(frame), ByFunction::new(mixed));
    Single { store, frame }
}

fn single_inverted(frame: Numbers) -> impl Subject {
    let store = SingleStore::new(self::frame(frame), ByInverse::new(mixed, unmixed));
    Single { store, frame }
}

struct Whole {
    store: WholeStore<(u32, u8)>,
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
            // without a piece; two records a piece.
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

fn whole(frame: Numbers) -> impl Subject {
    let store = WholeStore::new(self::frame(frame), &Executor::new(1).unwrap());
    Whole { store, frame }
}

/// Batches whose entries are merged before, and batches whose entries are not, make the same window
/// and the same journal.
fn is_the_same_unmerged<T: Subject>(
    new: impl Fn() -> T,
    batches: &[Vec<(u32, u8)>],
) -> Result<(), TestCaseError> {
    let executor = Executor::new(2).unwrap();
    let (mut merged, mut unmerged) = (new(), new());
    merged.unmerged_in(|_| false);
    unmerged.unmerged_in(|_| true);
    let written = |window: &T| -> Vec<RawEntry> {
        let changes = window.durable().take_changes();
        let mut all: Vec<RawEntry> = changes
            .iter()
            .flat_map(|(_, entries)| raw_entries(entries))
            .collect();
        all.sort_unstable();
        all
    };
    for window in [&merged, &unmerged] {
        window.durable().record();
    }
    for (number, records) in (1_u64..).zip(batches) {
        if number.is_multiple_of(merged.parent()) {
            let seen = |window: &T| window.batch(records, number, &executor);
            prop_assert_eq!(seen(&unmerged), seen(&merged), "batch {}", number);
            prop_assert_eq!(written(&unmerged), written(&merged), "batch {}", number);
        }
    }
    prop_assert_eq!(kept(unmerged.durable()), kept(merged.durable()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.min(40)))]

    #[test]
    fn entries_that_are_not_merged_before_are_merged_here(frame in frames(), batches in batches()) {
        is_the_same_unmerged(|| grouped(frame), &batches)?;
        is_the_same_unmerged(|| reduced(frame), &batches)?;
        is_the_same_unmerged(|| maybe(frame), &batches)?;
        is_the_same_unmerged(|| inverted(frame, None), &batches)?;
        is_the_same_unmerged(|| counted(frame), &batches)?;
    }

    #[test]
    fn of_lists(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| grouped(frame), &batches, &lives)?;
    }

    #[test]
    fn of_a_function(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| reduced(frame), &batches, &lives)?;
    }

    #[test]
    fn of_values_that_are_none(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| maybe(frame), &batches, &lives)?;
    }

    #[test]
    fn of_an_inverse(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| inverted(frame, None), &batches, &lives)?;
    }

    #[test]
    fn of_an_inverse_and_a_filter(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| counted(frame), &batches, &lives)?;
    }

    #[test]
    fn of_one_value(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| single(frame), &batches, &lives)?;
    }

    #[test]
    fn of_one_value_and_an_inverse(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| single_inverted(frame), &batches, &lives)?;
    }

    #[test]
    fn of_whole_batches(frame in frames(), batches in batches(), lives in lives()) {
        goes_on(|| whole(frame), &batches, &lives)?;
    }
}

#[test]
fn nothing_is_written_of_what_leaves_or_if_nobody_asked() {
    let executor = Executor::new(1).unwrap();
    let every: [fn() -> Box<dyn Subject>; 5] = [
        || Box::new(grouped((1, 2, 1))),
        || Box::new(reduced((1, 2, 1))),
        || Box::new(counted((1, 2, 1))),
        || Box::new(single((1, 2, 1))),
        || Box::new(whole((1, 2, 1))),
    ];
    for new in every {
        let (asked, not_asked) = (new(), new());
        asked.durable().record();
        for (number, records) in (1..).zip([&[(1, 1), (2, 2)][..], &[], &[], &[]]) {
            asked.batch(records, number, &executor);
            not_asked.batch(records, number, &executor);
            let written = !asked.durable().take_changes().is_empty();
            assert_eq!(written, number == 1, "batch {number}");
            assert!(not_asked.durable().take_changes().is_empty());
        }
    }
}

#[test]
fn a_record_of_a_batch_is_a_record_of_the_log() {
    // O(what the batch brought), whatever the window has.
    let executor = Executor::new(1).unwrap();
    let bytes = |window: &dyn Subject, records: &[(u32, u8)], number| {
        window.batch(records, number, &executor);
        let changes = window.durable().take_changes();
        changes
            .iter()
            .map(|(_, entries)| entries.len())
            .sum::<usize>()
    };
    let full: Vec<(u32, u8)> = (0..2000).map(|key| (key, 1)).collect();
    for window in [
        Box::new(reduced((1, 3, 1))) as Box<dyn Subject>,
        Box::new(counted((1, 3, 1))),
        Box::new(grouped((1, 3, 1))),
    ] {
        window.durable().record();
        assert!(bytes(&*window, &full, 1) > 2000);
        assert!(bytes(&*window, &[(1, 2)], 2) < 30);
    }
}

#[test]
fn a_filter_that_panics_or_has_no_value_is_an_error_of_the_load() {
    let executor = Executor::new(1).unwrap();
    let live = inverted((1, 2, 1), None);
    live.durable().record();
    live.batch(&[(1, 1)], 1, &executor);
    let changes = live.durable().take_changes();
    let recover = |filter: KeyFilter<u32, f64>| {
        let recovered = inverted((1, 2, 1), Some(filter));
        for (_, entries) in &changes {
            recovered.durable().load(Origin::Batch(1), entries).unwrap();
        }
        recovered.durable().loaded(3).unwrap_err()
    };
    let error = recover(Arc::new(|_, _| panic!("so be it")));
    assert!(matches!(error, StoreError::Panicked(_)), "{error:?}");
    let error = error.to_string();
    assert!(
        error.contains("panicked") && error.ends_with("so be it"),
        "{error}"
    );
    let error = recover(Arc::new(|_, _| false));
    assert!(matches!(error, StoreError::Rule(_)), "{error:?}");
    let error = error.to_string();
    assert!(error.contains("Neither previous window"), "{error}");
}

#[test]
fn entries_of_other_types_are_refused() {
    let (mut entries, mut head) = (Vec::new(), Vec::new());
    crate::durable::put(&mut entries, &"a key", 0, &"a value").unwrap();
    crate::durable::put(&mut head, &(), 7, &()).unwrap();
    let snapshot = [&head[..], &entries].concat();
    let frame = (1, 2, 1);
    let every: [Box<dyn Subject>; 4] = [
        Box::new(grouped(frame)),
        Box::new(reduced(frame)),
        Box::new(single(frame)),
        Box::new(whole(frame)),
    ];
    for window in every {
        let store = window.durable();
        assert!(store.load(Origin::Batch(1), &entries).is_err());
        assert!(store.load(Origin::Snapshot(1), &snapshot).is_err());
    }
}

#[test]
fn snapshots_are_whole_while_batches_run() {
    let (executor, batches) = (Executor::new(2).unwrap(), 60_u64);
    let new = || reduced((1, 7, 1));
    let (live, ended) = (new(), AtomicBool::new(false));
    live.durable().record();
    let mut log = Vec::new();
    let records = |number: u64| -> Vec<(u32, u8)> {
        let key = |at: u32| (at * 7 + number as u32 * 911) % 9000;
        (0..4000).map(|at| (key(at), (at % 10) as u8)).collect()
    };
    let snapshots = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut newest = Vec::new();
            while !ended.load(Ordering::SeqCst) || newest.is_empty() {
                let shards = 0..live.durable().shards();
                newest = shards
                    .map(|shard| live.durable().snapshot(shard).unwrap())
                    .collect();
            }
            newest
        });
        for number in 1..=batches {
            live.batch(&records(number), number, &executor);
            log.push((number, live.durable().take_changes()));
        }
        ended.store(true, Ordering::SeqCst);
        reader.join().unwrap()
    });
    let recovered = new();
    for (entries, as_of) in &snapshots {
        let origin = Origin::Snapshot(*as_of);
        recovered.durable().load(origin, entries).unwrap();
    }
    for (number, changes) in &log {
        for (shard, entries) in changes {
            if *number > snapshots[*shard as usize].1 {
                let origin = Origin::Batch(*number);
                recovered.durable().load(origin, entries).unwrap();
            }
        }
    }
    recovered.durable().loaded(batches).unwrap();
    for number in batches + 1..batches + 9 {
        let seen = recovered.batch(&records(number), number, &executor);
        assert_eq!(seen, live.batch(&records(number), number, &executor));
    }
}

/// Can be written down until it is more than three.
#[derive(Debug, Clone, serde::Deserialize)]
struct UpToThree(u8);

impl serde::Serialize for UpToThree {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 > 3 {
            return Err(serde::ser::Error::custom("more than three"));
        }
        serializer.serialize_newtype_struct("UpToThree", &self.0)
    }
}

#[test]
fn there_is_no_snapshot_without_what_cannot_be_written_down() {
    let executor = Executor::new(1).unwrap();
    let add = |a: UpToThree, b: UpToThree| UpToThree(a.0 + b.0);
    let new = |frame: Numbers| {
        let sliding = Reducing::new(add, &self::frame(frame));
        (
            Keyed::new(sliding, Reduce(add), frame),
            UpToThree as fn(u8) -> UpToThree,
        )
    };
    let window = new((1, 2, 1));
    window.durable().record();
    let shards = || 0..window.durable().shards();
    let fails = || shards().any(|shard| window.durable().snapshot(shard).is_err());
    window.batch(&[(1, 2)], 1, &executor);
    assert!(!fails());
    window.batch(&[(1, 3)], 2, &executor);
    assert!(fails(), "two and three are five");
    // What a batch brings is written down by the batch, or fails it.
    let step = frame((1, 2, 1)).step(3);
    let delta = shards_of_one(&window.0, UpToThree(4));
    let error = window
        .0
        .store
        .slide(step, delta, &executor)
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, StoreError::Unwritable { .. }), "{error:?}");
    let error = error.to_string();
    assert!(error.contains("more than three"), "{error}");
}

/// The shards of a batch that has one record.
fn shards_of_one<V: Data, S, A>(keyed: &Keyed<S, A>, value: V) -> Option<Vec<Unmerged<u32, A::Acc>>>
where
    S: Sliding<u32>,
    A: Aggregator<V>,
{
    shards([(1, value)], false, &keyed.aggregator, &keyed.hasher)
}
