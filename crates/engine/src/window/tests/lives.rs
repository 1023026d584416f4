//! A window that lives several times: what one process has written down, the next one reads.

use proptest::prelude::*;

use crate::durable::{Durable, EntryReader, Origin, StoreError};
use crate::exec::Executor;

/// A window, and what makes a batch of it.
pub(super) trait Subject: Sync {
    fn durable(&self) -> &dyn Durable;

    /// Runs a batch of the parent and gives what can be seen of the window, if it fires.
    fn batch(&self, records: &[(u32, u8)], number: u64, executor: &Executor) -> Vec<String>;

    /// The parent has a batch in every so many.
    fn parent(&self) -> u64;

    /// Says which batches bring entries as their runs left them, and not merged.
    fn unmerged_in(&mut self, _batches: fn(u64) -> bool) {}
}

/// One process: how many batches it runs, and when it takes each shard's snapshot, if it does.
#[derive(Debug, Clone)]
pub(super) struct Life {
    batches: usize,
    moments: Option<Vec<usize>>,
}

pub(super) fn lives() -> impl Strategy<Value = Vec<Life>> {
    let moments = prop::collection::vec(0_usize..20, 1..10);
    let life = (0_usize..12, prop::option::of(moments));
    let life = life.prop_map(|(batches, moments)| Life { batches, moments });
    prop::collection::vec(life, 1..4)
}

/// Shards with the last batch that is in them.
type Shards = Vec<(u32, u64, Vec<u8>)>;

/// The content of the disk, as `checkpoint` has it.
#[derive(Default)]
struct Written {
    /// With its epoch.
    snapshot: Option<(usize, Shards)>,
    /// Epoch, batch, shard and entries.
    log: Vec<(usize, u64, u32, Vec<u8>)>,
    last: u64,
}

impl Written {
    fn is_in_snapshot(&self, epoch: usize, number: u64, shard: u32) -> bool {
        let Some((of, shards)) = &self.snapshot else {
            return false;
        };
        let has = |(own, as_of, _): &(u32, u64, Vec<u8>)| *own == shard && number <= *as_of;
        epoch < *of || (epoch == *of && shards.iter().any(has))
    }

    fn read_into(&self, store: &dyn Durable) -> Result<(), StoreError> {
        store.record();
        if self.last == 0 {
            return Ok(());
        }
        for (_, as_of, entries) in self.snapshot.iter().flat_map(|(_, shards)| shards) {
            store.load(Origin::Snapshot(*as_of), entries)?;
        }
        for (epoch, number, shard, entries) in &self.log {
            if !self.is_in_snapshot(*epoch, *number, *shard) {
                store.load(Origin::Batch(*number), entries)?;
            }
        }
        store.loaded(self.last)
    }
}

/// A key, its place and its value.
pub(super) type RawEntry = (Vec<u8>, u64, Vec<u8>);

/// Entries as they were written down.
pub(super) fn raw_entries(entries: &[u8]) -> Vec<RawEntry> {
    let (mut reader, mut all) = (EntryReader::new(entries), Vec::new());
    while let Some(entry) = reader.next_raw() {
        let (key, kept) = entry.unwrap();
        let (place, value) = kept.unwrap();
        all.push((key.to_vec(), place, value.to_vec()));
    }
    all
}

/// Everything that a window keeps, whatever shard it is in: key, place and value.
pub(super) fn kept(store: &dyn Durable) -> Vec<RawEntry> {
    let shards = 0..store.shards();
    let mut all: Vec<RawEntry> = shards
        .flat_map(|shard| raw_entries(&store.snapshot(shard).unwrap().0))
        .collect();
    // The places that were given: in one shard as in all after a recovery.
    let is_head = |(key, _, value): &RawEntry| key == &NIL && value == &NIL;
    let next = all
        .iter()
        .filter(|entry| is_head(entry))
        .map(|head| head.1)
        .max();
    all.retain(|entry| !is_head(entry));
    all.extend(next.map(|next| (Vec::new(), next, Vec::new())));
    all.sort_unstable();
    all
}

const NIL: [u8; 1] = [0xc0];

/// Runs all batches on one window; and on others, each going on from what those before it have
/// written down.
pub(super) fn goes_on<T: Subject>(
    new: impl Fn() -> T,
    batches: &[Vec<(u32, u8)>],
    lives: &[Life],
) -> Result<(), TestCaseError> {
    let (executor, whole) = (Executor::new(2).unwrap(), new());
    let (mut disk, mut rest) = (Written::default(), (1_u64..).zip(batches).peekable());
    let forever = Life {
        batches: usize::MAX,
        moments: None,
    };
    for (epoch, life) in lives.iter().chain([&forever]).enumerate() {
        let (window, begun) = (new(), disk.last);
        disk.read_into(window.durable()).unwrap();
        let changes = window.durable().take_changes();
        prop_assert!(changes.is_empty(), "nothing has changed");
        let end = begun + life.batches.min(batches.len() - begun as usize) as u64;
        let mut snapshot = Vec::new();
        let mut take = |number: u64| {
            for shard in 0..window.durable().shards() {
                let moments = life.moments.iter();
                let mut moment = moments.map(|all| all[shard as usize % all.len()] as u64);
                if moment.any(|moment| begun + moment % (end - begun + 1) == number) {
                    let (entries, as_of) = window.durable().snapshot(shard).unwrap();
                    snapshot.push((shard, as_of.max(begun), entries));
                }
            }
        };
        take(begun);
        while let Some((number, records)) = rest.next_if(|&(number, _)| number <= end) {
            if number.is_multiple_of(window.parent()) {
                let expected = whole.batch(records, number, &executor);
                let seen = window.batch(records, number, &executor);
                prop_assert_eq!(seen, expected, "batch {} of epoch {}", number, epoch);
            }
            let changes = window.durable().take_changes().into_iter();
            let changes = changes.map(|(shard, entries)| (epoch, number, shard, entries));
            disk.log.extend(changes);
            disk.last = number;
            take(number);
        }
        prop_assert_eq!(
            kept(window.durable()),
            kept(whole.durable()),
            "at the end of a life"
        );
        // It counts when all that it has is committed, which is so at the end of the process.
        if life.moments.is_some() && end > 0 {
            disk.snapshot = Some((epoch, snapshot));
        }
    }
    Ok(())
}
