//! Law 5 at its root: a store that loads what another one has written down goes on as that one
//! would have (law 5), whenever the shards of its snapshot were taken.

use std::sync::Arc;

use millrace_types::{BatchTime, Duration};
use proptest::prelude::*;

use super::{batches, delta, in_order, partitioner, store};
use crate::durable::tests::recover_while_batches_run;
use crate::durable::{Durable, EntryReader, Loaded, Origin};
use crate::exec::Executor;
use crate::rdd::Rdd;
use crate::shuffle::{KeyHasher, Values};
use crate::state::mapped_store::Timed;
use crate::state::{MappedStore, Mapping, PartitionStore, PartitionUpdate, State, StateStore};

type Batches = Vec<Vec<Vec<(u32, u8)>>>;

/// A store and what makes a batch of it: what can be seen after the batch.
trait Subject: Sync {
    fn durable(&self) -> &dyn Durable;
    fn batch(&self, runs: &[Vec<(u32, u8)>], number: u64, executor: &Executor) -> Vec<String>;
}

/// When the snapshot of a shard is taken: after so many batches.
fn moments() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0_usize..8, 1..10)
}

/// Runs all batches on one store; lets another one load what the first had written down of the
/// first `last` batches, and run the rest.
fn goes_on<T: Subject>(
    new: impl Fn() -> T,
    batches: &Batches,
    last: usize,
    moments: &[usize],
) -> Result<(), TestCaseError> {
    let (executor, live) = (Executor::new(2).unwrap(), new());
    let last = last.min(batches.len());
    live.durable().record();
    let mut log: Vec<(u64, u32, Vec<u8>)> = Vec::new();
    let shards = 0..live.durable().shards();
    let mut snapshots: Vec<Option<(Vec<u8>, u64)>> = shards.clone().map(|_| None).collect();
    let mut expected = Vec::new();
    for (number, runs) in (1..).zip(batches) {
        expected.push(live.batch(runs, number, &executor));
        if number as usize > last {
            continue;
        }
        let changes = live.durable().take_changes().into_iter();
        log.extend(changes.map(|(shard, entries)| (number, shard, entries)));
        for shard in shards.clone() {
            let moment = moments[shard as usize % moments.len()];
            if moment == number as usize {
                let (entries, as_of) = live.durable().snapshot(shard).unwrap();
                prop_assert!(as_of <= number, "as of {as_of} after {number}");
                snapshots[shard as usize] = Some((entries, as_of));
            }
        }
    }
    let recovered = new();
    // What its program gave it before the first batch is not to be seen.
    recovered.durable().record();
    if last > 0 {
        let (mut snapshot, mut as_of) = (Vec::new(), Vec::new());
        for (shard, taken) in shards.zip(snapshots) {
            let (entries, number) = taken.unwrap_or_default();
            let origin = Origin::Snapshot(number);
            snapshot.push(Loaded {
                shard,
                origin,
                entries,
            });
            as_of.push(number);
        }
        log.retain(|&(number, shard, _)| number > as_of[shard as usize]);
        let delta = |(number, shard, entries)| Loaded {
            shard,
            origin: Origin::Batch(number),
            entries,
        };
        let deltas: Vec<Loaded> = log.into_iter().map(delta).collect();
        let load = |sections: &[Loaded], apart| {
            let loaded = executor.run(|| recovered.durable().load_all(sections, apart));
            loaded.unwrap();
        };
        load(&snapshot, true);
        // However many are gathered.
        deltas
            .chunks(1 + moments[0])
            .for_each(|deltas| load(deltas, false));
        recovered.durable().loaded(last as u64).unwrap();
        prop_assert!(
            recovered.durable().take_changes().is_empty(),
            "nothing changed"
        );
    }
    for (number, runs) in (1..).zip(batches).skip(last) {
        let seen = recovered.batch(runs, number, &executor);
        prop_assert_eq!(&seen, &expected[number as usize - 1], "batch {}", number);
    }
    Ok(())
}

fn shown<T: std::fmt::Debug>(records: impl IntoIterator<Item = T>) -> Vec<String> {
    let records = records.into_iter();
    records.map(|record| format!("{record:?}")).collect()
}

/// Nines remove a key; idle batches leave a trace in every third key, and remove it in the end.
fn update(key: u32, values: &Values<u8>, state: Option<String>) -> Option<String> {
    let mut state = state.unwrap_or_default();
    if values.is_empty() && key.is_multiple_of(3) {
        state.push('.');
    }
    state.extend(values.iter().map(|value| char::from(b'0' + value)));
    (!state.ends_with('9') && !state.ends_with("...")).then_some(state)
}

struct Updated {
    store: Arc<StateStore<u32, String>>,
    every: bool,
}

impl Subject for Updated {
    fn durable(&self) -> &dyn Durable {
        &*self.store
    }

    fn batch(&self, runs: &[Vec<(u32, u8)>], number: u64, executor: &Executor) -> Vec<String> {
        let function = |key: &u32, values: &Values<u8>, state: Option<String>| match state {
            Some(state) if !self.every && values.is_empty() => Some(state),
            state => update(*key, values, state),
        };
        let delta = delta(&self.store.hasher, runs);
        let spent = self
            .store
            .update(delta, &function, self.every, number, executor);
        drop(spent.unwrap());
        let mut seen = shown(self.store.take(5, String::clone));
        seen.extend(shown(in_order(&self.store, String::clone)));
        seen
    }
}

struct ByPartition {
    store: PartitionStore<u32, String>,
    hasher: KeyHasher,
}

impl Subject for ByPartition {
    fn durable(&self) -> &dyn Durable {
        &self.store
    }

    fn batch(&self, runs: &[Vec<(u32, u8)>], number: u64, executor: &Executor) -> Vec<String> {
        let function: PartitionUpdate<u32, u8, String> = Arc::new(move |mut keys| {
            // Now and then the order is changed, or a key is there twice.
            if number.is_multiple_of(3) {
                keys.reverse();
            }
            if let (0, Some(first)) = (number % 4, keys.first().cloned()) {
                keys.push(first);
            }
            let lives = keys.into_iter();
            lives
                .filter_map(|(key, values, state)| Some((key, update(key, &values, state)?)))
                .collect()
        });
        let delta = delta(&self.hasher, runs);
        let (_, rdd) = self
            .store
            .update(delta, &function, number, executor)
            .unwrap();
        shown(rdd.collect())
    }
}

struct Mapped {
    store: MappedStore<u32, String>,
}

impl Subject for Mapped {
    fn durable(&self) -> &dyn Durable {
        &self.store
    }

    fn batch(&self, runs: &[Vec<(u32, u8)>], number: u64, executor: &Executor) -> Vec<String> {
        let mapping: Mapping<u32, u8, String, String> = Arc::new(
            |time: BatchTime, key: &u32, value: Option<u8>, state: &mut State<String>| {
                let before = state.get().cloned();
                match value {
                    Some(9) if state.exists() => state.remove(),
                    // Read, and left as it is.
                    Some(8) | None => {}
                    Some(value) => {
                        state.update(before.clone().unwrap_or_default() + &value.to_string());
                    }
                }
                Some(format!("{time} {key} {value:?} {before:?}"))
            },
        );
        let time = BatchTime::from_millis(1000 * number as i64);
        let rdd = Rdd::of_partitions(runs.to_vec(), executor);
        let mapped = self
            .store
            .map(&rdd, &mapping, time, number, executor)
            .unwrap();
        let mut seen = shown(mapped.collect());
        seen.extend(self.seen());
        seen
    }
}

impl Mapped {
    fn seen(&self) -> Vec<String> {
        shown(in_order(&self.store.states, Timed::state))
    }
}

fn seeds() -> impl Strategy<Value = Vec<(u32, String)>> {
    prop::collection::vec((0_u32..200, "[a-c]"), 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.min(48)))]

    #[test]
    fn of_updated_keys(
        batches in batches(), last in 0_usize..9, moments in moments(), seeds in seeds(),
        partitions in 1_u32..4, every: bool,
    ) {
        let new = || {
            let store = store(partitions);
            seeds.iter().cloned().for_each(|(key, state)| store.seed(key, state));
            Updated { store, every }
        };
        goes_on(new, &batches, last, &moments)?;
    }

    #[test]
    fn of_whole_partitions(
        batches in batches(), last in 0_usize..9, moments in moments(), seeds in seeds(),
        partitions in 1_u32..4,
    ) {
        let new = || {
            let hasher = KeyHasher::default();
            let store = PartitionStore::new(hasher.clone(), partitioner(partitions), seeds.clone());
            ByPartition { store, hasher }
        };
        goes_on(new, &batches, last, &moments)?;
    }

    #[test]
    fn of_mapped_records(
        batches in batches(), last in 0_usize..9, moments in moments(), seeds in seeds(),
        partitions in 1_u32..4, timeout in prop::option::of(0_i64..4),
    ) {
        let new = || {
            let timeout = timeout.map(Duration::seconds);
            Mapped { store: MappedStore::new(partitioner(partitions), timeout, seeds.clone()) }
        };
        goes_on(new, &batches, last, &moments)?;
    }
}

/// The keys of the entries that were changed, and whether they were removed.
fn changed(subject: &dyn Subject) -> Vec<(u32, bool)> {
    let mut keys = Vec::new();
    for (_, entries) in subject.durable().take_changes() {
        let mut reader = EntryReader::new(&entries);
        while let Some(entry) = reader.next::<u32, String>() {
            let (key, kept) = entry.unwrap();
            keys.push((key, kept.is_none()));
        }
    }
    keys.sort_unstable();
    keys
}

#[test]
fn only_what_changed_is_written_down() {
    let executor = Executor::new(1).unwrap();
    let hasher = KeyHasher::default();
    let every: [Box<dyn Subject>; 2] = [
        Box::new(Updated {
            store: store(2),
            every: true,
        }),
        Box::new(ByPartition {
            store: PartitionStore::new(hasher.clone(), partitioner(2), Vec::new()),
            hasher,
        }),
    ];
    // Every third key ages if the function sees it.
    for subject in every {
        subject.durable().record();
        let first: Vec<(u32, u8)> = (1..=10).map(|key| (key, 1)).collect();
        subject.batch(&[first], 1, &executor);
        assert_eq!(changed(&*subject).len(), 10);
        subject.batch(&[vec![(1, 2), (4, 9)]], 2, &executor);
        let expected = [(1, false), (3, false), (4, true), (6, false), (9, false)];
        assert_eq!(changed(&*subject), expected);
    }
    let touched = Updated {
        store: store(2),
        every: false,
    };
    touched.durable().record();
    touched.batch(&[(1..=10).map(|key| (key, 1)).collect()], 1, &executor);
    assert_eq!(changed(&touched).len(), 10);
    touched.batch(&[vec![(1, 2), (4, 9)]], 2, &executor);
    assert_eq!(changed(&touched), [(1, false), (4, true)]);
}

#[test]
fn snapshots_are_whole_while_batches_run() {
    let (executor, batches) = (Executor::new(2).unwrap(), 40_u64);
    let new = || Mapped {
        store: MappedStore::new(partitioner(2), Some(Duration::seconds(3)), Vec::new()),
    };
    let (live, recovered, mut last) = (new(), new(), Vec::new());
    recover_while_batches_run(
        live.durable(),
        recovered.durable(),
        batches,
        &executor,
        |number| {
            let keys = (0..5000).map(|at| ((at * 7 + number as u32 * 911) % 9000, (at % 10) as u8));
            last = live.batch(&[keys.collect()], number, &executor);
        },
    );
    assert!(
        last.ends_with(&recovered.seen()),
        "the states are those of the live store"
    );
    let after = |subject: &Mapped| subject.batch(&[vec![(1, 1)]], batches + 1, &executor);
    assert_eq!(after(&recovered), after(&live));
}

#[test]
fn shards_that_are_loaded_side_by_side_are_all_there() {
    let (executor, live) = (
        Executor::new(1).unwrap(),
        Updated {
            store: store(2),
            every: false,
        },
    );
    let keys: Vec<(u32, u8)> = (0..600).map(|key| (key, 1)).collect();
    live.durable().record();
    live.batch(&[keys], 1, &executor);
    let shards = 0..live.durable().shards();
    let shards: Vec<_> = shards
        .map(|shard| live.durable().snapshot(shard).unwrap().0)
        .collect();
    for round in 0..100 {
        let recovered = store::<String>(2);
        recovered.record();
        let barrier = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for own in shards.chunks(shards.len().div_ceil(4)) {
                let (recovered, barrier, executor) = (&recovered, &barrier, &executor);
                scope.spawn(move || {
                    barrier.wait();
                    for entries in own {
                        let load = || recovered.load(Origin::Snapshot(1), entries);
                        executor.run(load).unwrap();
                    }
                });
            }
        });
        recovered.loaded(1).unwrap();
        let count = |entries: Vec<u8>| {
            let mut reader = EntryReader::new(&entries);
            std::iter::from_fn(|| reader.next::<u32, String>()).count()
        };
        let there: usize = (0..recovered.shards())
            .map(|shard| count(recovered.snapshot(shard).unwrap().0))
            .sum();
        assert_eq!(there, 600, "in round {round}");
    }
}

#[test]
fn nobody_asked_and_nothing_is_recorded() {
    let executor = Executor::new(1).unwrap();
    let subject = Updated {
        store: store(1),
        every: true,
    };
    subject.batch(&[vec![(1, 1)]], 1, &executor);
    assert!(subject.durable().take_changes().is_empty());
}

#[test]
fn entries_of_other_types_are_refused() {
    let mut entries = Vec::new();
    crate::durable::put(&mut entries, &"a key", 0, &"a state").unwrap();
    assert!(store::<String>(1).load(Origin::Batch(1), &entries).is_err());
}
