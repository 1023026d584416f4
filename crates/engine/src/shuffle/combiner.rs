//! The local half of a shuffle: one run of blocks, one thread, one table.
//!
//! The table is looked at a group of records behind the loop that makes them, so that it may be
//! larger than the cache. It is not grown without end but *flushed* when it is full, and at the
//! end of the run: its entries move, by shard, to the run's output. A text of few distinct words
//! is combined almost wholly here; one of a million flushes every tenth record and merges shard
//! by shard. Both walk memory forwards: the local table has its keys in the order of the shards'
//! ones.
//!
//! Keys that hardly repeat gain nothing by a table: nearly every record would be inserted here,
//! moved out, and inserted in its shard again. Such records are *passed*: each is an entry of its
//! own, written straight to its shard's list. From time to time a sample is combined, to see
//! whether keys repeat now.

#![expect(
    unsafe_code,
    reason = "records are moved out of the places where they wait"
)]

use std::mem::MaybeUninit;
use std::ptr;

use crate::data::{Data, Key};

use super::aggregate::Aggregator;
use super::hasher::{KeyHasher, SHARDS, shard_of_tag, tag_of};
use super::lookahead::{ProbeQueue, Ready};
use super::spare_lists::SpareLists;
use super::table::{Probed, Table, Tagged, tag_of_stamp};

/// A local table keeps below this: what the keys of the longest run take, if every tenth word of
/// it is new. A word pays less for a table beyond the cache than it would pay for being flushed and
/// merged more often.
const TABLE_BYTES: usize = 96 << 20;

/// Slots of a new table: enough for a small batch, little to clear.
const FIRST_SLOTS: usize = 1 << 8;

/// Records of a sample: it shows whether combining pays.
const SAMPLE: usize = 1 << 13;

/// Combining pays unless this share of a sample's records has new keys, in eighths.
const MOSTLY_NEW: usize = 7;

/// Records that are passed before the next sample.
const PASSED: usize = 1 << 18;

/// A flushed record: what a slot held. The stamp is the tag over the arrival in the run.
pub struct Entry<K, C> {
    stamp: u64,
    pub(crate) key: K,
    pub(crate) value: C,
}

impl<K, C> Entry<K, C> {
    #[inline(always)]
    pub(crate) fn tag(&self) -> u32 {
        tag_of_stamp(self.stamp)
    }

    #[inline(always)]
    pub(crate) fn arrival(&self) -> u32 {
        self.stamp as u32
    }
}

/// The entries that a run flushed, by shard; a key comes once per flush, and once for each of its
/// records that was passed, in order.
pub(crate) struct Partials<K, C> {
    pub(super) shards: Vec<Vec<Entry<K, C>>>,
    /// The greatest arrival among them.
    pub(super) arrivals: u32,
    /// True if records of the run were passed.
    pub(super) hardly_repeats: bool,
}

#[cfg(test)]
impl<K, C> Partials<K, C> {
    /// The same, as if records had been passed.
    pub(crate) fn passed(self) -> Partials<K, C> {
        Partials {
            hardly_repeats: true,
            ..self
        }
    }
}

/// The memory of a combiner between two runs.
pub(crate) struct LocalTable<K, C> {
    table: Table<K, C>,
    /// Records that are still to be passed.
    passes: usize,
    /// Entries a shard of the last run, if records were being passed when it ended.
    entries: usize,
    /// Empty lists for the entries of the next run.
    lists: Vec<Vec<Entry<K, C>>>,
}

impl<K, C> LocalTable<K, C> {
    pub(crate) fn new() -> LocalTable<K, C> {
        LocalTable {
            table: Table::with_slots(FIRST_SLOTS),
            passes: 0,
            entries: 0,
            lists: Vec::new(),
        }
    }

    /// Takes lists from `spare`, if records are passed at first: as many as they will fill.
    pub(crate) fn take_lists(&mut self, spare: &SpareLists<K, C>) {
        if self.passes > 0 {
            self.lists = spare.take(SHARDS);
        }
    }
}

/// Combines the records of one run.
pub(crate) struct Combiner<'a, K, V, A: Aggregator<V>> {
    waiting: ProbeQueue<Tagged<K, V>>,
    hasher: KeyHasher,
    run: Run<'a, K, V, A>,
}

struct Run<'a, K, V, A: Aggregator<V>> {
    aggregator: &'a A,
    table: Table<K, A::Acc>,
    /// The table while records are passed. Slots are asked for all the same, of one so small that it
    /// costs nothing.
    aside: Option<Table<K, A::Acc>>,
    /// Keys that were new to the table.
    arrivals: u32,
    /// The number of keys in the table, by shard.
    of_shard: [u32; SHARDS],
    flushed: Partials<K, A::Acc>,
    /// The records of this sample, and the arrivals before it.
    sampled: usize,
    before: u32,
    /// Records that are still to be passed.
    passes: usize,
}

impl<'a, K: Key, V: Data, A: Aggregator<V>> Combiner<'a, K, V, A> {
    pub(crate) fn new(
        aggregator: &'a A,
        hasher: &KeyHasher,
        memory: LocalTable<K, A::Acc>,
    ) -> Combiner<'a, K, V, A> {
        let LocalTable {
            table,
            passes,
            entries,
            mut lists,
        } = memory;
        // Runs are mostly as long as the one before: lists that grow are copied again and again.
        let room = entries + entries / 8;
        let list = |_| {
            let kept = lists.pop().filter(|list| list.capacity() >= entries);
            kept.unwrap_or_else(|| Vec::with_capacity(room))
        };
        let shards = (0..SHARDS).map(list).collect();
        let mut run = Run {
            aggregator,
            table,
            aside: None,
            arrivals: 0,
            of_shard: [0; SHARDS],
            flushed: Partials {
                shards,
                arrivals: 0,
                hardly_repeats: false,
            },
            sampled: 0,
            before: 0,
            passes,
        };
        if passes > 0 {
            run.put_aside();
        }
        Combiner {
            waiting: ProbeQueue::new(),
            hasher: hasher.clone(),
            run,
        }
    }

    /// Takes one record.
    #[inline(always)]
    pub(crate) fn push(&mut self, (key, value): (K, V)) {
        let tag = tag_of(self.hasher.hash(&key));
        let Combiner { waiting, run, .. } = self;
        run.table.prefetch(tag);
        waiting.push(Tagged { key, value, tag }, |ready| run.settle(&ready));
    }

    /// Ends the run.
    pub(crate) fn finish(self) -> (Partials<K, A::Acc>, LocalTable<K, A::Acc>) {
        let Combiner {
            mut waiting,
            mut run,
            ..
        } = self;
        run.settle(&waiting.take_ready());
        run.take_back();
        run.flush();
        // All slots are walked when a run ends, however few of them it has filled. It shrinks by
        // steps: one short run among long ones should not leave the next one a table that grows
        // from nothing.
        let slots = run.table.slots();
        let table = if slots == FIRST_SLOTS || run.arrivals as usize >= slots / 8 {
            run.table
        } else {
            Table::with_slots((slots / 4).max(FIRST_SLOTS))
        };
        let passes = run.passes;
        let flushed = Partials {
            arrivals: run.arrivals,
            ..run.flushed
        };
        let entries = if passes > 0 {
            run.arrivals as usize / SHARDS
        } else {
            0
        };
        let memory = LocalTable {
            table,
            passes,
            entries,
            lists: Vec::new(),
        };
        (flushed, memory)
    }
}

impl<K: Key, V: Data, A: Aggregator<V>> Run<'_, K, V, A> {
    /// Takes the records that have waited for a group of others.
    #[inline(always)]
    fn settle(&mut self, ready: &Ready<'_, Tagged<K, V>>) {
        for records in [ready.waited, ready.rest] {
            // SAFETY: what has its turn is initialised, and nothing is looked at twice.
            unsafe { self.take(records) };
        }
    }

    /// Combines records or passes them.
    ///
    /// # Safety
    /// As [`combine`](Run::combine).
    #[inline]
    unsafe fn take(&mut self, records: &[MaybeUninit<Tagged<K, V>>]) {
        if self.passes > 0 {
            // SAFETY: the caller's promise.
            return unsafe { self.pass(records) };
        }
        // SAFETY: the caller's promise.
        unsafe { self.combine(records) };
        self.sampled += records.len();
        if self.sampled >= SAMPLE {
            self.judge();
        }
    }

    /// Decides by a sample whether the next records are combined.
    #[inline(never)]
    fn judge(&mut self) {
        let new = (self.arrivals - self.before) as usize;
        if new >= self.sampled / 8 * MOSTLY_NEW {
            // What is in the table came before what is passed.
            self.flush();
            self.passes = PASSED;
            self.put_aside();
        }
        (self.sampled, self.before) = (0, self.arrivals);
    }

    /// Puts the table aside, which has no keys.
    fn put_aside(&mut self) {
        let table = std::mem::replace(&mut self.table, Table::with_slots(1));
        self.aside = Some(table);
    }

    /// Takes the table back that was put aside, if it was.
    fn take_back(&mut self) {
        if let Some(table) = self.aside.take() {
            self.table = table;
        }
    }

    /// Makes an entry of every record.
    ///
    /// # Safety
    /// As [`combine`](Run::combine).
    #[inline(never)]
    unsafe fn pass(&mut self, records: &[MaybeUninit<Tagged<K, V>>]) {
        for record in records {
            // SAFETY: the caller's promise.
            let Tagged { key, value, tag } = unsafe { record.assume_init_read() };
            let stamp = stamp_of(&mut self.arrivals, tag);
            let key = millrace_text::detached(key);
            let list = &mut self.flushed.shards[shard_of_tag(tag)];
            if list.len() == list.capacity() {
                make_room(list);
            }
            // SAFETY: there is room for one more entry, which is initialised before it counts. So is
            // its value: the reference that `publish_one` gives leads to the value's place.
            unsafe {
                let entry = list.as_mut_ptr().add(list.len());
                let place = (&raw mut (*entry).value).cast::<MaybeUninit<A::Acc>>();
                let written: *mut A::Acc = self.aggregator.publish_one(value, &mut *place);
                assert!(ptr::eq(written, place.cast()), "written elsewhere");
                (&raw mut (*entry).stamp).write(stamp);
                (&raw mut (*entry).key).write(key);
                list.set_len(list.len() + 1);
            }
        }
        self.flushed.hardly_repeats |= !records.is_empty();
        self.passes = self.passes.saturating_sub(records.len());
        if self.passes == 0 {
            self.take_back();
        }
        self.before = self.arrivals;
    }

    /// Folds records into their keys' values, or begins new ones. All records of a key go the
    /// same way, and in order.
    ///
    /// # Safety
    /// The records are initialised, at most a group of them. They have been moved out afterwards.
    #[inline]
    unsafe fn combine(&mut self, records: &[MaybeUninit<Tagged<K, V>>]) {
        let aggregator = self.aggregator;
        // SAFETY: the caller's promise; `tag_of` gives no zero.
        let elsewhere = unsafe {
            self.table
                .fold_hits(records, |place, value| aggregator.add(place, value))
        };
        for &number in elsewhere.numbers() {
            // SAFETY: initialised, and not moved out yet.
            self.put(unsafe { records[usize::from(number)].assume_init_read() });
        }
    }

    /// Folds a record into its key's value, wherever that stands, or begins one.
    #[inline(never)]
    fn put(&mut self, Tagged { key, value, tag }: Tagged<K, V>) {
        let same = |stamp, present: &K| tag_of_stamp(stamp) == tag && *present == key;
        let aggregator = self.aggregator;
        match self.table.probe(tag, same) {
            Probed::Occupied(slot) => return slot.fold(|place| aggregator.add(place, value)),
            Probed::Vacant(slot) => {
                // The key outlives its block, which must not stay for it.
                let (key, acc) = (millrace_text::detached(key), aggregator.create(value));
                slot.fill(stamp_of(&mut self.arrivals, tag), key, acc);
            }
        }
        self.of_shard[shard_of_tag(tag)] += 1;
        if self.table.len() <= self.table.slots() / 2 {
            return;
        }
        let slots = self.table.slots() * 2;
        if Table::<K, A::Acc>::bytes_of(slots) <= TABLE_BYTES {
            self.table.resize(slots, |stamp, _| tag_of_stamp(stamp));
        } else {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let shards = &mut self.flushed.shards;
        for (shard, count) in shards
            .iter_mut()
            .zip(std::mem::replace(&mut self.of_shard, [0; SHARDS]))
        {
            shard.reserve_exact(count as usize);
        }
        self.table.drain(|stamp, key, value| {
            let value = self.aggregator.publish(value);
            shards[shard_of_tag(tag_of_stamp(stamp))].push(Entry { stamp, key, value });
        });
    }
}

/// Makes room for another entry at least.
#[cold]
#[inline(never)]
fn make_room<T>(list: &mut Vec<T>) {
    list.reserve(1);
}

/// The stamp of a key that arrives after `arrivals` others.
#[inline(always)]
fn stamp_of(arrivals: &mut u32, tag: u32) -> u64 {
    // A run that inserts four billion keys ties the order of the last ones.
    *arrivals = arrivals.saturating_add(1);
    u64::from(tag) << 32 | u64::from(*arrivals)
}

#[cfg(test)]
mod tests;
